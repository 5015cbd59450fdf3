"""What the steps of a run hand to each other: small frozen values, stored and rebuilt by type.

Vendor values (`Contact`, `Thread`, `File` …) come from `connectors.ports`; all else is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum

from connectors.ports import Busy, File, Message
from leads.rules import OFF_AT_FIRST


class Intent(StrEnum):
    """What a prospect wants to know or to do; one message may carry several."""

    PRICING = "pricing"
    DEMO = "demo"
    INTEGRATION = "integration"
    SECURITY = "security"
    SUPPORT = "support"
    PARTNERSHIP = "partnership"
    VAGUE = "vague"


class Action(StrEnum):
    """The one thing a draft asks the prospect to do."""

    PICK_A_TIME = "pick_a_time"
    SUGGEST_A_TIME = "suggest_a_time"
    CONTINUE_THREAD = "continue_thread"
    DESCRIBE_PROBLEM = "describe_problem"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form as it came, in our words. `fields` keeps every value by its lower-case name.

    One that is not timed does not say when it was sent: `submitted_at` is when it came.
    """

    fields: dict[str, str]
    form_id: str
    form_name: str
    submitted_at: datetime
    page_uri: str = ""
    page_title: str = ""
    contact_id: str = ""
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Who wrote, through which form, what they asked. `screened` says why no draft is owed, or is empty."""

    email: str
    first_name: str
    last_name: str
    company: str
    domain: str
    job_title: str
    phone: str
    country: str
    timezone: str
    language: str
    message: str
    intents: tuple[Intent, ...]
    questions: tuple[str, ...]
    form_name: str
    page_title: str
    submitted_at: datetime
    screened: str = ""
    screened_by: str = ""  # of `leads.rules.Rule`
    browser_timezone: str = ""
    state: str = ""
    salutation: str = ""  # "Ms", "Mr" or "": as they said themselves, never guessed
    academic_title: str = ""  # "Dr.", "Prof. Dr."

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class ThreadState:
    """The conversation so far: newest thread with this prospect, and who had the last word in it."""

    thread_id: str = ""
    subject: str = ""
    messages: tuple[Message, ...] = ()
    last_word: str = ""  # "us", "them", "auto" or "" when there is no thread
    reply_to: str = ""
    references: tuple[str, ...] = ()


class Likeness(StrEnum):
    """What other prospects have in common with this one, beside what they asked."""

    FORM = "form"
    ROLE = "role"
    INDUSTRY = "industry"


@dataclass(frozen=True, slots=True)
class Patterns:
    """What worked before for similar prospects of this workspace: ids and counts, never names.

    `approach` and `ask` were approved so many of the times that they were tried; so was the document.
    """

    approach: str = ""
    asset_id: str = ""
    ask: str = ""
    approved: int = 0
    tried: int = 0
    asset_approved: int = 0
    asset_tried: int = 0
    like: tuple[Likeness, ...] = ()
    from_sent_mail: bool = False  # there were no drafts to learn from


@dataclass(frozen=True, slots=True)
class Slot:
    """A meeting time that is free; both ends aware, in UTC."""

    start: datetime
    end: datetime


class Confidence(StrEnum):
    """How sure a prospect's time zone is. Times in a guessed one are printed in ours too."""

    CERTAIN = "certain"  # they said so
    LIKELY = "likely"  # it follows from what they said
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prospect is: IANA zone, what says so, ISO 3166 country and region where they are known."""

    zone: str
    source: str
    confidence: Confidence
    country: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Slots:
    """Times to offer, and the zone to print them in. A guessed zone is printed beside ours."""

    times: tuple[Slot, ...]
    zone: str
    zone_is_guess: bool
    our_zone: str
    busy: tuple[Busy, ...] = ()  # what they were held against, so that every draft can be checked again
    place: Place | None = None  # not kept by earlier versions
    begins: date | None = None  # the first day that suits the prospect, as they wrote
    is_shared: bool = False  # nothing else was free: another draft offers them too


@dataclass(frozen=True, slots=True)
class Plan:
    """One call to action, and what goes with it."""

    action: Action
    approach: str
    assets: tuple[File, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict of the rubric. A failed hard check blocks sending and never hides the draft."""

    name: str
    hard: bool
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a language model had to do with a letter, over all the answers that it was asked for.

    `cost` is in millionths of the currency of its prices. `fell_back` says why templates wrote the letter instead.
    """

    model: str
    prompt_hash: str
    answers: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0
    ms: int = 0
    fell_back: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A written draft: plain text, and the checks it was put through. It offers all of the plan, or what is named."""

    subject: str
    body: str
    language: str
    writer: str
    checks: tuple[Check, ...]
    model: ModelUse | None = None
    template_version: int | None = None  # the workspace's own wording, if it has one; its row's id
    slots: tuple[Slot, ...] | None = None
    asset_ids: tuple[str, ...] | None = None

    @property
    def is_sound(self) -> bool:
        """Every hard check passed."""
        return all(check.passed for check in self.checks if check.hard)


