"""Northwind's accounts as they would have answered in the past: the sandbox's seed, with time that passes by itself."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from random import Random
from typing import cast
from zoneinfo import ZoneInfo

import requests
from hubspot.crm.contacts import ApiException

from connectors import calls
from connectors.calendar import FREEBUSY_QUERY
from connectors.drive import FILES_LIST
from connectors.errors import ConnectorError
from connectors.gmail import DRAFTS_CREATE, DRAFTS_LIST, LABELS_LIST, THREADS_GET, THREADS_LIST
from connectors.google_errors import RefusedError, google_error
from connectors.hubspot import COMPANIES_SEARCH, CONTACTS_GET
from connectors.hubspot_errors import hubspot_error
from connectors.ports import (
    Accounts,
    Busy,
    Company,
    Contact,
    Crm,
    File,
    Mail,
    Message,
    OutgoingMail,
    SavedDraft,
    Thread,
    ThreadSummary,
)
from connectors.sandbox import Seed
from connectors.watch import Operation

# Milliseconds, usual and slow, of the vendors' real answers.
LATENCY = {
    CONTACTS_GET: (140, 420),
    COMPANIES_SEARCH: (190, 610),
    THREADS_LIST: (120, 380),
    THREADS_GET: (110, 300),
    DRAFTS_CREATE: (260, 720),
    DRAFTS_LIST: (110, 280),
    LABELS_LIST: (70, 190),
    FILES_LIST: (230, 800),
    FREEBUSY_QUERY: (130, 340),
}
type Trouble = Callable[[Operation], ConnectorError | None]


class Clock:
    """A time that only moves when somebody spends it. `now` is the present, where history ends."""

    def __init__(self, now: datetime, dice: Random) -> None:
        self.now = self.at = now
        self.dice = dice

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=self.dice.randint(120, 700))
        return self.at

    def spend(self, ms: float) -> None:
        self.at += timedelta(milliseconds=ms)


class Wire:
    """Every call goes over it: it takes its time, may meet trouble, and is reported like a real one."""

    def __init__(self, clock: Clock, troubles: Trouble) -> None:
        self.clock = clock
        self.troubles = troubles

    def call(self, operation: Operation, status: int = 200) -> None:
        started = self.clock()
        problem = self.troubles(operation)
        usual, slow = LATENCY[operation]
        spread = math.log(slow / usual) / 2
        ms = self.clock.dice.lognormvariate(math.log(usual), spread)
        if problem is not None and problem.status is None:
            ms = 12_000.0 if "Timeout" in problem.detail else 35.0
        self.clock.spend(ms)
        name = type(problem).__name__ if problem else ""
        answered = problem.status if problem else status
        calls.report(calls.Call(operation.service, operation.endpoint, answered, ms, name, started))
        if problem is not None:
            raise problem


@dataclass(frozen=True)
class Portal:
    """Knows whom the sandbox's own knows, and nobody else: what a run of the past withheld can be released today."""

    wire: Wire

    def contact_by_email(self, email: str) -> Contact | None:
        found = known_contacts().get(email)
        self.wire.call(CONTACTS_GET, 200 if found else 404)
        return found

    def company_by_domain(self, domain: str) -> Company | None:
        self.wire.call(COMPANIES_SEARCH)
        return known_companies().get(domain)


@dataclass(frozen=True)
class Mailbox:
    wire: Wire
    threads: dict[str, Thread] = field(default_factory=dict)

    def search_threads(self, email: str) -> tuple[ThreadSummary, ...]:
        self.wire.call(THREADS_LIST)
        found = earlier_thread(email, self.wire.clock.at)
        if found is None:
            return ()
        self.threads[found.id] = found
        return (ThreadSummary(found.id, found.messages[-1].text[:80]),)

    def load_thread(self, thread_id: str) -> Thread | None:
        self.wire.call(THREADS_GET)
        return self.threads.get(thread_id)

    def label_id(self, name: str) -> str:
        self.wire.call(LABELS_LIST)
        return ""

    def create_draft(self, mail: OutgoingMail) -> SavedDraft:
        self.wire.call(DRAFTS_CREATE)
        message = hex_of(mail.marker, "message")
        return SavedDraft(f"r-{number_of(mail.marker)}{number_of(mail.to)}", message, mail.thread_id or message)

    def draft_marked(self, mail: OutgoingMail) -> SavedDraft | None:
        self.wire.call(DRAFTS_LIST)
        return None


@dataclass(frozen=True)
class Drive:
    wire: Wire

    def files_in(self, folder_ids: tuple[str, ...]) -> tuple[File, ...]:
        self.wire.call(FILES_LIST)
        return tuple(file for file in documents() if file.folder_id in folder_ids)


