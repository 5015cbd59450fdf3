"""What a phone number says of where its owner may be."""

from __future__ import annotations

_NOWHERE = "Etc/Unknown"


def where(number: str, country: str = "") -> tuple[str, tuple[str, ...]]:
    """ISO 3166 code and IANA zones of a number; "" and () for none. One without a prefix is of `country`, if given."""
    written = number.strip()
    if written.startswith("00"):
        written = f"+{written[2:]}"
    if not written.startswith("+") and not country:
        return "", ()
    import phonenumbers  # noqa: PLC0415  for those who left a number
    from phonenumbers.timezone import time_zones_for_number  # noqa: PLC0415

    try:
        parsed = phonenumbers.parse(written, country or None)
    except phonenumbers.NumberParseException:
        return "", ()
    code = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    zones = tuple(zone for zone in time_zones_for_number(parsed) if zone != _NOWHERE)
    return (code, zones) if code and code.isalpha() and code != "ZZ" else ("", ())
