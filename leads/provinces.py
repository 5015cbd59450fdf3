"""The states of countries with several clocks: by name and code, with the zone that most people there live in."""

from __future__ import annotations

import re
from functools import cache

# A star marks a state that more than one clock runs in.
_TABLE = {
    "US": """
        America/New_York: CT Connecticut, DE Delaware, DC District of Columbia, FL* Florida, GA Georgia, ME Maine,
        MD Maryland, MA Massachusetts, MI* Michigan, NH New Hampshire, NJ New Jersey, NY New York, NC North Carolina,
        OH Ohio, PA Pennsylvania, RI Rhode Island, SC South Carolina, VT Vermont, VA Virginia, WV West Virginia,
        KY* Kentucky, IN* Indiana
        America/Chicago: AL Alabama, AR Arkansas, IL Illinois, IA Iowa, KS* Kansas, LA Louisiana, MN Minnesota,
        MS Mississippi, MO Missouri, NE* Nebraska, ND* North Dakota, OK Oklahoma, SD* South Dakota, TN* Tennessee,
        TX* Texas, WI Wisconsin
        America/Denver: CO Colorado, ID* Idaho, MT Montana, NM New Mexico, UT Utah, WY Wyoming
        America/Phoenix: AZ* Arizona
        America/Los_Angeles: CA California, NV* Nevada, OR* Oregon, WA Washington
        America/Anchorage: AK* Alaska
        Pacific/Honolulu: HI Hawaii
    """,
    "CA": """
        America/Vancouver: BC* British Columbia
        America/Edmonton: AB Alberta
        America/Regina: SK* Saskatchewan
        America/Winnipeg: MB Manitoba
        America/Toronto: ON* Ontario, QC* Quebec
        America/Halifax: NB New Brunswick, NS Nova Scotia, PE Prince Edward Island
        America/St_Johns: NL* Newfoundland and Labrador
        America/Whitehorse: YT Yukon
        America/Yellowknife: NT Northwest Territories
        America/Iqaluit: NU* Nunavut
    """,
    "AU": """
        Australia/Sydney: NSW* New South Wales, ACT Australian Capital Territory
        Australia/Melbourne: VIC Victoria
        Australia/Brisbane: QLD Queensland
        Australia/Hobart: TAS Tasmania
        Australia/Adelaide: SA South Australia
        Australia/Darwin: NT Northern Territory
        Australia/Perth: WA* Western Australia
        Australia/Lord_Howe: LHI Lord Howe Island
    """,
}
_ZONE = re.compile(r"([A-Z]\w+/\w+):([^:]*?)(?=\s*[A-Z]\w+/\w+:|\s*$)", re.DOTALL)
_STATE = re.compile(r"([A-Z]{2,3})(\*?) ([\w ]+)")


def code_of(country: str, entered: str) -> str:
    """The code of a state given by code or English name; "" for one that is not in the table."""
    plain = " ".join(entered.replace("é", "e").lower().split()).removeprefix(f"{country.lower()}-")
    return _codes(country).get(plain, "")


def zone_of(country: str, code: str) -> tuple[str, bool]:
    """The zone of a state that `code_of` knows, and whether other clocks run there too."""
    _, zone, is_split = _table(country)[code]
    return zone, is_split


@cache
def _codes(country: str) -> dict[str, str]:
    states = _table(country)
    return {key.lower(): code for code, (name, *_) in states.items() for key in (code, name)}


@cache
def _table(country: str) -> dict[str, tuple[str, str, bool]]:
    """Name, zone and whether that is one of several, by the code of the state."""
    return {
        code: (name.strip(), zone, bool(star))
        for zone, states in _ZONE.findall(" ".join(_TABLE.get(country, "").split()))
        for code, star, name in _STATE.findall(states)
    }
