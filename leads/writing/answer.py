"""What a language model answered, read with suspicion: four values of the right kind, plain text, ids that exist."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated

import msgspec

from connectors.ports import File
from leads.facts import Slot
from leads.writing.brief import Brief
from leads.writing.commitments import faults_in
from leads.writing.grounding import ungrounded
from leads.writing.letter import CLOCK, thread_subject
from leads.writing.links import has_link

MOST_LETTERS = 4000
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}
_DECODER = json.JSONDecoder()
_MARKUP = re.compile(r"</?[a-z][^>]*>|\]\s*[(\[]|^\s*\[[^\]]+\]:|\*\*|^#+\s|`", re.IGNORECASE | re.MULTILINE)
_SPELT = re.compile(
    r"\[\.\]|\(\.\)|\(dot\)|\[dot\]|\[at\]|\(at\)|\bhxxps?\b|//"
    r"|\w\s+dot\s+\w+|\b\w+\s+at\s+\w+\s+dot\b|\w\.\s?(?:com|net|org|io|example)\b",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"^(?:hi|hello|hey|dear|hallo|guten tag|sehr geehrte\w*|liebe[rs]?)\b[^.?!]{0,60}[,!]?$", re.IGNORECASE
)

type Words = Annotated[str, msgspec.Meta(max_length=2000)]
type Ids = Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=40)]


class Unusable(Exception):
    """The answer is no letter; `faults` say why, for whoever writes it again."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Answer(msgspec.Struct):
    """The form that was asked for. What else is in the object is not read."""

    subject: Words
    paragraphs: Annotated[list[Words], msgspec.Meta(min_length=1, max_length=12)]
    slot_ids: Ids
    asset_ids: Ids


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model's words, and what it chose of the plan."""

    subject: str
    paragraphs: tuple[str, ...]
    slots: tuple[Slot, ...]
    assets: tuple[File, ...]

    def offered(self, brief: Brief) -> Brief:
        """The brief of a letter that offers just that."""
        return replace(brief, plan=replace(brief.plan, slots=self.slots, assets=self.assets))


def read(text: str, brief: Brief) -> Chosen:
    """Raises `Unusable` with everything that is wrong."""
    answer = _answer_in(text)
    paragraphs = tuple(filter(None, map(_plain, answer.paragraphs)))
    subject = _plain(answer.subject)
    times = {f"s{number}": slot for number, slot in enumerate(brief.plan.slots, 1)}
    files = {f"a{number}": file for number, file in enumerate(brief.plan.assets, 1)}
    faults = [
        *_of_words((subject, *paragraphs), brief),
        *faults_in("" if thread_subject(brief.thread) else subject, paragraphs, brief),
        *ungrounded(paragraphs if thread_subject(brief.thread) else (subject, *paragraphs), brief),
        *_of_ids("slot_ids", answer.slot_ids, times),
        *_of_ids("asset_ids", answer.asset_ids, files),
    ]
    if not paragraphs:
        faults.append("There is no paragraph.")
    if times and not answer.slot_ids:
        faults.append("slot_ids is empty, and the next step is to choose one of the slots.")
    if faults:
        raise Unusable(*faults)
    chosen = tuple(times[key] for key in times if key in answer.slot_ids)
    return Chosen(subject, paragraphs, chosen, tuple(files[key] for key in files if key in answer.asset_ids))


def _answer_in(text: str) -> Answer:
    """The object of the text; some models put words or a fence around it."""
    start = text.find("{")
    if start < 0:
        raise Unusable("There is no JSON object in it.")
    try:
        found, _ = _DECODER.raw_decode(text, start)
        return msgspec.convert(found, Answer)
    except msgspec.ValidationError as error:
        raise Unusable(f"The JSON object does not have the form that was asked for: {error}.") from None
    except (ValueError, RecursionError):
        raise Unusable("It is not valid JSON.") from None


def _plain(text: str) -> str:
    """On one line, in plain letters (no wide or circled ones), without what can't be seen."""
    spaced = " ".join(unicodedata.normalize("NFKC", text).split())
    seen = (letter for letter in spaced if unicodedata.category(letter) not in _INVISIBLE)
    return "".join(seen).replace("。", ".").strip()


def _of_words(texts: tuple[str, ...], brief: Brief) -> list[str]:
    whole = "\n".join(texts)
    closing = brief.voice.closing.strip().rstrip(",").lower()
    told = {
        f"It has {len(whole)} letters; {MOST_LETTERS} are the most.": len(whole) > MOST_LETTERS,
        "There is a link or an address in it.": has_link(whole) or bool(_SPELT.search(whole)),
        "There is markup in it.": bool(_MARKUP.search(whole)),
        "There is a time of day in it, which only slot_ids may name.": _has_time(whole, brief),
        "It greets by itself.": any(map(_GREETS.match, texts[1:])),
        "It closes by itself.": bool(closing) and any(text.lower().startswith(closing) for text in texts[1:]),
    }
    return [fault for fault, is_so in told.items() if is_so]


def _has_time(text: str, brief: Brief) -> bool:
    """One that the team's own answers don't name."""
    known = "\n".join(brief.profile.answers.values())
    return any(match.group() not in known for match in CLOCK.finditer(text))


def _of_ids(name: str, given: list[str], known: dict[str, Slot] | dict[str, File]) -> list[str]:
    unknown = [key for key in dict.fromkeys(given) if key not in known]
    return [f"{name} names {', '.join(map(repr, unknown[:3]))}, which there is not."] if unknown else []
