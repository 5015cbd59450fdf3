"""A prospect's time zone, from what the form knows; and zones as people read them."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

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
}  # fmt: skip
_DIALLING = {
    "1": "US", "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES", "351": "PT",
    "352": "LU", "353": "IE", "354": "IS", "356": "MT", "357": "CY", "358": "FI", "359": "BG", "36": "HU",
    "370": "LT", "371": "LV", "372": "EE", "380": "UA", "381": "RS", "385": "HR", "386": "SI", "39": "IT",
    "40": "RO", "41": "CH", "420": "CZ", "421": "SK", "423": "LI", "43": "AT", "44": "GB", "45": "DK", "46": "SE",
    "47": "NO", "48": "PL", "49": "DE", "51": "PE", "52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO",
    "60": "MY", "61": "AU", "62": "ID", "63": "PH", "64": "NZ", "65": "SG", "66": "TH", "7": "RU", "81": "JP",
    "82": "KR", "84": "VN", "852": "HK", "86": "CN", "880": "BD", "886": "TW", "90": "TR", "91": "IN", "92": "PK",
    "94": "LK", "966": "SA", "971": "AE", "972": "IL", "974": "QA", "977": "NP", "212": "MA", "213": "DZ",
    "216": "TN", "234": "NG", "254": "KE", "233": "GH",
}  # fmt: skip
_LONGEST_CODE = 3
_NOT_DIGIT = re.compile(r"\D")
_ISO_CODE = re.compile(r"[A-Z]{2}")
# Zones that agree at midsummer and midwinter are one zone to whoever reads a meeting time.
_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def zone_of(*, timezone: str, country: str, phone: str, workspace: str) -> tuple[str, bool]:
    """The IANA zone to offer times in, and whether it is a guess: form field, country, phone prefix, workspace."""
    if told := _told(timezone):
        return told, False
    if code := country_code(country):
        return _of_country(code)
    if code := _dialled(phone):
        return _of_country(code)[0], True
    return workspace, True


def country_code(country: str) -> str:
    """The ISO 3166 code of a country given by code or English name, or ""."""
    written = country.strip()
    if _ISO_CODE.fullmatch(written.upper()) and written.upper() in _zones_by_country():
        return written.upper()
    plain = _plain(written)
    return _ALIASES.get(plain) or _codes_by_name().get(plain, "")


def _told(timezone: str) -> str:
    """HubSpot writes `europe_slash_berlin`; browsers write `Europe/Berlin`."""
    return _known_zones().get(timezone.strip().lower().replace("_slash_", "/").replace(" ", "_"), "")


def _dialled(phone: str) -> str:
    written = phone.strip()
    if not written.startswith(("+", "00")):
        return ""
    digits = _NOT_DIGIT.sub("", written).removeprefix("00")
    prefixes = (digits[:length] for length in range(_LONGEST_CODE, 0, -1))
    return next((_DIALLING[prefix] for prefix in prefixes if prefix in _DIALLING), "")


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
def _codes_by_name() -> dict[str, str]:
    return {_plain(name): code for code, name in _rows("iso3166.tab") if code in _zones_by_country()}


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
