"""Everything a writer may use, and everything its text is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.ports import Busy, Company, Contact
from leads.facts import Enquiry, Plan, Profile, Slots, ThreadState, Voice
from leads.writing.outsiders import may_be_a_name
from leads.writing.prose import has_word


@dataclass(frozen=True, slots=True)
class Brief:
    """The facts of one draft. `secrets` are texts that no draft may carry, such as a canary or a prompt."""

    profile: Profile
    enquiry: Enquiry
    plan: Plan
    slots: Slots
    now: datetime
    thread: ThreadState = field(default_factory=ThreadState)
    contact: Contact | None = None
    company: Company | None = None
    busy: tuple[Busy, ...] = ()
    thread_now: ThreadState | None = None
    secrets: tuple[str, ...] = ()

    @property
    def voice(self) -> Voice:
        return self.profile.voice

    @property
    def language(self) -> str:
        """That of the prospect's message; of whoever speaks to one who wrote nothing."""
        return (self.enquiry.language if self.enquiry.message else "") or self.voice.language

    @property
    def first_name(self) -> str:
        """Whom to greet; one Latin letter is an initial, not a name."""
        name = self.enquiry.first_name or (self.contact.first_name if self.contact else "")
        initial = len(name.strip(". ")) < 2 and name.isascii()
        somebody_else = any(has_word(name, other) for other in self.other_clients)
        return "" if initial or somebody_else or not may_be_a_name(name) else name

    @property
    def company_name(self) -> str:
        """What the prospect's company is called: by the CRM, else by themselves."""
        return (self.company.name if self.company else "") or self.enquiry.company

    @property
    def other_clients(self) -> tuple[str, ...]:
        """Names that must not appear; a prospect who is a known client may read their own."""
        own = {self.company_name.lower(), self.enquiry.company.lower()}
        return tuple(name for name in self.profile.known_names if name.strip() and name.lower() not in own)