@dataclass(frozen=True, slots=True)
class Lack:
    """What a draft was written without: the step that could not read it, and the error's class and words."""

    step: str
    error: str
    why: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs of the same submission may have left outside: their marks, newest first, and the draft."""

    marks: tuple[str, ...] = ()
    draft_id: str = ""
    message_id: str = ""  # of the draft as it was written; another one means that somebody has changed it since


FIRST = Earlier()
"""Of a run with none before it."""


class Tone(StrEnum):
    """How much a draft says around its facts."""

    PLAIN = "plain"
    WARM = "warm"
    BRIEF = "brief"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks in a draft, and how. `samples` are mails that they sent, without anybody's name in them."""

    sender_name: str
    signature: str
    greeting: str  # "Hi {first_name},", or "Guten Tag {name}," with the form of address
    closing: str
    language: str  # ISO 639-1: of greeting and closing, and for leads that wrote nothing
    banned_phrases: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """What a workspace says otherwise than a shipped template set: one version of it, by the id of its row."""

    version: int
    number: int
    ways: dict[str, tuple[str, ...]]  # by "section.key"
    body: str = ""  # the order of the parts; empty: as shipped


@dataclass(frozen=True, slots=True)
class Profile:
    """A workspace's settings as the steps see them: who writes, how, when, and what may be said and shown."""

    organisation: str
    voice: Voice
    sender_email: str
    timezone: str  # IANA
    workdays: tuple[int, ...]  # Monday is 0
    opens: time
    closes: time
    meeting_minutes: int
    notice_hours: int
    calendar_ids: tuple[str, ...]
    folder_ids: tuple[str, ...]
    link_domains: tuple[str, ...]
    own_domains: tuple[str, ...]
    suppressed: tuple[str, ...]  # addresses and domains
    label: str
    answers: dict[str, str]  # Intent value → what this team says about it
    known_names: tuple[str, ...] = ()  # other clients, who must never be named
    template_set: str = ""  # of `leads.writing.phrases`; empty: the plain one of the language
    wordings: dict[str, Wording] = field(default_factory=dict)  # by template set
    voices: dict[str, Voice] = field(default_factory=dict)  # of reps, by their HubSpot owner id
    competitors: tuple[str, ...] = ()  # addresses and domains, as are the next two
    customers: tuple[str, ...] = ()
    never_screened: tuple[str, ...] = ()
    screening_off: tuple[str, ...] = OFF_AT_FIRST  # of `leads.rules.SWITCHED`
    own_hours: tuple[str, ...] = ()  # of days that differ, as `leads.hours` reads them
    holiday_country: str = ""  # ISO 3166; its public holidays are days off
    holiday_region: str = ""
    days_off: tuple[str, ...] = ()  # as `leads.daysoff` reads them
    buffer_before: int = 0  # minutes around a meeting that must be free too
    buffer_after: int = 0
    days_ahead: int = 3  # business days whose times are offered
    hold_days: int = 2  # business days that an offered time is kept from other drafts
    language: str = "en"  # ISO 639-1: of the answers above
    answers_in: dict[str, dict[str, str]] = field(default_factory=dict)  # the same in other languages
    write_with: str = ""  # a template set for every draft, whatever language the prospect wrote in

    def for_owner(self, owner_id: str) -> Profile:
        """The profile in the voice of the rep who owns the contact; in the workspace's when that is nobody we know."""
        return replace(self, voice=self.voices.get(owner_id, self.voice))
