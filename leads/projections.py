"""What results mean for the rows that people look at: leads, drafts, and the run's own milestones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from connectors.ports import Company, Contact
from leads import autosend, holds, model_account, sending
from leads.effects import CHANGED
from leads.engine.journal import Journal
from leads.equipment import equipment_of
from leads.facts import Enquiry, Letter, Plan, ThreadState
from leads.likeness import industry_of, role_of
from leads.models import Draft, Event, Lead, MailboxUpdate, MailboxWatch, Notice, Sending, Submission, WorkflowRun


def of_step(journal: Journal, name: str, values: dict[str, Any]) -> None:
    """Note what the result of step `name` changes; `values` are the results so far."""
    match name, values[name]:
        case "validate_submission", Enquiry(email=str(email)) as enquiry if email:
            save_lead(journal, enquiry)
        case "resolve_contact", Contact(id=str(found)) if found:
            journal.lead(hubspot_contact_id=found)
        case "resolve_company", Company(id=str(found)) if found:
            journal.lead(hubspot_company_id=found)
        case "write_draft", Letter() as letter:
            save_draft(journal, letter, values)


def of_effect(journal: Journal, kind: str, ids: dict[str, str], at: datetime) -> None:
    """Note what a done effect changes."""
    match kind:
        case "create_contact":
            journal.lead(hubspot_contact_id=ids["contact"])
        case "create_company":
            journal.lead(hubspot_company_id=ids["company"])
        case "create_draft":
            journal.draft_in_mailbox(
                gmail_draft_id=ids["draft"], gmail_message_id=ids["message"], gmail_thread_id=ids["thread"]
            )
            journal.milestone(drafted_at=at)
            if not ids["draft"]:
                journal.project(lambda run: was_sent(run, at))
                return
            if ids["message"] == CHANGED:
                journal.project(was_edited)
                journal.tell(Notice.Kind.DRAFT_READY)
            elif journal.run.submission.form_id in equipment_of(journal.run.workspace).send_themselves:
                journal.project(lambda run: sent_by_itself_or_told(journal, run))
            else:
                journal.tell(Notice.Kind.DRAFT_READY)


def sent_by_itself_or_told(journal: Journal, run: WorkflowRun) -> dict[str, Any]:
    """People hear of a draft that waits for them."""
    if not autosend.approve(run):
        journal.tell(Notice.Kind.DRAFT_READY)
    return {}


def was_sent(run: WorkflowRun, at: datetime) -> dict[str, Any]:
    """What an earlier attempt put into the mailbox was sent from there before anybody knew of it here."""
    # It may have been approved meanwhile: what is scheduled waits for the run to bring it into the mailbox.
    pending = Draft.objects.filter(run=run.pk, status__in=[Draft.Status.READY, *sending.CANCELLABLE])
    if pending.update(status=Draft.Status.BY_HAND, sent_at=at, version=F("version") + 1):
        Sending.objects.filter(draft__run=run.pk).delete()
        holds.release(run.pk)
        tell(run, "draft_found_gone")
    return {}


def was_edited(run: WorkflowRun) -> dict[str, Any]:
    """The draft that was found reads otherwise than ours: a person wrote there, or another run of before a restore."""
    draft = Draft.objects.get(run=run.pk)
    MailboxUpdate.objects.get_or_create(
        draft=draft,
        defaults={
            "workspace_id": run.workspace_id,
            "state": MailboxUpdate.State.EDITED,
            "wanted": 1,
            "due_at": Now(),
        },
    )
    # The follower takes over what it says (`leads/following`).
    MailboxWatch.objects.filter(pk=run.workspace_id).update(reconcile_at=Now())
    tell(run, "draft_found_edited")
    return {}


def tell(run: WorkflowRun, kind: str) -> None:
    draft = Draft.objects.values_list("pk", flat=True).get(run=run.pk)
    Event.objects.create(kind=kind, workspace_id=run.workspace_id, run=run, facts={"draft": draft})


def save_lead(journal: Journal, enquiry: Enquiry) -> None:
    """What the form says of the lead; a form that says nothing erases nothing."""
    said = {
        "first_name": enquiry.first_name[:120],
        "last_name": enquiry.last_name[:120],
        "company": enquiry.company[:200],
        "domain": enquiry.domain[:253],
    }
    journal.lead(**{field: value for field, value in said.items() if value})
    if journal.run.lead_id is None:
        journal.project(lambda run: meet(run, enquiry.email))


def meet(run: WorkflowRun, email: str) -> dict[str, Any]:
    """The lead of a run that began without an address, as subscription events do."""
    lead, _ = Lead.objects.get_or_create(workspace_id=run.workspace_id, email=email)
    Submission.objects.filter(pk=run.submission_id).update(lead=lead)
    run.lead_id = lead.pk
    return {"lead_id": lead.pk}


def save_draft(journal: Journal, letter: Letter, values: dict[str, Any]) -> None:
    enquiry: Enquiry = values["validate_submission"]
    company: Company | None = values["resolve_company"]
    plan: Plan = values["plan_next_step"]
    thread: ThreadState | None = values.get("load_thread")
    journal.keep_held(plan.slots if letter.slots is None else letter.slots)
    if letter.model and (cost := letter.model.cost):
        journal.project(lambda run: model_account.spend(run.workspace_id, cost))
    journal.draft(
        recipient=enquiry.email,
        subject=letter.subject[:300],
        body=letter.body,
        language=letter.language,
        writer=letter.writer,
        template_version_id=letter.template_version,
        model_use=letter.model,
        checks=letter.checks,
        is_sound=letter.is_sound,
        intents=enquiry.intents,
        approach=plan.approach,
        ask=plan.action,
        asset_ids=[asset.id for asset in plan.assets] if letter.asset_ids is None else letter.asset_ids,
        form=enquiry.form_name[:120],
        role=role_of(enquiry.job_title),
        industry=industry_of(company.industry if company else ""),
        thread_head=thread.messages[-1].id if thread and thread.messages else "",
        lacks=list(journal.lacks.values()),
    )
