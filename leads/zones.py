"""A prospect's time zone, from what the form knows; and zones as people read them."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from leads import phones, provinces
from leads.facts import Confidence, Place

# The system's rules may be years old; the tzdata package is pinned and kept up to date, so it is the only source.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

# The tables order a country's zones by geography; these are the ones most of its people live in.
_LARGEST = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
    "US": "America/New_York",
}
_ALIASES = {
    "usa": "US", "us": "US", "u.s.": "US", "u.s.a.": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "uae": "AE", "south korea": "KR", "republic of korea": "KR", "korea": "KR",
    "north korea": "KP", "czechia": "CZ", "russian federation": "RU", "viet nam": "VN", "turkiye": "TR",
    "cote d'ivoire": "CI", "ivory coast": "CI", "macedonia": "MK", "swaziland": "SZ", "burma": "MM", "myanmar": "MM",
    "cape verde": "CV", "holland": "NL", "hong kong sar": "HK", "macao": "MO", "timor-leste": "TL", "eswatini": "SZ",
    "deutschland": "DE", "osterreich": "AT", "schweiz": "CH", "suisse": "CH", "svizzera": "CH", "espana": "ES",
    "italia": "IT", "nederland": "NL", "belgie": "BE", "belgique": "BE", "brasil": "BR", "polska": "PL",
    "sverige": "SE", "norge": "NO", "danmark": "DK", "suomi": "FI", "democratic republic of the congo": "CD",
    "republic of the congo": "CG", "palestinian territory": "PS", "micronesia": "FM", "samoa": "WS",
    "american samoa": "AS",
}  # fmt: skip
_ISO_CODE = re.compile(r"[A-Z]{2}")
# Zones that agree at midsummer and midwinter are one zone to whoever reads a meeting time.
_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of where a prospect is, in words as they came; whatever is not known is empty."""

    timezone: str = ""  # of the form
    browser: str = ""  # as the page's script read it
    crm: str = ""  # of the HubSpot contact
    country: str = ""
    state: str = ""
    company_country: str = ""
    phone: str = ""


def place_of(told: Told, workspace: str) -> Place:
    """Where to offer times, by the best that is known: what they said, what it means, where most people are."""
    code = country_code(told.country)
    region = provinces.code_of(code, told.state)
    for entered, source, confidence in (
        (told.timezone, "the form's time zone", Confidence.CERTAIN),
        (told.browser, "the browser's time zone", Confidence.LIKELY),
        (told.crm, "the HubSpot contact's time zone", Confidence.LIKELY),
    ):
        if zone := _known(entered):
            return Place(zone, source, confidence, code, region)
    dialled, zones = phones.where(told.phone, code)
    if code:
        return _within(code, region, zones if dialled == code else ())
    if dialled:
        return Place(_of_phone(dialled, zones), "the phone number's prefix", Confidence.GUESS, dialled)
    if company := country_code(told.company_country):
        return Place(_of_country(company)[0], "the company's country", Confidence.GUESS, company)
    return Place(workspace, "nothing: the workspace's own", Confidence.GUESS)


def _within(country: str, region: str, dialled: tuple[str, ...]) -> Place:
    """In a country with several clocks the state tells, then the area code; most people's zone is a guess."""
    zone, differs = _of_country(country)
    if not differs:
        return Place(zone, "the country", Confidence.LIKELY, country, region)
    if region:
        zone, is_split = provinces.zone_of(country, region)
        confidence = Confidence.GUESS if is_split else Confidence.LIKELY
        return Place(zone, "the state", confidence, country, region)
    if len(dialled) == 1:
        return Place(dialled[0], "the country and the phone number's prefix", Confidence.GUESS, country)
    return Place(zone, "the country, which has several time zones", Confidence.GUESS, country)


def _of_phone(country: str, zones: tuple[str, ...]) -> str:
    usual, differs = _of_country(country)
    return zones[0] if differs and len(zones) == 1 else usual


def country_code(country: str) -> str:
    """The ISO 3166 code of a country given by code or English name, or ""."""
    written = country.strip()
    if _ISO_CODE.fullmatch(written.upper()) and written.upper() in _zones_by_country():
        return written.upper()
    plain = _plain(written)
    return _ALIASES.get(plain) or _codes_by_name().get(plain, "")


def country_name(code: str) -> str:
    """In English, as people list it: "Germany"."""
    return _names()[code]


def countries_by_name() -> list[str]:
    """The codes of all countries whose zones are known, in the order of their names."""
    return sorted(_zones_by_country(), key=country_name)


def _known(timezone: str) -> str:
    """HubSpot writes `europe_slash_berlin`; browsers write `Europe/Berlin`."""
    return _known_zones().get(timezone.strip().lower().replace("_slash_", "/").replace(" ", "_"), "")


@cache
def _of_country(code: str) -> tuple[str, bool]:
    zones = _zones_by_country()[code]
    clocks = {tuple(moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in _SEASONS) for zone in zones}
    return _LARGEST.get(code, zones[0]), len(clocks) > 1


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code, _, zone, *_ in _rows("zone.tab"):
        found[code].append(zone)
    return {code: tuple(zones) for code, zones in found.items()}


@cache
def _names() -> dict[str, str]:
    return dict(_rows("iso3166.tab"))


@cache
def _codes_by_name() -> dict[str, str]:
    return {_plain(name): code for code, name in _names().items() if code in _zones_by_country()}


@cache
def _known_zones() -> dict[str, str]:
    """Region/City names only: `EST` and the like have no daylight saving, and are hardly ever meant."""
    return {zone.lower(): zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC"}


def _rows(table: str) -> list[list[str]]:
    text = resources.files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def _plain(name: str) -> str:
    """A country's name without accents, brackets and filler, so that spellings meet."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    bare = re.sub(r"\([^)]*\)|^the ", "", letters.replace("&", "and").replace("’", "'"))
    return re.sub(r"^st\.? ", "saint ", re.sub(r"\s+", " ", bare).strip())
