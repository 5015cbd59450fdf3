"""Meeting times as a person reads them, in the language of the draft. Names of days, zones and cities are CLDR's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_name

from leads.facts import Slot, Slots

PLAIN = "en"
_REMEMBERED = 512  # a draft and its checks print the same few times over and over


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a language puts it; `day` is a pattern of CLDR."""

    day: str
    hours: str
    at: str
    at_both: str


_MANNERS = {
    "en": _Manner("EEEE, d MMMM", "{hours}", "{hours} {city} time", "{here} and {there} time"),
    "de": _Manner("EEEE, d. MMMM", "{hours} Uhr", "{hours} Uhr Ortszeit {city}", "Ortszeit {here} und {there}"),
}


def lines(times: Sequence[Slot], slots: Slots, language: str = PLAIN) -> tuple[str, ...]:
    """Slots as a person reads them, in the order given."""
    return tuple(line(slot, slots, language) for slot in times)


def line(slot: Slot, slots: Slots, language: str = PLAIN) -> str:
    """Like "Tuesday, 24 November, 10:00–10:30 (CET, UTC+1)"; a guessed zone stands beside ours."""
    guess = slots.zone_is_guess and slots.zone != slots.our_zone
    return _line(slot, slots.zone, slots.our_zone if guess else "", language)


@lru_cache(_REMEMBERED)
def _line(slot: Slot, zone: str, beside: str, language: str) -> str:
    language = language if language in _MANNERS else PLAIN
    manner = _MANNERS[language]
    local, hours = slot.start.astimezone(ZoneInfo(zone)), _hours(slot, zone)
    day = format_date(local, manner.day, language)
    if not beside:
        return f"{day}, {manner.hours.format(hours=hours)} ({_clock(local, language)})"
    home = slot.start.astimezone(ZoneInfo(beside))
    here, there = city(zone, language), city(beside, language)
    if local.utcoffset() == home.utcoffset():
        both = manner.at_both.format(here=here, there=there)
        return f"{day}, {manner.hours.format(hours=hours)} ({both}, {offset(local)})"
    other_day = "" if local.date() == home.date() else f"{days(language)[home.weekday()]} "
    theirs = f"{manner.at.format(hours=hours, city=here)} ({_clock(local, language)})"
    ours = f"{manner.at.format(hours=_hours(slot, beside), city=there)} ({_clock(home, language)})"
    return f"{day}, {theirs}, {other_day}{ours}"


@cache
def days(language: str = PLAIN) -> tuple[str, ...]:
    """The names of the days of a week, Monday first."""
    named = Locale.parse(language).days["format"]["wide"]
    return tuple(named[day] for day in range(7))


@cache
def city(zone: str, language: str = PLAIN) -> str:
    """Like "New York"; in German "Kopenhagen"."""
    known: str = Locale.parse(language).time_zones.get(zone, {}).get("city", "")
    return known or zone.rsplit("/", 1)[-1].replace("_", " ")


def offset(moment: datetime) -> str:
    """Like "UTC+1" or "UTC-3:30"."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"


def _clock(moment: datetime, language: str) -> str:
    """Zone abbreviation and offset; many zones have no letters of their own."""
    usual = moment.tzname() or ""
    own = usual if language == PLAIN else get_timezone_name(moment, "short", locale=language)
    name = own if own.isalpha() else usual
    return f"{name}, {offset(moment)}" if name.isalpha() and name != "UTC" else offset(moment)


def _hours(slot: Slot, zone: str) -> str:
    place = ZoneInfo(zone)
    return f"{slot.start.astimezone(place):%H:%M}–{slot.end.astimezone(place):%H:%M}"
