"""What people can do about screening: have a draft written anyway, and keep somebody from being screened again."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Count

from leads import audit, domains, runs, workspaces
from leads.models import WorkflowRun, Workspace
from leads.rules import Rule, rule_of
from leads.runs import NotPossible

COUNTED = 1000  # screened runs, the newest, that are counted by rule


def rule_behind(run: WorkflowRun) -> Rule | None:
    """The rule by which a run was screened out; None for one that was not, or by a rule that is gone."""
    return rule_of(run.screened_by, run.reason) if run.outcome == WorkflowRun.Outcome.SCREENED else None


def obstacle(run: WorkflowRun) -> str:
    """Why no draft can be had by a click; nothing where it can."""
    if run.outcome != WorkflowRun.Outcome.SCREENED:
        return f"{run} was not screened out."
    rule = rule_behind(run)
    return rule.firm if rule else "It is not known by which rule it was screened out. Start it again instead."


def exemption(run: WorkflowRun) -> str:
    """Whom to leave alone in future: the company's domain; for free mail, the address; nothing if nobody is known."""
    email = run.lead.email if run.lead else ""
    return domains.company_domain(email) or email


def draft_anyway(run: WorkflowRun, *, actor: str, never_again: bool = False) -> WorkflowRun:
    """Start the run again, with only those rules that nobody can click away. `never_again` keeps `exemption` too."""
    with transaction.atomic():
        if why_not := obstacle(run):
            raise NotPossible(f"{run} can't be drafted by a click. {why_not}")
        again = runs.start_again(run, actor=actor, waived_by=actor)
        audit.record(
            "screening_overridden", run.workspace, actor=actor, run=run, again=again.pk, rule=str(rule_behind(run))
        )
        if never_again:
            exempt(run.workspace, exemption(run), actor=actor)
    return again


def exempt(workspace: Workspace, entry: str, *, actor: str) -> None:
    """Never screen this address or domain again by a rule that is a matter of taste."""
    # Race: two people who exempt two companies; both must be kept.
    held = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if entry and entry not in held.never_screened:
        workspaces.change(held, {"never_screened": [*held.never_screened, entry]}, actor=actor)


def lately(workspace: Workspace) -> Mapping[str, int]:
    """How many of the newest screened runs each rule is behind, by its code. One query over a bounded number."""
    newest = WorkflowRun.objects.filter(workspace=workspace, outcome="screened").order_by("-pk").values("pk")[:COUNTED]
    counted = WorkflowRun.objects.filter(pk__in=newest).values_list("screened_by").annotate(count=Count("pk"))
    return dict(counted.order_by())
