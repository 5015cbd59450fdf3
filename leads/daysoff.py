"""Public holidays, by country and region; and the days that a workspace itself has off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

LONGEST = 400  # days of one entry: longer is a slip of the pen

_ONE_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})\s*(?:to|until|\.\.|–|-)\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_YEARLY = re.compile(r"(\d{2})-(\d{2})")
_LEAP_YEAR = 2028


class Unclear(ValueError):
    """What was entered is no day off, hours or region; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Own days off: stretches of days, both ends included, and (month, day) of those that come every year."""

    ranges: tuple[tuple[date, date], ...] = ()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def __contains__(self, day: date) -> bool:
        return (day.month, day.day) in self.yearly or any(first <= day <= last for first, last in self.ranges)


def read_days_off(entries: Iterable[str]) -> DaysOff:
    """Entries like "2026-12-24", "2026-12-24 to 2027-01-01", and "12-24" for every year. Raises `Unclear`."""
    ranges: list[tuple[date, date]] = []
    yearly: set[tuple[int, int]] = set()
    for entry in map(str.strip, entries):
        try:
            if match := _YEARLY.fullmatch(entry):
                day = date(_LEAP_YEAR, int(match[1]), int(match[2]))
                yearly.add((day.month, day.day))
            elif match := _RANGE.fullmatch(entry):
                ranges.append((date.fromisoformat(match[1]), date.fromisoformat(match[2])))
            elif _ONE_DAY.fullmatch(entry):
                ranges.append((date.fromisoformat(entry), date.fromisoformat(entry)))
            else:
                raise ValueError  # noqa: TRY301  the same answer as for a day that no calendar has
        except ValueError:
            raise Unclear(
                f"“{entry}” is no day. Write 2026-12-24, or 2026-12-24 to 2027-01-01, or 12-24 for every year."
            ) from None
        if ranges and not 0 <= (ranges[-1][1] - ranges[-1][0]).days < LONGEST:
            raise Unclear(f"“{entry}” must end after it begins, within {LONGEST} days.")
    return DaysOff(tuple(ranges), frozenset(yearly))


@cache
def holidays_in(country: str, region: str, year: int) -> Mapping[date, str]:
    """Public holidays by day, in English where they have an English name; none for a country that nobody lists."""
    from holidays import country_holidays  # noqa: PLC0415  30 MB and half a second, for whoever needs it

    try:
        found = country_holidays(country, subdiv=region or None, years=year, observed=True, language="en_US")
    except NotImplementedError:
        return holidays_in(country, "", year) if region else {}
    return dict(found.items())


def holiday_on(day: date, country: str, region: str = "") -> str:
    """The name of the public holiday, or ""."""
    return holidays_in(country, region, day.year).get(day, "") if country else ""


@cache
def countries() -> tuple[str, ...]:
    """ISO 3166 codes of those whose holidays are known."""
    from holidays import list_supported_countries  # noqa: PLC0415

    return tuple(sorted(list_supported_countries(include_aliases=False)))


@cache
def regions_of(country: str) -> Mapping[str, str]:
    """The code of each region whose holidays differ, by code and by name, in lower case."""
    from holidays import country_holidays  # noqa: PLC0415

    known = country_holidays(country)
    named = {name.lower(): code for name, code in known.subdivisions_aliases.items()}
    return {code.lower(): code for code in known.subdivisions} | named


def region_code(country: str, entered: str) -> str:
    """The code of a region given by code or name; "" for none. Raises `Unclear`."""
    if not entered.strip():
        return ""
    known = regions_of(country) if country in countries() else {}
    # As in ISO 3166-2, "DE-BY".
    plain = entered.strip().lower().removeprefix(f"{country.lower()}-")
    if plain not in known:
        codes = ", ".join(sorted(set(known.values())))
        raise Unclear(f"“{entered}” is not known there. It is one of {codes}." if codes else "There are no regions.")
    return known[plain]
