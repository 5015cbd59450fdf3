"""From a form as it came to an enquiry as we use it: who wrote, from where, what they asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from connectors.ports import Contact
from leads import names
from leads.domains import company_domain
from leads.facts import Enquiry, Intent, Profile, Submitted
from leads.rules import Rule
from leads.screening import Asked, screen
from leads.writing.understanding import Understanding, intents_in, read_message

CUSTOMER_STAGES = frozenset({"customer", "evangelist"})  # HubSpot's names
LONGEST_MESSAGE = 5000
LONGEST_FIELD = 120
_ALIASES = {
    "email": ("email", "e_mail", "email_address", "e_mail_address", "emailaddress", "work_email", "business_email",
              "mail", "your_email"),
    "first_name": ("firstname", "first_name", "given_name", "fname", "vorname", "prenom", "your_first_name"),
    "last_name": ("lastname", "last_name", "surname", "family_name", "lname", "nachname", "your_last_name"),
    "full_name": ("name", "full_name", "fullname", "your_name", "contact_name"),
    "company": ("company", "company_name", "organisation", "organization", "business_name", "firma", "employer"),
    "job_title": ("jobtitle", "job_title", "title", "position", "role", "job_function"),
    "phone": ("phone", "phone_number", "mobilephone", "mobile", "telephone", "tel", "telefon"),
    "country": ("country", "country_region", "hs_country_region_code", "country_code", "ip_country_code", "ip_country"),
    "state": ("state", "state_region", "hs_state_code", "province", "region", "bundesland"),
    "timezone": ("timezone", "time_zone", "hs_timezone", "tz", "zeitzone"),
    "browser_timezone": ("browser_timezone", "browser_time_zone", "browser_tz", "client_timezone", "user_timezone",
                         "detected_timezone", "timezone_browser", "intl_timezone"),
    "language": ("hs_language", "language", "preferred_language", "lang", "locale"),
    "lifecycle_stage": ("lifecyclestage",),
    "salutation": ("salutation", "hs_salutation", "anrede", "gender", "geschlecht", "form_of_address"),
    "academic_title": ("academic_title", "titel", "akademischer_titel"),
    "opted_out": ("hs_email_optout", "unsubscribed", "opted_out"),
}  # fmt: skip
_FREE_TEXT = re.compile(
    r"message|comment|question|help|enquiry|inquiry|detail|anything|nachricht|bemerkung|describe|tell_us|looking_for"
    r"|interest|needs?$|requirement|use_case|challenge|project|reason|feedback|subject|topic"
)
_YES = frozenset({"true", "yes", "1", "on"})
_WEB_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_JOINERS = "\u200c\u200d"  # Persian and Indian scripts need them
_BLANKS = re.compile(r"[^\S\n]+")


def enquiry_from(submitted: Submitted, profile: Profile) -> Enquiry:
    """A submission in our terms, with the reason to screen it out when there is one."""
    fields = {_field_name(name): value for name, value in submitted.fields.items()}
    told = {key: _line(_first(fields, aliases)) for key, aliases in _ALIASES.items()}
    message = _message(fields)
    email = told["email"].lower().removeprefix("mailto:")
    first, last = _names(fields, told, email)
    understood = read_message(message)
    enquiry = Enquiry(
        email=email,
        first_name=first,
        last_name=last,
        company=told["company"],
        domain=company_domain(email),
        job_title=told["job_title"],
        phone=told["phone"],
        country=told["country"],
        timezone=told["timezone"],
        browser_timezone=told["browser_timezone"],
        state=told["state"],
        language=_language(understood, message, told["language"], profile),
        message=message,
        intents=_intents(understood, submitted),
        questions=understood.questions,
        form_name=_line(submitted.form_name),
        page_title=_line(submitted.page_title),
        submitted_at=submitted.submitted_at,
        salutation=names.salutation(told["salutation"]) or names.salutation(_named(told)),
        academic_title=names.academic_title(told["academic_title"] or told["salutation"])
        or names.academic_title(_named(told)),
    )
    if not email and submitted.contact_id:
        return enquiry  # a bare CRM event: it is screened when the contact has been fetched
    opted_out = told["opted_out"].lower() in _YES
    is_customer = told["lifecycle_stage"].lower() in CUSTOMER_STAGES
    return screened(enquiry, screen(asked_by(enquiry, opted_out=opted_out, is_customer=is_customer), profile))


def address_in(fields: Mapping[str, str]) -> str:
    """What was entered as the address, under whichever of its names."""
    return _line(_first({_field_name(name): value for name, value in fields.items()}, _ALIASES["email"]))


def _field_name(name: str) -> str:
    """HubSpot may put the object before the name, as in `0-1/email` and `contact.email`."""
    return re.sub(r"\W+", "_", re.split(r"[/.]", name.strip().lower())[-1]).strip("_")


def _first(fields: dict[str, str], aliases: tuple[str, ...]) -> str:
    return next((fields[alias] for alias in aliases if fields.get(alias, "").strip()), "")


def _names(fields: dict[str, str], told: dict[str, str], email: str) -> tuple[str, str]:
    first, last = names.tidy(told["first_name"]), names.tidy(told["last_name"])
    if first or last:
        alone = not last and not any(alias in fields for alias in _ALIASES["last_name"])
        return names.split(first) if alone else (first, last)
    return (
        names.split(told["full_name"]) if names.tidy(told["full_name"].replace(",", " ")) else names.from_email(email)
    )


def _named(told: dict[str, str]) -> str:
    """A name with whatever they put before it."""
    return told["full_name"] or told["first_name"] or told["last_name"]


def message_in(fields: Mapping[str, str]) -> str:
    """What was entered in their own words, under whichever names."""
    return _message({_field_name(name): value for name, value in fields.items()})


def _message(fields: dict[str, str]) -> str:
    """Whatever they wrote in their own words; forms spread it over several fields."""
    named = {alias for aliases in _ALIASES.values() for alias in aliases}
    free = (value for name, value in fields.items() if name not in named and _FREE_TEXT.search(name))
    said = dict.fromkeys(filter(None, (_clean(value) for value in free)))
    return "\n".join(said)[:LONGEST_MESSAGE]


def _language(understood: Understanding, message: str, told: str, profile: Profile) -> str:
    """That of the message; when it is too short to tell, that of the page they wrote it on."""
    match = _WEB_LANGUAGE.fullmatch(told)
    page = match[1].lower() if match and message else ""
    return understood.language or page or profile.voice.language


def _intents(understood: Understanding, submitted: Submitted) -> tuple[Intent, ...]:
    """A message that names no wish is read in the light of the form, then of the page."""
    if understood.intents != (Intent.VAGUE,):
        return understood.intents
    return intents_in(submitted.form_name) or intents_in(submitted.page_title) or understood.intents


def screened(enquiry: Enquiry, rule: Rule | None) -> Enquiry:
    """The enquiry with the rule by which it gets no draft."""
    return replace(enquiry, screened=rule.reason, screened_by=rule) if rule else enquiry


def screened_by_contact(enquiry: Enquiry, contact: Contact, profile: Profile) -> Rule | None:
    """The rule by which HubSpot's own record of a person, once it is read, speaks against a draft."""
    is_customer = contact.lifecycle_stage.lower() in CUSTOMER_STAGES
    if not (contact.opted_out or is_customer):
        return None
    return screen(asked_by(enquiry, opted_out=contact.opted_out, is_customer=is_customer), profile)


def asked_by(enquiry: Enquiry, *, opted_out: bool = False, is_customer: bool = False) -> Asked:
    """What screening looks at."""
    return Asked(
        email=enquiry.email,
        message=enquiry.message,
        form_name=enquiry.form_name,
        needs_help=Intent.SUPPORT in enquiry.intents,
        opted_out=opted_out,
        is_customer=is_customer,
    )


def _line(text: str) -> str:
    return " ".join(_clean(text).split())[:LONGEST_FIELD].strip()


def _clean(text: str) -> str:
    """Text without control, direction and tag characters, which hide words from the reader."""
    kept = (
        char
        for char in text.replace("\r\n", "\n")
        if char in "\n\t" or char in _JOINERS or unicodedata.category(char) not in _INVISIBLE
    )
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", "".join(kept))).strip()
