"""The outside writes. Steps plan them; the engine performs them, once, behind the DRAFT_ONLY gate.

`perform` makes the one call and returns the vendor's ids by name; `find` asks whether an earlier, unproven
attempt was done, and returns its ids or None. `needs` names the ids that other effects of the run must leave first.

A run that was started again puts its draft, note and task in the place of those that `earlier` runs of the same
submission left, so that there is one of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from connectors.errors import Conflict, NotFound
from connectors.ports import Accounts, Company, Contact, Mail, Note, OutgoingMail, SavedDraft, Task
from leads.facts import FIRST, Earlier

type Ids = Mapping[str, str]

MAY_EXIST = "may exist"
"""Among the ids: a run that was given up may have done the same, or anybody since it was planned; look first."""

CHANGED = "changed"
"""In the place of a message's id: the draft that was found says something else than was to be written."""


def ids_in(value: object) -> dict[str, str]:
    """The ids that a step found, under the names by which effects need them."""
    match value:
        case Contact(id=str(found)) if found:
            return {"contact": found}
        case Company(id=str(found)) if found:
            return {"company": found}
        case _:
            return {}


def put_in_place(earlier: Earlier, look: Callable[[str], str], update: Callable[[str], None]) -> str:
    """The id of what an earlier run left, brought up to date by `update`; empty when there is nothing of the kind."""
    for mark in earlier.marks:
        if found := look(mark):
            try:
                update(found)
            except NotFound:
                continue  # deleted since, in HubSpot
            return found
    return ""


def company_in(ids: Ids, with_company: bool) -> str:  # noqa: FBT001
    return ids["company"] if with_company else ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One outside write. `own_mailbox` marks the only kind that DRAFT_ONLY lets through."""

    kind: ClassVar[str]
    service: ClassVar[str] = "google"  # the account that it writes to
    own_mailbox: ClassVar[bool] = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the ids that must be known first."""
        return ()

    @property
    def once_key(self) -> str:
        """Non-empty when several runs may want the same one thing: they take turns, and share its ids."""
        return ""

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        raise NotImplementedError

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class CreateContact(Effect):
    kind = "create_contact"
    service = "hubspot"
    contact: Contact

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        try:
            return {"contact": accounts.crm.create_contact(self.contact)}
        except Conflict as conflict:
            if not conflict.existing_id:
                raise
            return {"contact": conflict.existing_id}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        contact = accounts.crm.contact_by_email(self.contact.email)
        return {"contact": contact.id} if contact else None


@dataclass(frozen=True, slots=True)
class CreateCompany(Effect):
    """`unseen`: the CRM could not be asked whether it is there, so that is asked before it is made."""

    kind = "create_company"
    service = "hubspot"
    company: Company
    unseen: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        return ("contact",)

    @property
    def once_key(self) -> str:
        return f"company:{self.company.domain or self.company.name.casefold()}"

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        made_by_another_run = ids.get("company", "")
        if (self.unseen or MAY_EXIST in ids) and self.company.domain and not made_by_another_run:
            found = accounts.crm.company_by_domain(self.company.domain)
            made_by_another_run = found.id if found else ""
        if made_by_another_run:
            try:
                accounts.crm.associate(ids["contact"], made_by_another_run)
            except NotFound:
                pass  # it was deleted since, in HubSpot
            else:
                return {"company": made_by_another_run}
        return {"company": accounts.crm.create_company(self.company, ids["contact"])}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        company_id = accounts.crm.company_of(ids["contact"], self.company)
        return {"company": company_id} if company_id else None


@dataclass(frozen=True, slots=True)
class AssociateCompany(Effect):
    """A PUT, so repeating it is harmless."""

    kind = "associate_company"
    service = "hubspot"
    company_id: str

    @property
    def needs(self) -> tuple[str, ...]:
        return ("contact",)

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        accounts.crm.associate(ids["contact"], self.company_id)
        return {}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        return None


@dataclass(frozen=True, slots=True)
class CreateDraft(Effect):
    kind = "create_draft"
    own_mailbox = True
    mail: OutgoingMail
    earlier: Earlier = FIRST

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        saved = self._in_place(accounts.mail) or accounts.mail.create_draft(self.mail)
        return {"draft": saved.draft_id, "message": saved.message_id, "thread": saved.thread_id}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        mail = accounts.mail
        if saved := mail.draft_marked(self.mail):
            _, same = mail.draft_now(saved.draft_id, self.mail) or (saved, None)
            message = saved.message_id if same else CHANGED
            return {"draft": saved.draft_id, "message": message, "thread": saved.thread_id}
        if sent := mail.sent_marked(self.mail, self.mail.thread_id):
            return {"draft": "", "message": sent.message_id, "thread": sent.thread_id}
        return None

    def _in_place(self, mail: Mail) -> SavedDraft | None:
        there = self._left_before(mail)
        if there is None:
            return None
        if self.earlier.message_id and there.message_id != self.earlier.message_id:
            raise Conflict(
                "somebody has changed the draft of the earlier run in the mailbox, and it is not overwritten. Send it "
                "or throw it away there; then Retry",
                service="gmail",
                endpoint="drafts.update",
                existing_id=there.draft_id,
            )
        try:
            return mail.update_draft(there.draft_id, self.mail)
        except NotFound:
            return None  # sent or thrown away since

    def _left_before(self, mail: Mail) -> SavedDraft | None:
        if self.earlier.draft_id:
            return mail.saved_draft(self.earlier.draft_id)
        domain = self.mail.sender.rpartition("@")[2]
        marked = (replace(self.mail, marker=mark, message_id=f"<{mark}@{domain}>") for mark in self.earlier.marks)
        return next(filter(None, map(mail.draft_marked, marked)), None)


