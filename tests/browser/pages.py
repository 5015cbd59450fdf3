"""Every page of the console, once: the pictures, and the tests that hold for each page, go by this list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import Model
from django.urls import reverse

from leads import causes
from leads.admin.settings_tabs import TABS
from leads.admin.settings_tabs import address as tab_address
from leads.console.errors import address_of
from leads.models import (
    AllowedForm,
    ApiCall,
    Delivery,
    Draft,
    Effect,
    Event,
    Lead,
    NoticeAddress,
    Rep,
    Submission,
    WorkflowRun,
    Workspace,
)

type Find = Callable[[], str]


def at(name: str, query: str = "") -> Find:
    """A page that stands by itself."""
    return lambda: reverse(f"admin:{name}") + query


def of(model: type[Model], page: str = "change", **which: Any) -> Find:
    """The page of the newest row of a kind."""

    def find() -> str:
        newest = model._default_manager.filter(**which).latest("pk")
        return reverse(f"admin:leads_{model.__name__.lower()}_{page}", args=[newest.pk])

    return find


def review(**which: Any) -> Find:
    """The newest draft of a kind, where it is reviewed."""
    return lambda: reverse("admin:review_draft", args=[Draft.objects.filter(**which).latest("pk").pk])


PAGES: dict[str, Find] = {
    "home": at("index"),
    "circuits": at("circuits"),
    "runs": at("leads_workflowrun_changelist"),
    "runs-none": at("leads_workflowrun_changelist", "?q=nobody"),
    "run-done": of(WorkflowRun, outcome="drafted"),
    "run-dead": of(WorkflowRun, state="dead"),
    "run-waiting": of(WorkflowRun, state="waiting"),
    "run-screened": of(WorkflowRun, outcome="screened"),
    "run-restart": of(WorkflowRun, "restart", outcome="drafted"),
    "run-cancel": of(WorkflowRun, "cancel", state="waiting"),
    "errors": at("errors"),
    "errors-resolved": at("errors", "?tab=resolved"),
    "error": lambda: address_of(causes.problems()[0].cause),
    "error-retry": lambda: address_of(causes.problems()[0].cause) + "retry/",
    "error-discard": lambda: address_of(causes.problems()[0].cause) + "discard/",
    "dead-letters": at("dead_letters"),
    "alerts": at("alerts"),
    "drills": at("drills"),
    "reconciliation": at("reconciliation"),
    "notifications": at("notifications"),
    "notification": lambda: reverse("admin:notification", args=[NoticeAddress.objects.latest("pk").pk]),
    "drafts": at("leads_draft_changelist"),
    "review": at("review"),
    "outbox": at("outbox"),
    "outbox-send": at("outbox_send"),
    "review-draft": review(status="ready"),
    "review-approved": review(status="approved"),
    "deliveries": at("leads_delivery_changelist"),
    "delivery": of(Delivery, verdict="accepted"),
    "delivery-refused": of(Delivery, verdict="refused"),
    "leads": at("leads_lead_changelist"),
    "lead": of(Lead),
    "events": at("leads_event_changelist"),
    "event": of(Event),
    "api-calls": at("leads_apicall_changelist"),
    "api-call": of(ApiCall),
    "submissions": at("leads_submission_changelist"),
    "submission": of(Submission),
    "effects": at("leads_effect_changelist"),
    "effect": of(Effect),
    "workspaces": at("leads_workspace_changelist"),
    "workspace-add": at("leads_workspace_add"),
    "test-lead": at("test_lead"),
    **{f"settings-{tab.slug}": partial(tab_address, "default", tab.slug) for tab in TABS},
    "settings-learn": lambda: reverse("admin:settings_learn", args=["default"]),
    "settings-rep": lambda: reverse("admin:settings_rep", args=["default", Rep.objects.latest("pk").pk]),
    "backfill": lambda: reverse("admin:backfill", args=["default", AllowedForm.objects.order_by("pk")[0].pk]),
    "settings-auto-send": lambda: reverse(
        "admin:settings_auto_send", args=["default", AllowedForm.objects.order_by("pk")[0].pk]
    ),
    "replay": at("replay"),
    "replay-run": lambda: (
        reverse("admin:replay") + f"?run={WorkflowRun.objects.filter(outcome='drafted').latest('pk').pk}"
    ),
    "draft-only": of(Workspace, "draft_only"),
    "groups": at("auth_group_changelist"),
    "users": at("auth_user_changelist"),
    "user-add": at("auth_user_add"),
    "password": at("password_change"),
}
"""For people who are logged in. Addresses are found when the rows are there."""
