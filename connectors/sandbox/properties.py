"""Which CRM properties exist, which values they take, and how HubSpot refuses the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from connectors.sandbox.wire import Json, RefusedError, hubspot_error

EMAIL = re.compile(r"[^@\s,;<>\"()]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
SINGULAR = {"contacts": "CONTACT", "companies": "COMPANY", "notes": "NOTE", "tasks": "TASK"}
MODIFIED = {"contacts": "lastmodifieddate"}
CREATED = {"contacts": "createdate", "companies": "createdate"}
USUAL = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "notes": ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    "tasks": ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
}
# One of these has to be given when an object is created.
REQUIRED = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("name", "domain"),
    "notes": ("hs_timestamp",),
    "tasks": ("hs_timestamp",),
}
READ_ONLY = {"hs_object_id", "createdate", "lastmodifieddate", "hs_createdate", "hs_lastmodifieddate"}
_EVERYWHERE = "hs_object_id hubspot_owner_id hubspot_team_id hs_object_source hs_object_source_label"
KNOWN = {
    "contacts": set(
        f"""{_EVERYWHERE} createdate lastmodifieddate email firstname lastname company jobtitle phone mobilephone fax
        website address city state zip country industry message salutation lifecyclestage hs_lead_status hs_timezone
        hs_language hs_email_optout hs_additional_emails hs_email_domain hs_whatsapp_phone_number hs_linkedin_url
        associatedcompanyid numemployees annualrevenue notes_last_updated num_associated_deals twitterhandle""".split()
    ),
    "companies": set(
        f"""{_EVERYWHERE} createdate hs_lastmodifieddate name domain website industry phone address address2 city state
        zip country timezone description about_us lifecyclestage hs_lead_status numberofemployees annualrevenue type
        founded_year linkedin_company_page hs_additional_domains num_associated_contacts is_public""".split()
    ),
    "notes": set(
        f"{_EVERYWHERE} hs_createdate hs_lastmodifieddate hs_timestamp hs_note_body hs_attachment_ids".split()
    ),
    "tasks": set(
        f"""{_EVERYWHERE} hs_createdate hs_lastmodifieddate hs_timestamp hs_task_body hs_task_subject hs_task_status
        hs_task_priority hs_task_type hs_task_reminders hs_queue_membership_ids hs_task_completion_date""".split()
    ),
}
_STAGES = "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other"
_INDUSTRIES = """
    ACCOUNTING AIRLINES_AVIATION APPAREL_FASHION ARCHITECTURE_PLANNING AUTOMOTIVE AVIATION_AEROSPACE BANKING
    BIOTECHNOLOGY BROADCAST_MEDIA BUILDING_MATERIALS BUSINESS_SUPPLIES_AND_EQUIPMENT CHEMICALS CIVIL_ENGINEERING
    COMMERCIAL_REAL_ESTATE COMPUTER_HARDWARE COMPUTER_NETWORK_SECURITY COMPUTER_NETWORKING COMPUTER_SOFTWARE
    INTERNET CONSTRUCTION CONSUMER_ELECTRONICS CONSUMER_GOODS CONSUMER_SERVICES COSMETICS DESIGN E_LEARNING
    EDUCATION_MANAGEMENT ELECTRICAL_ELECTRONIC_MANUFACTURING ENTERTAINMENT ENVIRONMENTAL_SERVICES EVENTS_SERVICES
    FARMING FINANCIAL_SERVICES FOOD_BEVERAGES FOOD_PRODUCTION FURNITURE GOVERNMENT_ADMINISTRATION
    HEALTH_WELLNESS_AND_FITNESS HIGHER_EDUCATION HOSPITAL_HEALTH_CARE HOSPITALITY HUMAN_RESOURCES
    INDUSTRIAL_AUTOMATION INFORMATION_TECHNOLOGY_AND_SERVICES INSURANCE INVESTMENT_MANAGEMENT LAW_PRACTICE
    LEGAL_SERVICES LEISURE_TRAVEL_TOURISM LOGISTICS_AND_SUPPLY_CHAIN MACHINERY MANAGEMENT_CONSULTING MARITIME
    MARKETING_AND_ADVERTISING MECHANICAL_OR_INDUSTRIAL_ENGINEERING MEDIA_PRODUCTION MEDICAL_DEVICES MINING_METALS
    NON_PROFIT_ORGANIZATION_MANAGEMENT OIL_ENERGY ONLINE_MEDIA PACKAGE_FREIGHT_DELIVERY PAPER_FOREST_PRODUCTS
    PHARMACEUTICALS PRINTING PROFESSIONAL_TRAINING_COACHING PUBLISHING REAL_ESTATE RENEWABLES_ENVIRONMENT RESEARCH
    RESTAURANTS RETAIL SECURITY_AND_INVESTIGATIONS SEMICONDUCTORS SPORTS STAFFING_AND_RECRUITING TELECOMMUNICATIONS
    TEXTILES TRANSLATION_AND_LOCALIZATION TRANSPORTATION_TRUCKING_RAILROAD UTILITIES VENTURE_CAPITAL_PRIVATE_EQUITY
    WAREHOUSING WHOLESALE WIRELESS
