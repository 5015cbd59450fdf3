"""What results mean for the rows that people look at: leads, drafts, and the run's own milestones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.ports import Company, Contact
from leads import codec
from leads.facts import Enquiry, Letter, Plan
from leads.models import Draft, Lead, Submission, WorkflowRun

type Changes = dict[str, Any]
type Project = Callable[[Callable[[WorkflowRun], Changes]], None]


def of_step(project: Project, name: str, values: dict[str, Any]) -> None:
    """Queue what the result of step `name` changes; `values` are the results so far."""
    match name, values[name]:
        case "validate_submission", Enquiry(email=str(email)) as enquiry if email:
            project(lambda run: save_lead(run, enquiry))
        case "resolve_contact", Contact(id=str(found)) if found:
            project(lambda run: change_lead(run, hubspot_contact_id=found))
        case "resolve_company", Company(id=str(found)) if found:
            project(lambda run: change_lead(run, hubspot_company_id=found))
        case "write_draft", Letter() as letter:
            enquiry, plan = values["validate_submission"], values["plan_next_step"]
            project(lambda run: save_draft(run, letter, enquiry, plan))


def of_effect(project: Project, kind: str, ids: dict[str, str], at: datetime) -> None:
    """Queue what a done effect changes."""
    match kind:
        case "create_contact":
            project(lambda run: change_lead(run, hubspot_contact_id=ids["contact"]))
        case "create_company":
            project(lambda run: change_lead(run, hubspot_company_id=ids["company"]))
        case "create_draft":
            project(lambda run: draft_in_mailbox(run, ids, at))


def save_lead(run: WorkflowRun, enquiry: Enquiry) -> Changes:
    """The lead of this address, with what the form says of them; a form that says nothing erases nothing."""
    said = {
        "first_name": enquiry.first_name[:120],
        "last_name": enquiry.last_name[:120],
        "company": enquiry.company[:200],
        "domain": enquiry.domain[:253],
    }
    said = {field: value for field, value in said.items() if value}
    if run.lead_id is not None:
        return change_lead(run, **said)
    lead, _ = Lead.objects.update_or_create(
        workspace_id=run.workspace_id, email=enquiry.email, defaults=said, create_defaults=said
    )
    Submission.objects.filter(pk=run.submission_id).update(lead=lead)
    run.lead_id = lead.pk
    return {"lead_id": lead.pk}


def change_lead(run: WorkflowRun, **fields: str) -> Changes:
    if fields and run.lead_id is not None:
        Lead.objects.filter(pk=run.lead_id).update(**fields)
    return {}


def save_draft(run: WorkflowRun, letter: Letter, enquiry: Enquiry, plan: Plan) -> Changes:
    Draft.objects.create(
        workspace_id=run.workspace_id,
        run=run,
        lead_id=run.lead_id,
        recipient=enquiry.email,
        subject=letter.subject[:300],
        body=letter.body,
        language=letter.language,
        writer=letter.writer,
        checks=codec.builtins(letter.checks),
        is_sound=letter.is_sound,
        intents=codec.builtins(enquiry.intents),
        approach=plan.approach,
        ask=plan.action,
        asset_ids=[asset.id for asset in plan.assets],
    )
    return {}


def draft_in_mailbox(run: WorkflowRun, ids: dict[str, str], at: datetime) -> Changes:
    Draft.objects.filter(run=run).update(
        gmail_draft_id=ids["draft"], gmail_message_id=ids["message"], gmail_thread_id=ids["thread"]
    )
    return {"drafted_at": at}
