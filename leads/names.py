"""People's names as they should be greeted. Forms bring them in capitals, in one field, or not at all."""

from __future__ import annotations

import re

from leads.writing.outsiders import may_be_a_name
from leads.writing.prose import word_set

LONGEST_NAME = 60
_MOST_WORDS = 4
_LEAST_FROM_EMAIL = 3
_PARTICLES = word_set(
    """
    van der den de da di du del della dos das do von zu zum vom la le les ten ter al el bin ibn af av y e
    """
)
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|prof|herrn?|frau|mme|sir|madam|ing|mag|dipl)\b\.?[\s-]*)+", re.IGNORECASE
)
_SALUTATION = re.compile(r"(?:mrs|ms|mr|miss|frau|herrn?|female|male|weiblich|männlich|madam|sir)(?=\b)", re.IGNORECASE)
_SALUTATIONS = {
    "mrs": "Ms", "ms": "Ms", "miss": "Ms", "frau": "Ms", "female": "Ms", "weiblich": "Ms", "madam": "Ms",
    "mr": "Mr", "herr": "Mr", "herrn": "Mr", "male": "Mr", "männlich": "Mr", "sir": "Mr",
}  # fmt: skip
_ACADEMIC = re.compile(r"\b(prof|dr)\b", re.IGNORECASE)
_NOT_A_NAME = word_set(
    """
    test tester testing asdf asd qwerty n/a na none null undefined unknown anonymous admin info user guest
    name firstname lastname first last foo bar xxx abc mr mrs there customer contact sales team me you no-name
    noname hubspot dummy example sample
    """
)
_ROLES = word_set(
    """
    info sales office contact hello hi team support admin mail marketing billing service hr jobs press
    no-reply noreply it ceo cto cfo cio coo accounts finance purchasing procurement enquiries inquiries
    kontakt vertrieb einkauf buchhaltung reception help web webmaster post central general
    """
)
_NAME_PART = re.compile(r"[^\W\d_]+")
_FORBIDDEN = re.compile(r"[\d@<>{}\[\]|/\\=:;!?#$%^*~_\"“”]|https?|www\.|\.[a-z]{2,}\b", re.IGNORECASE)
_KEPT = re.compile(r"[^\w\s.'’\-ʼ·]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def tidy(name: str) -> str:
    """A name with its capitals in order, or "" when what was given is no name; mixed case is taken as meant."""
    plain = " ".join(_TITLES.sub("", " ".join(name.split())).split())
    if _FORBIDDEN.search(plain) or not may_be_a_name(plain):
        return ""
    plain = " ".join(_KEPT.sub(" ", plain).split()).strip(" .-'’")
    if not plain or plain.lower() in _NOT_A_NAME or len(plain) > LONGEST_NAME or len(plain.split()) > _MOST_WORDS:
        return ""
    return _cased(plain) if _LATIN.search(plain) else plain


def salutation(text: str) -> str:
    """ "Ms", "Mr" or "", from what somebody chose or wrote as their own form of address."""
    found = _SALUTATION.match(text.strip())
    return _SALUTATIONS.get(found[0].lower(), "") if found else ""


def academic_title(text: str) -> str:
    """Like "Dr." or "Prof. Dr.", from what stands before a name or in a field of its own; "" if nothing does."""
    before = _TITLES.match(f"{text.strip()} ")
    said = {match.lower() for match in _ACADEMIC.findall(before.group())} if before else set()
    return " ".join(f"{title.title()}." for title in ("prof", "dr") if title in said)


def split(full: str) -> tuple[str, str]:
    """First and last name of a full one; "Jensen, Clara" is turned round."""
    last, comma, first = full.partition(",")
    if comma and first.strip():
        return tidy(first), tidy(last)
    plain = tidy(full)
    first, _, last = plain.partition(" ")
    return first, last


def from_email(email: str) -> tuple[str, str]:
    """A name from `first.last@…`, and only from that; any other address says too little."""
    parts = email.partition("@")[0].lower().split(".")
    clear = len(parts) == 2 and all(_NAME_PART.fullmatch(part) and len(part) >= _LEAST_FROM_EMAIL for part in parts)
    if not clear or not _ROLES.isdisjoint(parts) or not _NOT_A_NAME.isdisjoint(parts):
        return "", ""
    return tidy(parts[0]), tidy(parts[1])


def _cased(name: str) -> str:
    """Only a name all in one case is changed; a lone "JP" is left, for it is initials."""
    if not (name.isupper() or name.islower()) or (name.isupper() and len(name) <= 2):
        return name
    return " ".join(_word(word.lower(), alone=" " not in name) for word in name.split())


def _word(word: str, *, alone: bool) -> str:
    if word in _PARTICLES and not alone:
        return word
    cased = _NAME_PART.sub(lambda part: part.group().capitalize(), word)
    return re.sub(r"^Mc(?=\w{3})(\w)", lambda match: f"Mc{match[1].upper()}", cased)
