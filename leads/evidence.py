"""Where each sentence of a draft came from: matched against what the run knew. What has no source is shown as such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from leads import assets
from leads.briefs import Dossier
from leads.readable import moment, words, zone_named
from leads.writing import german
from leads.writing.prose import has_word, sentences, word_set

MOST = 3  # sources of one sentence
LONGEST_QUOTE = 280
RUN = 3

_SENTENCE = re.compile(r"\S.*?(?:[.!?…][\"”')]*(?=\s)|$)\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|approx|incl|mr|mrs|ms|dr|prof|st|vs|no|z\.\s?b|bzw|ggf|inkl|nr)\.|\d\.)\s*$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_COMMON = word_set(
    """
    about after again also been before being both could does from getting have having here into just know let's like
    looking many more much need only other over please question rather should some than thank thanks that their them
    then there these they this through time today touch want were what when where which while will with would write
    your yours you're we're
    """
    + german.FILLER
)


class Kind(StrEnum):
    """What a source is; the values are what people read."""

    FORM = "Form"
    CONTACT = "HubSpot contact"
    COMPANY = "HubSpot company"
    ANSWER = "Your answers"
    TIME = "Calendar"
    FILE = "Drive"
    THREAD = "Earlier e-mail"
    SETTINGS = "Your settings"
    WRITER = "Writer"

    @property
    def slug(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """One fact that the run knew: what it is, where it stands, its words."""

    kind: Kind
    label: str
    quote: str
    url: str = ""
    names: tuple[str, ...] = ()
    """Short values that count wherever they stand by themselves."""


@dataclass(frozen=True)
class Sentence:
    """A stretch of the text with its sources, best first. White space behind it belongs to it."""

    number: int
    text: str
    sources: tuple[Source, ...]

    @property
    def has_source(self) -> bool:
        return bool(self.sources)


@dataclass(frozen=True)
class Evidence:
    """The rows of a text in sentences; an empty row has none."""

    rows: tuple[tuple[Sentence, ...], ...]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(sentence for row in self.rows for sentence in row)

    @cached_property
    def sources(self) -> list[tuple[Source, list[int]]]:
        """Every source with the numbers of its sentences, in the order of the text; what claims nothing comes last."""
        found: dict[Source, list[int]] = {}
        for sentence in self.sentences:
            for source in sentence.sources:
                found.setdefault(source, []).append(sentence.number)
        return sorted(found.items(), key=lambda item: item[0].kind in {Kind.SETTINGS, Kind.WRITER})

    @property
    def bare(self) -> list[Sentence]:
        return [sentence for sentence in self.sentences if not sentence.has_source]


@dataclass(frozen=True)
class Facts:
    """All sources of one draft, prepared for matching."""

    sources: tuple[Source, ...]
    exact: dict[str, Source]  # whole rows that code printed
    runs: dict[tuple[str, ...], list[Source]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in self.sources:
            for run in set(runs_of(source.quote)):
                self.runs.setdefault(run, []).append(source)

    def of(self, text: str) -> tuple[Source, ...]:
        """The sources of a sentence, those that share most of it first."""
        shared: dict[Source, int] = {}
        for run in set(runs_of(text)):
            for source in self.runs.get(run, ()):
                shared[source] = shared.get(source, 0) + 1
        for source in self.sources:
            if any(has_word(text, name) for name in source.names):
                shared[source] = shared.get(source, 0) + 1
        order = [source for source in self.sources if source in shared]  # a tie goes to the prospect's own words
        order = [source for source in order if source.kind != Kind.SETTINGS] or order
        return tuple(sorted(order, key=lambda source: -shared[source])[:MOST])


def evidence_of(body: str, dossier: Dossier, written: str) -> Evidence:
    """The sources of `body`. `written` is the wording of a writer that adds nothing to its facts, if it was one."""
    facts = facts_of(dossier)
    own = {part.strip() for row in written.splitlines() for part in parts_of(row)}
    numbered = iter(range(1, len(body) + 2))
    return Evidence(tuple(tuple(row_of(row, facts, own, numbered)) for row in body.splitlines()))


def row_of(row: str, facts: Facts, own: set[str], numbers: Iterator[int]) -> Iterator[Sentence]:
    printed = next((source for line, source in facts.exact.items() if line and line in row), None)
    for part in [row] if printed and row.strip() else parts_of(row):
        found = (printed,) if printed else facts.of(part)
        if not found and part.strip() in own:
            found = (WRITER,)
        yield Sentence(next(numbers), part, found)


WRITER = Source(Kind.WRITER, "The writer's own words", "A courtesy of the template set; it claims nothing.")


def parts_of(row: str) -> list[str]:
    """The sentences of one row, with the blanks behind them."""
    parts: list[str] = []
    for found in _SENTENCE.findall(row):
        if parts and _ABBREVIATION.search(parts[-1]):
            parts[-1] += found
        else:
            parts.append(found)
    if parts:
        parts[0] = row[: len(row) - len(row.lstrip())] + parts[0]
    return parts


def runs_of(text: str) -> Iterator[tuple[str, ...]]:
    """Three words in a row of which one means something, two that both do, and each number by itself."""
    found = [word.lower() for word in _WORD.findall(text)]
    means = [len(word) > 3 and word not in _COMMON for word in found]
    for start in range(len(found) - 1):
        if start + RUN <= len(found) and any(means[start : start + RUN]):
            yield tuple(found[start : start + RUN])
        if all(means[start : start + 2]):
            yield tuple(found[start : start + 2])
    yield from ((number,) for number in _NUMBER.findall(text))


def facts_of(dossier: Dossier) -> Facts:
    brief = dossier.brief
    profile = brief.profile
    settings = Source(Kind.SETTINGS, "Signature", profile.voice.signature)
    printed = {row.strip(): settings for row in profile.voice.signature.splitlines() if row.strip()}
    printed |= {profile.voice.closing.strip(): Source(Kind.SETTINGS, "Closing", profile.voice.closing)}
    for slot in dossier.times:
        line = dossier.time_line(slot)
        zone = zone_named(profile.timezone)
        ours = f"{moment(slot.start, zone)} to {slot.end.astimezone(zone):%H:%M}"
        place = dossier.brief.slots.place
        whose = f"; their time zone is {place.confidence}, by {place.source}" if place else ""
        printed[line] = Source(Kind.TIME, "Found free in the calendar", f"{ours}{whose}")
    for file in dossier.files:
        source = Source(Kind.FILE, "Document", assets.title(file), file.url, (assets.title(file),))
        printed[file.url] = source
    return Facts((*about_them(dossier), *about_us(dossier)), printed)


def about_them(dossier: Dossier) -> Iterator[Source]:
    """What the prospect wrote and who they are; the form first, since it is their own word."""
    brief = dossier.brief
    enquiry, contact, company, thread = brief.enquiry, brief.contact, brief.company, brief.thread
    for sentence in sentences(enquiry.message):
        yield Source(Kind.FORM, "What they wrote", quoted(sentence))
    told = {
        "First name": enquiry.first_name,
        "Last name": enquiry.last_name,
        "Company": enquiry.company,
        "Job title": enquiry.job_title,
        "Country": enquiry.country,
        "Form": enquiry.form_name,
    }
    yield from named(Kind.FORM, told)
    if contact and contact.id:
        known = {"First name": contact.first_name, "Last name": contact.last_name, "Job title": contact.job_title}
        yield from named(Kind.CONTACT, {name: value for name, value in known.items() if value != told.get(name)})
    if company:
        known = {"Name": company.name, "Domain": company.domain, "Industry": company.industry}
        yield from named(Kind.COMPANY, {name: value for name, value in known.items() if value != enquiry.company})
    for message in thread.messages:
        who = "us" if message.outgoing else (message.sender_name or message.sender)
        for sentence in sentences(message.text):
            yield Source(Kind.THREAD, f"From {who}, {moment(message.sent_at)}", quoted(sentence))


def named(kind: Kind, values: dict[str, str]) -> Iterable[Source]:
    return (Source(kind, label, value, names=(value,)) for label, value in values.items() if len(value.strip()) > 1)


def about_us(dossier: Dossier) -> Iterator[Source]:
    profile = dossier.brief.profile
    for intent, answer in profile.answers.items():
        for sentence in sentences(answer):
            yield Source(Kind.ANSWER, f"On {words(intent).lower()}", quoted(sentence))
    yield Source(Kind.SETTINGS, "Organisation", profile.organisation, names=(profile.organisation,))
    minutes = f"{profile.meeting_minutes} minutes"
    yield Source(
        Kind.SETTINGS,
        "Length of a meeting",
        minutes,
        names=(minutes, f"{profile.meeting_minutes}-minute", f"{profile.meeting_minutes} Minuten"),
    )


def quoted(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE].rstrip()} …"
