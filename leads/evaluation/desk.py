"""The accounts as a lead describes them: readers for the steps, with nothing behind them but the lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.ports import Busy, Company, Contact, File, Message, Readers, TextModel, Thread, ThreadSummary
from leads.evaluation.leadset import Lead, Mail

THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Desk:
    """CRM, mailbox, drive and calendar in one."""

    lead: Lead

    def contact_by_email(self, email: str) -> Contact | None:
        known = self.lead.contact
        return known if known and known.email == email else None

    def contact_by_id(self, contact_id: str) -> Contact | None:
        known = self.lead.contact
        return known if known and known.id == contact_id else None

    def company_by_domain(self, domain: str) -> Company | None:
        known = self.lead.company
        return known if known and known.domain == domain else None

    def company_by_name(self, name: str) -> Company | None:
        known = self.lead.company
        return known if known and known.name == name else None

    def search_threads(self, email: str) -> tuple[ThreadSummary, ...]:
        thread = self.load_thread(THREAD)
        found = thread and any(email in {message.sender, *message.recipients} for message in thread.messages)
        return (ThreadSummary(THREAD),) if found else ()

    def load_thread(self, thread_id: str) -> Thread | None:
        given = self.lead.thread
        if given is None:
            return None
        return Thread(thread_id, tuple(self._message(number, mail) for number, mail in enumerate(given.messages)))

    def label_id(self, name: str) -> str:
        return ""

    def files_in(self, folder_ids: tuple[str, ...]) -> tuple[File, ...]:
        return tuple(
            File(
                id=asset.id,
                title=asset.title,
                url=asset.url or f"https://drive.google.com/file/d/{asset.id}/view",
                mime_type="application/pdf",
                folder_id=asset.folder_id,
                description=asset.description,
            )
            for asset in self.lead.assets
            if asset.folder_id in folder_ids
        )

    def busy(self, calendar_ids: tuple[str, ...], start: datetime, end: datetime) -> tuple[Busy, ...]:
        return tuple(taken for taken in self.lead.busy if taken.start < end and start < taken.end)

    def _message(self, number: int, mail: Mail) -> Message:
        ours = self.lead.workspace.sender_email
        theirs = mail.address or self.lead.fields.get("email", "").strip().lower()
        outgoing = mail.who == "us"
        return Message(
            id=f"message-{number}",
            sent_at=mail.at,
            sender=ours if outgoing else theirs,
            sender_name="",
            recipients=(theirs if outgoing else ours,),
            subject=mail.subject or (self.lead.thread.subject if self.lead.thread else ""),
            text=mail.text,
            outgoing=outgoing,
            auto_submitted=mail.who == "auto",
            message_id=f"<message-{number}@mail.example>",
        )


def readers(lead: Lead, model: TextModel | None = None) -> Readers:
    desk = Desk(lead)
    return Readers(crm=desk, mail=desk, files=desk, calendar=desk, model=model)
