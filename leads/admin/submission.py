"""Submissions: what a prospect sent."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from leads import codec
from leads.admin.base import ReadOnlyAdmin, address_of, described, links
from leads.facts import Submitted
from leads.lead_search import of_leads
from leads.models import Submission, Workspace
from leads.readable import facts_of


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin[Submission]):
    list_display = ("__str__", "via", "source", "form", "lead", "workspace", "received_at")
    list_filter = ("via", "source", "workspace", "form", "received_at")
    list_select_related = ("workspace", "form", "lead")
    search_fields = ("lead",)  # what of it is searched, `lead_search` knows
    search_help_text = "The beginning of a name, company or address; or the whole key of duplicates."
    ordering = ("-pk",)
    fields = (
        "via",
        "source",
        "form_name",
        "lead",
        "delivery",
        "runs",
        "said",
        "workspace",
        "dedupe_key",
        "received_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        return super().get_queryset(request).defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        term = search_term.replace("\x00", "").strip()
        # In each workspace: the index begins with it.
        same = Submission.objects.filter(workspace__in=Workspace.objects.values("pk"), dedupe_key=term).values("pk")
        if term and (found := list(same)):
            return queryset.filter(pk__in=[row["pk"] for row in found]), False
        return of_leads(queryset, term), False

    @admin.display(description="form")
    def form_name(self, submission: Submission) -> str:
        return submission.form.name if submission.form else "-"

    def runs(self, submission: Submission) -> str:
        return links(
            (address_of(run), f"{run}: {run.get_state_display().lower()}") for run in submission.runs.order_by("pk")
        )

    def said(self, submission: Submission) -> str:
        try:
            return described(facts_of(codec.decode(submission.payload, Submitted)))
        except codec.Unreadable:
            return described(facts_of(submission.payload))
