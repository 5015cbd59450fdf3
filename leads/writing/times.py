"""Checks on meeting times: those printed are the plan's, and each of those may be offered."""

from __future__ import annotations

import re

from leads import slot_lines, slots
from leads.facts import Slot
from leads.writing.draft import Draft
from leads.writing.letter import CLOCK, bare

_OFFSET = re.compile(r"\b(?:UTC|GMT)\s*[+\-−]\s*\d{1,2}(?::?\d{2})?")


def offered(draft: Draft) -> str:
    """Every time in the text stands in the plan, in full; and every planned time stands in the text."""
    rows = [bare(row) for row in draft.body.splitlines()]
    missing = next((line for line in draft.slot_lines if not any(line in row for row in rows)), "")
    if missing:
        return f"The planned time “{missing}” is not offered as planned."
    answers = "\n".join((*draft.brief.profile.answers.values(), draft.brief.voice.signature, *draft.titles))
    foreign = next((match.group() for match in CLOCK.finditer(draft.written) if match.group() not in answers), "")
    return f"The time “{foreign}” is not one of the planned meeting times." if foreign else ""


def free(draft: Draft) -> str:
    profile, busy = draft.brief.profile, draft.brief.busy
    taken = next((slot for slot in _planned(draft) if not slots.has_room(slot, busy, profile)), None)
    unknown = next((slot for slot in _planned(draft) if slot not in draft.brief.slots.times), None)
    if unknown:
        return f"{_line(unknown, draft)} was not found free in the calendar."
    return f"{_line(taken, draft)} is taken in the calendar." if taken else ""


def ahead(draft: Draft) -> str:
    soonest = slots.earliest(draft.brief.profile, draft.brief.now)
    late = next((slot for slot in _planned(draft) if slot.start < soonest), None)
    return f"{_line(late, draft)} is past, or too soon to be offered." if late else ""


def in_hours(draft: Draft) -> str:
    outside = next((slot for slot in _planned(draft) if not slots.in_hours(slot, draft.brief.profile)), None)
    return f"{_line(outside, draft)} is outside our working hours." if outside else ""


def offset(draft: Draft) -> str:
    """Each printed UTC offset is one that holds then and there; a guessed zone stands beside ours."""
    right = {found for line in draft.slot_lines for found in _OFFSET.findall(line)}
    told = "\n".join(draft.brief.profile.answers.values())
    wrong = next((found for found in _OFFSET.findall(draft.body) if found not in right and found not in told), "")
    if wrong:
        return f"The offset {wrong} does not hold for any of the offered times."
    rows = [bare(row) for row in draft.body.splitlines()]
    bare_rows = [row for row in rows if CLOCK.search(row) and row not in draft.slot_lines and not _OFFSET.search(row)]
    loose = next((row for row in bare_rows if row.startswith(slot_lines.days(draft.brief.language))), "")
    return f"“{loose}” says no UTC offset." if loose else _both_zones(draft)


def _both_zones(draft: Draft) -> str:
    found = draft.brief.slots
    guessed = found.zone_is_guess and found.zone != found.our_zone
    if not guessed or not draft.brief.plan.slots:
        return ""
    cities = (slot_lines.city(zone, draft.brief.language) for zone in (found.zone, found.our_zone))
    missing = next((city for city in cities if city not in draft.body), "")
    return f"The prospect's time zone is a guess, and {missing} time is not printed." if missing else ""


def _planned(draft: Draft) -> tuple[Slot, ...]:
    return draft.brief.plan.slots


def _line(slot: Slot, draft: Draft) -> str:
    return slot_lines.line(slot, draft.brief.slots, draft.brief.language)