"""
OPTIONS = {
    ("contacts", "lifecyclestage"): set(_STAGES.split()),
    ("companies", "lifecyclestage"): set(_STAGES.split()),
    ("companies", "industry"): set(_INDUSTRIES.split()),
    ("tasks", "hs_task_status"): {"NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"},
    ("tasks", "hs_task_priority"): {"NONE", "LOW", "MEDIUM", "HIGH"},
    ("tasks", "hs_task_type"): {"TODO", "CALL", "EMAIL", "LINKED_IN_MESSAGE", "LINKED_IN_CONNECT"},
    ("contacts", "hs_email_optout"): {"true", "false"},
}
_LONGEST = 65_536


def check(kind: str, given: Mapping[str, str], known: set[str], owner_ids: Iterable[str]) -> None:
    """Refuse what HubSpot refuses: every wrong value is named, in a list inside the message."""
    wrong = [flaw for name, value in given.items() if (flaw := _flaw(kind, name, value, known, owner_ids))]
    if wrong:
        raise _not_valid(wrong)


def check_required(kind: str, given: Mapping[str, str]) -> None:
    if not any(given.get(name) for name in REQUIRED[kind]):
        message = f"Error creating {SINGULAR[kind]}. Some required properties were not set."
        missing = {"message": message, "code": "REQUIRED_FIELD", "context": {"properties": list(REQUIRED[kind])}}
        raise hubspot_error(400, message, errors=[missing])


def is_time(value: str) -> bool:
    """Whether HubSpot reads it as a time: ISO 8601 with an offset, or milliseconds since 1970."""
    if value.isdecimal():
        return len(value) >= 12
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _flaw(kind: str, name: str, value: str, known: set[str], owner_ids: Iterable[str]) -> Json | None:
    if name not in known:
        return _wrong(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if name in READ_ONLY:
        return _wrong(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    return _flaw_of_value(kind, name, value, owner_ids) if value else None


def _flaw_of_value(kind: str, name: str, value: str, owner_ids: Iterable[str]) -> Json | None:
    options = OPTIONS.get((kind, name))
    if options and value not in options:
        allowed = ", ".join(sorted(options))
        return _wrong(name, "INVALID_OPTION", f"{value} was not one of the allowed options: [{allowed}]")
    for names, code, accepts in _RULES:
        if name in names and not accepts(value):
            return _wrong(name, code, f"{name} {value[:80]!r} is invalid")
    if name == "hubspot_owner_id" and value not in owner_ids:
        return _wrong(name, "INVALID_OWNER_ID", f"The owner {value} does not exist")
    return None


_RULES: tuple[tuple[tuple[str, ...], str, Callable[[str], bool]], ...] = (
    (("email",), "INVALID_EMAIL", lambda value: EMAIL.fullmatch(value) is not None),
    (("hs_timestamp",), "INVALID_DATE", is_time),
    (("hs_note_body", "hs_task_body"), "PROPERTY_VALUE_TOO_LONG", lambda value: len(value) <= _LONGEST),
    (("domain",), "INVALID_DOMAIN", lambda value: re.fullmatch(r"[\w-]+(\.[\w-]+)+", value) is not None),
    (("hs_timezone",), "INVALID_OPTION", lambda value: re.fullmatch(r"[a-z0-9_]+", value) is not None),
)


def _wrong(name: str, code: str, message: str) -> Json:
    return {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message}


def _not_valid(wrong: list[Json]) -> RefusedError:
    listed = ",".join(f'{{"isValid":false,"message":"{flaw["message"]}","error":"{flaw["error"]}"}}' for flaw in wrong)
    errors = [
        {"message": flaw["message"], "code": flaw["error"], "context": {"propertyName": [flaw["name"]]}}
        for flaw in wrong
    ]
    return hubspot_error(400, f"Property values were not valid: [{listed}]", errors=errors)
