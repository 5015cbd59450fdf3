"""From when a prospect wants to be met: "after 1 December", "next week", "ab dem 3. Januar". Only what is plain."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

_GERMAN = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
_MONTHS = {
    spelling.lower(): number
    for names in (calendar.month_name, calendar.month_abbr, ("", *_GERMAN), ("", "", "", "Maerz"))
    for number, name in enumerate(names)
    for spelling in (name, f"{name}.")
    if name
} | {"sept": 9, "sept.": 9, "okt": 10, "okt.": 10, "dez": 12, "dez.": 12}
_WEEKDAYS = {
    name.lower(): number
    for names in (calendar.day_name, ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"))
    for number, name in enumerate(names)
}
_MONTH = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_DATE = (
    rf"(?:the\s+|dem\s+|den\s+)?(?:(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{_MONTH})(?:,?\s+(?P<year>20\d\d))?"
    rf"|(?P<month_first>{_MONTH})\s+(?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year_last>20\d\d))?\b"
    rf"|(?P<day_dotted>\d{{1,2}})\.\s?(?P<month_dotted>\d{{1,2}})\.(?P<year_dotted>20\d\d)?"
    rf"|(?P<month_only>{_MONTH})(?:\s+(?P<year_only>20\d\d))?)(?!\w)"
)
_FROM = (
    r"from|starting(?:\s+(?:on|from))?|as\s+of|not\s+before|no\s+earlier\s+than|on\s+or\s+after|beginning"
    r"|ab|erst\s+ab|frühestens(?:\s+ab)?|nicht\s+vor"
)
_AFTER = r"after|later\s+than|until|till|through|nach|bis|bis\s+zum|bis\s+einschließlich"
_IN = r"in|im|during|early|mid|late|anfang"
_WISH = re.compile(rf"\b(?:(?P<after>{_AFTER})|(?P<from>{_FROM})|(?P<in>{_IN}))\s+{_DATE}", re.IGNORECASE)
_SOON = re.compile(
    r"\b(?:(?P<week_after>(?:the\s+)?week\s+after\s+next|übernächste[rn]?\s+woche)"
    r"|(?P<week>next\s+week|nächste[rn]?\s+woche|kommende[rn]?\s+woche)"
    r"|(?P<month>next\s+month|nächste[rnm]*\s+monat)"
    r"|(?:after|from|nach|ab)\s+(?:next\s+)?(?P<weekday>" + "|".join(_WEEKDAYS) + r"))\b",
    re.IGNORECASE,
)
_MEETING = re.compile(
    r"\b(?:call\w*|meet\w*|talk\w*|speak\w*|chat\w*|demo\w*|appointment|available|availability|free|time|times|slots?"
    r"|schedul\w*|book\w*|reach\s+(?:me|us)|get\s+back|connect|suits?|works?\s+(?:for|best)|convenient"
    r"|termine?|treffen|gespräch\w*|telefon\w*|sprechen|anruf\w*|erreichbar|zeit|passt)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[^\d\s][.!?])\s+|\n+")  # not after "7."
_NEAR = 25  # characters before "in January" in which it must say what is then
_AWAY = re.compile(
    r"\b(?:away|out\s+of\s+(?:the\s+)?office|on\s+(?:leave|holiday|vacation|parental\s+leave)|travell?ing|not\s+available"
    r"|unavailable|urlaub|abwesend|verreist|unterwegs|nicht\s+(?:da|erreichbar))\b",
    re.IGNORECASE,
)


def begins(message: str, today: date) -> date | None:
    """The first day that suits them, if they named one that is ahead; the latest of several."""
    found = [day for sentence in _SENTENCE.split(message) for day in _days_in(sentence, today) if day > today]
    return max(found, default=None)


def _days_in(sentence: str, today: date) -> Iterator[date]:
    away = bool(_AWAY.search(sentence))
    if not away and not _MEETING.search(sentence):
        return
    for match in _WISH.finditer(sentence):
        if match["in"] and not _MEETING.search(sentence[max(match.start() - _NEAR, 0) : match.start()]):
            continue  # what is in January is something else
        ends = re.match(r"until|till|through|bis", match["after"] or "", re.IGNORECASE)
        # "Until" is when they can't, if they are away; else it is the last day on which they can.
        if bool(ends) == away and (day := _date(match, today, after=bool(match["after"]))):
            yield day
    if not away:
        yield from (_soon(match, today) for match in _SOON.finditer(sentence))


def _date(match: re.Match[str], today: date, *, after: bool) -> date | None:
    try:
        first, last = _named(match, today)
    except ValueError:
        return None
    return last + timedelta(days=1) if after else first


def _named(match: re.Match[str], today: date) -> tuple[date, date]:
    """The day, or all of the month. Without a year it is the next one that comes."""
    if match["iso"]:
        return (date.fromisoformat(match["iso"]),) * 2
    year = match["year"] or match["year_last"] or match["year_dotted"] or match["year_only"]
    name = match["month"] or match["month_first"] or match["month_only"]
    month = int(match["month_dotted"]) if match["month_dotted"] else _MONTHS[name.lower()]
    number = match["day"] or match["day_last"] or match["day_dotted"]
    first = date(int(year or today.year), month, int(number or 1))
    last = first if number else _end_of(first)
    if not year and last < today:
        first = first.replace(year=today.year + 1)
        last = first if number else _end_of(first)
    return first, last


def _end_of(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _soon(match: re.Match[str], today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if match["weekday"]:
        ahead = (_WEEKDAYS[match["weekday"].lower()] - today.weekday()) % 7
        is_from = match.group().lower().startswith(("from", "ab"))
        return today + timedelta(days=ahead if is_from else ahead + 1)
    if match["month"]:
        return _end_of(today.replace(day=1)) + timedelta(days=1)
    return monday + timedelta(weeks=2 if match["week_after"] else 1)
