"""The thirteen steps, in the order of the workflow.

A step reads and thinks; what it wants written outside it plans as an effect. It never calls another step, opens a
transaction, or sees a vendor's JSON.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.ports import Company, Contact, File, Note, OutgoingMail, Task, ThreadSummary
from leads import assets, contacts, followup, learning, planning, slots, threads, twins, wishes, writing, zones
from leads.effects import (
    AssociateCompany,
    CreateCompany,
    CreateContact,
    CreateDraft,
    CreateLabel,
    CreateNote,
    CreateTask,
    LabelThread,
)
from leads.engine.steps import StepContext, Touches, Without, step
from leads.enquiry import enquiry_from
from leads.facts import Confidence, Enquiry, Letter, Patterns, Place, Plan, Slots, Submitted, ThreadState
from leads.rules import Rule
from leads.writing.brief import Brief


@step()
def validate_submission(context: StepContext, submitted: Submitted) -> Enquiry:
    """Read the submission"""
    if submitted.contact_id and "email" not in submitted.fields:
        submitted = contacts.submitted_as(context.read.crm.contact_by_id(submitted.contact_id), submitted)
        if form := twins.form_behind(context.workspace_id, submitted):
            told = f"The form that made this contact came too, as submission {form}, which is answered."
            return replace(enquiry_from(submitted, context.profile), screened=told, screened_by=Rule.TWIN)
    return enquiry_from(submitted, context.profile)


def planned_contact(context: StepContext, who: Enquiry) -> Contact:
    """As the form tells it. HubSpot knows a contact by its address, and names the one that is there already."""
    contact = contacts.contact_of(who)
    context.plan(CreateContact(contact))
    return contact


@step(
    Touches.HUBSPOT,
    Without(
        planned_contact,
        lacks="HubSpot’s record of the contact",
        so="It is written from the form alone. Whether they opted out, are a customer or have an owner is not known: "
        "look in HubSpot before you approve it.",
    ),
)
def resolve_contact(context: StepContext, who: Enquiry) -> Contact:
    """Find the contact, or plan it"""
    return context.read.crm.contact_by_email(who.email) or planned_contact(context, who)


def planned_company(context: StepContext, who: Enquiry, *, unseen: bool = True) -> Company | None:
    """As the form tells it, to be looked for before it is made if HubSpot could not be asked."""
    if not who.domain:
        return None
    company = Company(name=who.company or who.domain, domain=who.domain)
    context.plan(CreateCompany(company, unseen=unseen))
    return company


@step(
    Touches.HUBSPOT,
    Without(planned_company, lacks="HubSpot’s record of the company", so="Its name is the one in the form."),
)
def resolve_company(context: StepContext, who: Enquiry) -> Company | None:
    """Find the company, or plan it"""
    if not who.domain:
        return None  # a free-mail address says nothing about a company, and a name alone is not enough
    found = context.read.crm.company_by_domain(who.domain)
    if found is None:
        return planned_company(context, who, unseen=False)
    context.plan(AssociateCompany(found.id))
    return found


NO_HISTORY = (
    "It may repeat what was written before, and does not continue a thread: look in Gmail before you approve it."
)


def nothing(*_: object) -> tuple[()]:
    return ()


@step(Touches.GMAIL, Without(nothing, lacks="earlier e-mail", so=NO_HISTORY))
def search_threads(context: StepContext, who: Enquiry) -> tuple[ThreadSummary, ...]:
    """Search the mailbox for this prospect"""
    return context.read.mail.search_threads(who.email)


@step(
    Touches.DATABASE,
    Without(lambda *_: Patterns(), lacks="what worked before", so="It learns from no earlier draft."),
)
def recall_patterns(
    context: StepContext, who: Enquiry, company: Company | None, found: tuple[ThreadSummary, ...]
) -> Patterns:
    """Recall what worked for similar prospects"""
    return learning.recall(context.workspace_id, who, company, known=bool(found))


@step(Touches.DRIVE, Without(nothing, lacks="documents", so="No document is offered, though some may fit."))
def find_assets(context: StepContext, who: Enquiry, company: Company | None, patterns: Patterns) -> tuple[File, ...]:
    """Find documents worth offering"""
    if not context.profile.folder_ids:
        return ()
    files = context.read.files.files_in(context.profile.folder_ids)
    return assets.choose(files, who, company, patterns, avoid=context.profile.known_names)


def no_times(context: StepContext, who: Enquiry, contact: Contact, company: Company | None) -> Slots:
    """None, since no calendar says that one is free."""
    place = place_of(context, who, contact, company)
    return Slots((), place.zone, place.confidence is Confidence.GUESS, context.profile.timezone, place=place)


def place_of(context: StepContext, who: Enquiry, contact: Contact, company: Company | None) -> Place:
    return zones.place_of(
        zones.Told(
            timezone=who.timezone,
            browser=who.browser_timezone,
            crm=contact.timezone,
            country=who.country or contact.country,
            state=who.state or contact.state,
            company_country=company.country if company else "",
            phone=who.phone or contact.phone,
        ),
        workspace=context.profile.timezone,
    )


@step(
    Touches.CALENDAR,
    Without(no_times, lacks="meeting times", so="No time is offered: it asks them to suggest one."),
)
def propose_slots(context: StepContext, who: Enquiry, contact: Contact, company: Company | None) -> Slots:
    """Find meeting times that are free"""
    profile, place = context.profile, place_of(context, who, contact, company)
    today = context.now.astimezone(ZoneInfo(place.zone)).date()
    search = slots.Search(profile, place, context.now, wishes.begins(who.message, today))
    return slots.propose(search, context.read.calendar.busy(profile.calendar_ids, *search.window), context.held)


@step(Touches.GMAIL, Without(lambda *_: ThreadState(), lacks="earlier e-mail", so=NO_HISTORY))
def load_thread(context: StepContext, who: Enquiry, found: tuple[ThreadSummary, ...]) -> ThreadState:
    """Read the conversation so far"""
    if not found:
        return ThreadState()
    return threads.state_of(context.read.mail.load_thread(found[0].id), who.email, context.profile.known_names)


@step()
def plan_next_step(
    context: StepContext, who: Enquiry, thread: ThreadState, patterns: Patterns, found: tuple[File, ...], free: Slots
) -> Plan:
    """Decide on one call to action"""
    return planning.plan(who, thread, patterns, found, free)


@step(Touches.MODEL)
def write_draft(
    context: StepContext,
    who: Enquiry,
    contact: Contact,
    company: Company | None,
    thread: ThreadState,
    plan: Plan,
    free: Slots,
) -> Letter:
    """Write the reply, and check it"""
    return writing.compose(
        Brief(
            profile=context.profile.for_owner(contact.owner_id),
            enquiry=who,
            contact=contact,
            company=company,
            thread=thread,
            plan=plan,
            slots=free,
            now=context.now,
            busy=free.busy,
        ),
        context.read.model,
    )


@step()
def create_draft(context: StepContext, who: Enquiry, contact: Contact, thread: ThreadState, letter: Letter) -> str:
    """Put the draft into the mailbox"""
    profile = context.profile.for_owner(contact.owner_id)
    message_id = f"<{context.marker}@{profile.sender_email.rpartition('@')[2]}>"
    mail = OutgoingMail(
        sender=profile.sender_email,
        sender_name=profile.voice.sender_name,
        to=who.email,
        to_name=who.name,
        subject=letter.subject,
        text=letter.body,
        marker=context.marker,
        message_id=message_id,
        thread_id=thread.thread_id,
        in_reply_to=thread.reply_to,
        references=thread.references,
    )
    context.plan(CreateDraft(mail, context.earlier))
    return message_id


@step()
def create_task(
    context: StepContext, who: Enquiry, contact: Contact, company: Company | None, letter: Letter
) -> datetime:
    """Plan the note and the follow-up task"""
    due_at = followup.due_at(context.profile, context.now)
    note = Note(
        body_html=followup.note_html(letter.subject, letter.body, context.marker),
        marker=context.marker,
        at=context.now,
    )
    task = Task(
        subject=f"Follow up with {who.name or who.email}",
        body_html=followup.task_html(who.form_name, context.profile.sender_email, context.marker),
        marker=context.marker,
        due_at=due_at,
        owner_id=contact.owner_id,
    )
    context.plan(CreateNote(note, with_company=company is not None, earlier=context.earlier))
    context.plan(CreateTask(task, with_company=company is not None, earlier=context.earlier))
    return due_at


@step(Touches.GMAIL)
def label_thread(context: StepContext) -> str:
    """Label the thread"""
    label_id = context.read.mail.label_id(context.profile.label)
    if not label_id:
        context.plan(CreateLabel(context.profile.label))
    context.plan(LabelThread(label_id))
    return label_id
