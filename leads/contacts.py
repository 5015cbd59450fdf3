"""People between the form and the CRM."""

from __future__ import annotations

from dataclasses import replace

from connectors.ports import Contact
from leads.facts import Enquiry, Submitted


def contact_of(enquiry: Enquiry) -> Contact:
    """The contact to create for somebody the CRM does not know yet."""
    return Contact(
        email=enquiry.email,
        first_name=enquiry.first_name,
        last_name=enquiry.last_name,
        company=enquiry.company,
        job_title=enquiry.job_title,
        phone=enquiry.phone,
        website=enquiry.domain,
        country=enquiry.country,
    )


def submitted_as(contact: Contact | None, submitted: Submitted) -> Submitted:
    """What a subscription event left out, filled in from the contact. One deleted since leaves no address.

    Nothing is left to fetch then, so `contact_id` is blank, and one without an address is screened out.
    """
    if contact is None:
        return replace(submitted, contact_id="")
    known = {
        "email": contact.email,
        "firstname": contact.first_name,
        "lastname": contact.last_name,
        "company": contact.company,
        "jobtitle": contact.job_title,
        "phone": contact.phone,
        "country": contact.country,
        "state": contact.state,
        "timezone": contact.timezone,
        "hs_language": contact.language,
        "message": contact.message,
        "website": contact.website,
        "lifecyclestage": contact.lifecycle_stage,
    }
    return replace(submitted, fields={name: value for name, value in known.items() if value}, contact_id="")
