"""A workspace, its documents and its calendar, for the tests of the writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from connectors.ports import Busy, Company, Contact, File, Message, Thread
from leads import assets, planning, slots, zones
from leads.enquiry import enquiry_from
from leads.facts import Enquiry, Letter, Patterns, Profile, Submitted, Voice
from leads.threads import state_of
from leads.writing import Brief, compose

NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)  # a Monday, five past nine in Berlin

PROFILE = Profile(
    organisation="Northwind",
    voice=Voice(
        sender_name="Anna Weber",
        signature="Anna Weber\nAccount Executive, Northwind\nwww.northwind.example",
        greeting="Hi {first_name},",
        closing="Best regards,",
        language="en",
        banned_phrases=("—", "just checking in", "touch base", "I hope this email finds you well"),
    ),
    sender_email="anna@northwind.example",
    timezone="Europe/Berlin",
    workdays=(0, 1, 2, 3, 4),
    opens=time(9),
    closes=time(17, 30),
    meeting_minutes=30,
    notice_hours=2,
    calendar_ids=("primary",),
    folder_ids=("folder",),
    link_domains=("northwind.example",),
    own_domains=("northwind.example",),
    suppressed=("blocked.example", "no@thanks.example"),
    label="Sales Agent",
    answers={
        "pricing": "Plans start at 49 EUR per user a month, billed yearly. From 50 users on there is a lower rate. "
        "There is no set-up fee.",
        "demo": "",
        "integration": "We connect to Salesforce, HubSpot and SAP out of the box. For all else there is an open API.",
        "security": "All data is kept in Frankfurt, and we sign a data processing agreement. Single sign-on works "
        "with Okta and Entra.",
        "partnership": "",
    },
    known_names=("Acme", "Globex"),
)


def file(title: str, description: str = "", key: str = "") -> File:
    number = key or title.lower().replace(" ", "-")
    return File(
        number, title, f"https://drive.google.com/file/d/{number}/view", "application/pdf", "folder", description
    )


FILES = (
    file("Price list 2026.pdf", "Plans and rates"),
    file("Integration guide.pdf", "API, connectors, Salesforce, SAP"),
    file("Security whitepaper_v3.pdf", "Privacy, GDPR, certificates"),
    file("Product overview.pdf", "A first introduction"),
    file("Logistics brochure.pdf", "For carriers and freight forwarders"),
    file("Acme case study.pdf", "Pricing, integration and security at Acme"),
    file("Internal battle card pricing.pdf", "Do not share"),
)
BUSY = (
    Busy(datetime(2026, 11, 24, 8, 30, tzinfo=UTC), datetime(2026, 11, 24, 10, tzinfo=UTC)),
    Busy(datetime(2026, 11, 25, 13, tzinfo=UTC), datetime(2026, 11, 25, 14, tzinfo=UTC)),
)


@dataclass(frozen=True)
class Desk:
    """All that surrounds one submission; tests change what they are about."""

    profile: Profile = PROFILE
    files: tuple[File, ...] = FILES
    busy: tuple[Busy, ...] = BUSY
    thread: Thread | None = None
    contact: Contact | None = None
    company: Company | None = None
    patterns: Patterns = Patterns()  # noqa: RUF009  frozen and empty
    now: datetime = NOW

    def enquiry(self, fields: Mapping[str, str], form: str = "Contact us", page: str = "Contact") -> Enquiry:
        submitted = Submitted(dict(fields), "form-1", form, self.now, page_title=page)
        return enquiry_from(submitted, self.profile)

    def brief(self, fields: Mapping[str, str], form: str = "Contact us", page: str = "Contact") -> Brief:
        return self.brief_for(self.enquiry(fields, form, page))

    def brief_for(self, enquiry: Enquiry) -> Brief:
        profile = self.profile
        thread = state_of(self.thread, enquiry.email)
        told = zones.Told(
            timezone=enquiry.timezone,
            browser=enquiry.browser_timezone,
            country=enquiry.country,
            state=enquiry.state,
            phone=enquiry.phone,
        )
        search = slots.Search(profile, zones.place_of(told, profile.timezone), self.now)
        times = slots.propose(search, self.busy)
        chosen = assets.choose(self.files, enquiry, self.company, self.patterns, profile.known_names)
        return Brief(
            profile=profile,
            enquiry=enquiry,
            plan=planning.plan(enquiry, thread, self.patterns, chosen, times),
            slots=times,
            now=self.now,
            thread=thread,
            contact=self.contact,
            company=self.company,
            busy=self.busy,
        )

    def letter(self, fields: Mapping[str, str], form: str = "Contact us", page: str = "Contact") -> Letter:
        return compose(self.brief(fields, form, page))

    def but(self, **changes: object) -> Desk:
        return replace(self, **changes)  # type: ignore[arg-type]


def message(
    text: str, *, outgoing: bool = False, auto: bool = False, day: int = 10, prospect: str = "clara.jensen@fjordline.dk"
) -> Message:
    us = PROFILE.sender_email
    return Message(
        id=f"m{day}",
        sent_at=datetime(2026, 11, day, 9, tzinfo=UTC),
        sender=us if outgoing else prospect,
        sender_name="",
        recipients=(prospect if outgoing else us,),
        subject="Automatic reply: Your fleet planning" if auto else "Re: Your fleet planning",
        text=text,
        outgoing=outgoing,
        auto_submitted=auto,
        message_id=f"<m{day}@mail.example>",
        references=("<m1@mail.example>",),
    )


def speaking(profile: Profile, **changes: Any) -> Profile:
    """The profile with another voice."""
    return replace(profile, voice=replace(profile.voice, **changes))