@dataclass(frozen=True)
class Calendar:
    wire: Wire

    def busy(self, calendar_ids: tuple[str, ...], start: datetime, end: datetime) -> tuple[Busy, ...]:
        self.wire.call(FREEBUSY_QUERY)
        return tuple(sorted(blocks(calendar_ids, start, end), key=lambda one: one.start))


def accounts(wire: Wire) -> Accounts:
    """History is DRAFT_ONLY: of all that writes, only drafts are ever asked for."""
    return Accounts(cast("Crm", Portal(wire)), cast("Mail", Mailbox(wire)), Drive(wire), Calendar(wire))


@cache
def seed() -> Seed:
    return Seed.demo()


@cache
def known_contacts() -> dict[str, Contact]:
    return {
        one.properties["email"]: Contact(
            email=one.properties["email"],
            id=one.id,
            first_name=one.properties.get("firstname", ""),
            last_name=one.properties.get("lastname", ""),
            company=one.properties.get("company", ""),
            opted_out=one.properties.get("hs_email_optout") == "true",
        )
        for one in seed().hubspot.contacts
    }


@cache
def known_companies() -> dict[str, Company]:
    return {
        one.properties["domain"]: Company(
            name=one.properties["name"],
            domain=one.properties["domain"],
            id=one.id,
            industry=one.properties.get("industry", ""),
            country=one.properties.get("country", ""),
        )
        for one in seed().hubspot.companies
    }


@cache
def documents() -> tuple[File, ...]:
    started = datetime.now(UTC)
    return tuple(
        File(
            id=one.id,
            title=one.name,
            url=f"https://drive.google.com/file/d/{one.id}/view",
            mime_type=one.mime_type,
            folder_id=one.parent,
            description=one.description,
            modified_at=started - timedelta(hours=one.modified_hours_ago),
        )
        for one in seed().files
        if one.parent and not one.trashed and not one.mime_type.endswith("folder")
    )


def blocks(calendar_ids: tuple[str, ...], start: datetime, end: datetime) -> Iterator[Busy]:
    """The weekly appointments of these calendars between two instants."""
    for one in seed().calendars:
        zone = ZoneInfo(one.timezone)
        for weekly in one.weekly if one.id in calendar_ids else []:
            for offset in range((end - start).days + 2):
                day = start.astimezone(zone).date() + timedelta(days=offset)
                if day.weekday() in weekly.days:
                    begins, ends = (
                        datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)
                        for clock in (weekly.start, weekly.end)
                    )
                    if begins < end and start < ends:
                        yield Busy(begins, ends)


def earlier_thread(email: str, now: datetime) -> Thread | None:
    """Some of those who were there long ago have written before."""
    if not is_known(email) or int(number_of(email)) % 2:
        return None
    wrote = now - timedelta(days=int(number_of(email)) % 40 + 3)
    name = email.partition("@")[0].replace(".", " ").title()
    texts = (
        (False, "Hi Clara, thanks for the call. I will check with the team and come back to you."),
        (True, "Thank you, take your time. I am here if questions come up."),
    )
    messages = tuple(
        Message(
            id=hex_of(email, str(place)),
            sent_at=wrote + timedelta(hours=3 * place),
            sender="clara@northwind.example" if ours else email,
            sender_name="Clara Jensen" if ours else name,
            recipients=(email if ours else "clara@northwind.example",),
            subject=f"{'Re: ' if place else ''}Our conversation",
            text=text,
            outgoing=ours,
            message_id=f"<{hex_of(email, str(place))}@mail.example>",
        )
        for place, (ours, text) in enumerate(texts)
    )
    return Thread(hex_of(email, "0"), messages)


def is_known(key: str) -> bool:
    """Whether somebody was there long ago: about one in four."""
    return int(hex_of(key, "known")[:4], 16) % 4 == 0


def number_of(key: str) -> str:
    return str(int(hex_of(key, "id")[:9], 16))


def hex_of(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]


def google_refuses(status: int, reason: str, message: str) -> Trouble:
    said = json.dumps({"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}).encode()
    return lambda operation: google_error(RefusedError(status, None, said), operation)


def google_times_out() -> Trouble:
    return lambda operation: google_error(requests.ReadTimeout(), operation)


def hubspot_refuses(status: int, **said: str) -> Trouble:
    def refuse(operation: Operation) -> ConnectorError | None:
        problem = ApiException(status=status)
        problem.body, problem.headers = json.dumps(said), {}
        return hubspot_error(problem, operation)

    return refuse