@dataclass(frozen=True, slots=True)
class UpdateDraft(Effect):
    """A person's wording into the draft. Not for runs, which may have ended: `leads.engine.mailbox` performs it."""

    kind = "update_draft"
    own_mailbox = True
    mail: OutgoingMail

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        saved = accounts.mail.update_draft(ids["draft"], self.mail)
        return {"message": saved.message_id, "thread": saved.thread_id}


@dataclass(frozen=True, slots=True)
class SendDraft(Effect):
    """An approved draft to its prospect. Not for runs, which end with a draft: `leads.engine.sending` performs it."""

    kind = "send_draft"
    mail: OutgoingMail

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        sent = accounts.mail.send_draft(ids["draft"])
        return {"message": sent.message_id, "thread": sent.thread_id}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        sent = accounts.mail.sent_marked(self.mail, ids["thread"])
        return {"message": sent.message_id, "thread": sent.thread_id} if sent else None


@dataclass(frozen=True, slots=True)
class CreateNote(Effect):
    """A note on the contact's timeline, and on the company's when there is one."""

    kind = "create_note"
    service = "hubspot"
    note: Note
    with_company: bool
    earlier: Earlier = FIRST

    @property
    def needs(self) -> tuple[str, ...]:
        return ("draft", "contact", "company") if self.with_company else ("draft", "contact")

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        crm, contact_id = accounts.crm, ids["contact"]
        there = put_in_place(
            self.earlier,
            look=lambda mark: crm.note_marked(mark, contact_id),
            update=lambda note_id: crm.update_note(note_id, self.note),
        )
        return {"note": there or crm.create_note(self.note, contact_id, company_in(ids, self.with_company))}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        note_id = accounts.crm.note_marked(self.note.marker, ids["contact"])
        return {"note": note_id} if note_id else None


@dataclass(frozen=True, slots=True)
class CreateTask(Effect):
    """A follow-up for a person, on the same timelines."""

    kind = "create_task"
    service = "hubspot"
    task: Task
    with_company: bool
    earlier: Earlier = FIRST

    @property
    def needs(self) -> tuple[str, ...]:
        return ("draft", "contact", "company") if self.with_company else ("draft", "contact")

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        crm, contact_id = accounts.crm, ids["contact"]
        there = put_in_place(
            self.earlier,
            look=lambda mark: crm.task_marked(mark, contact_id),
            update=lambda task_id: crm.update_task(task_id, self.task),
        )
        return {"task": there or crm.create_task(self.task, contact_id, company_in(ids, self.with_company))}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        task_id = accounts.crm.task_marked(self.task.marker, ids["contact"])
        return {"task": task_id} if task_id else None


@dataclass(frozen=True, slots=True)
class CreateLabel(Effect):
    kind = "create_label"
    name: str

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        return {"label": accounts.mail.create_label(self.name)}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        label_id = accounts.mail.label_id(self.name)
        return {"label": label_id} if label_id else None


@dataclass(frozen=True, slots=True)
class LabelThread(Effect):
    """`label_id` is empty for a label that this run creates. Labelling again is harmless."""

    kind = "label_thread"
    label_id: str

    @property
    def needs(self) -> tuple[str, ...]:
        return ("thread",) if self.label_id else ("thread", "label")

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        with suppress(NotFound):  # thrown away since: there is nothing to label
            accounts.mail.label_thread(ids["thread"], self.label_id or ids["label"])
        return {}

    def find(self, accounts: Accounts, ids: Ids) -> dict[str, str] | None:
        return None


@dataclass(frozen=True, slots=True)
class RemoveDouble(Effect):
    """A note or task that is there twice. Not for runs: people do it, from the report of `leads.reconciliation`."""

    kind = "remove_double"
    service = "hubspot"
    what: str
    record_id: str

    def perform(self, accounts: Accounts, ids: Ids) -> dict[str, str]:
        remove = accounts.crm.remove_note if self.what == "note" else accounts.crm.remove_task
        remove(self.record_id)
        return {}


KINDS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        CreateContact,
        CreateCompany,
        AssociateCompany,
        CreateDraft,
        CreateNote,
        CreateTask,
        CreateLabel,
        LabelThread,
    )
}
