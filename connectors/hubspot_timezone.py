"""HubSpot's time zone options as IANA names: `america_slash_new_york` is `America/New_York`."""

from __future__ import annotations

_AS_WRITTEN = {"us": "US", "gmt": "GMT", "utc": "UTC", "of": "of", "es": "es", "au": "au"}


def iana_zone(option: str) -> str:
    """The IANA name of an option of `hs_timezone`; a value that isn't coded comes back as it is."""
    if "_slash_" not in option:
        return "UTC" if option == "utc" else option
    areas = option.replace("_hyphen_", "-").split("_slash_")
    return "/".join("_".join(_cased(word) for word in area.split("_")) for area in areas)


def _cased(word: str) -> str:
    return "-".join(_AS_WRITTEN.get(part, part.capitalize()) for part in word.split("-"))
