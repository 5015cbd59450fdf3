"""The rules by which a submission gets no draft: what each says, which can be switched off, and which nobody can."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Why nobody is written to. The values are kept with the runs and in the settings: they never change."""

    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    NOBODY_READS = "nobody_reads"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    SUPPRESSED_DOMAIN = "suppressed_domain"
    LEFT_ALONE = "left_alone"
    TWIN = "twin"
    OWN_PEOPLE = "own_people"
    COMPETITOR = "competitor"
    CUSTOMER_SUPPORT = "customer_support"
    CUSTOMER = "customer"
    DISPOSABLE = "disposable"
    FREE_MAIL = "free_mail"
    AUTOMATIC = "automatic"
    SPAM = "spam"
    APPLICANT = "applicant"
    VENDOR = "vendor"
    NOT_BUYING = "not_buying"

    @property
    def reason(self) -> str:
        """The sentence that a run keeps."""
        return _TEXTS[self].reason

    @property
    def label(self) -> str:
        return _TEXTS[self].title

    @property
    def about(self) -> str:
        """What it looks at, for whoever switches it."""
        return _TEXTS[self].about

    @property
    def firm(self) -> str:
        """Why nobody can switch or click it away; empty for a rule that is a matter of taste."""
        return _TEXTS[self].firm


@dataclass(frozen=True, slots=True)
class _Text:
    title: str
    reason: str
    about: str = ""
    firm: str = ""


_UNREACHABLE = "There is nobody to write to. Correct the address, and the run starts again."
_LISTED = "Whoever is on the list is never written to. Take the entry off the list first, under Settings, Discretion."
_TEXTS = {
    Rule.NO_ADDRESS: _Text("No address", "No e-mail address was given.", firm=_UNREACHABLE),
    Rule.BAD_ADDRESS: _Text("Bad address", "The e-mail address is not valid.", firm=_UNREACHABLE),
    Rule.NOBODY_READS: _Text("No-reply address", "Nobody reads mail at this no-reply address.", firm=_UNREACHABLE),
    Rule.OPTED_OUT: _Text(
        "Opted out",
        "The contact has opted out of e-mail in HubSpot.",
        firm="They have said no to mail from you. Only they can take that back, in HubSpot.",
    ),
    Rule.SUPPRESSED: _Text("Never written to", "This address is on the suppression list.", firm=_LISTED),
    Rule.SUPPRESSED_DOMAIN: _Text("Never written to", "This domain is on the suppression list.", firm=_LISTED),
    Rule.LEFT_ALONE: _Text(
        "Asks to be left alone",
        "The sender asks not to be contacted.",
        firm="They ask you not to write. If you must, write yourself.",
    ),
    Rule.TWIN: _Text(
        "Came twice",
        "The form that made this contact came too, and is answered.",
        firm="It is the same person's same enquiry: a second draft would answer it twice.",
    ),
    Rule.OWN_PEOPLE: _Text(
        "Own people", "The submitter is one of our own people.", "Addresses of your own domain, who try the form out."
    ),
    Rule.COMPETITOR: _Text(
        "Competitors", "The submitter works for a competitor.", "Whoever writes from a domain on the list below."
    ),
    Rule.CUSTOMER_SUPPORT: _Text(
        "Customers who need help",
        "A customer asks for help: that is for support, not for sales.",
        "A customer, by the list below or the lifecycle stage in HubSpot, who reports a problem. A sales draft would "
        "be the wrong answer.",
    ),
    Rule.CUSTOMER: _Text(
        "All customers",
        "The submitter is a customer.",
        "Every message of a customer, whatever it asks. Off, customers who ask for a price get a draft like anyone.",
    ),
    Rule.DISPOSABLE: _Text(
        "Disposable addresses",
        "The address is a disposable one.",
        "Mailboxes that vanish within hours, by a public list of some 10,000 domains.",
    ),
    Rule.FREE_MAIL: _Text(
        "Free mail",
        "The address is at a free mail provider.",
        "Gmail, GMX and the like. Small companies write from there: switch it on only if yours never do.",
    ),
    Rule.AUTOMATIC: _Text(
        "Automatic messages",
        "The message is an automatic reply.",
        "Out-of-office notes and delivery failures that came through the form.",
    ),
    Rule.SPAM: _Text("Spam", "The message is spam.", "Casinos, prizes, nothing but links."),
    Rule.APPLICANT: _Text(
        "Job applicants",
        "This is a job application, not an enquiry.",
        "Applications and questions about open positions, by the message or the form's name.",
    ),
    Rule.VENDOR: _Text(
        "Vendors", "The sender sells to us; this is not an enquiry.", "Agencies and others who offer you something."
    ),
    Rule.NOT_BUYING: _Text(
        "Not buying",
        "The sender is not asking for anything to buy.",
        "Whoever only says that they chose somebody else, or do research.",
    ),
}
SWITCHED = tuple(rule for rule in Rule if not rule.firm)
"""Those that a workspace may switch, and a person override."""
OFF_AT_FIRST = (Rule.CUSTOMER, Rule.FREE_MAIL)


def rule_of(code: str, reason: str = "") -> Rule | None:
    """A run's rule by its code; by its sentence for a run that was screened before codes were kept."""
    if code:
        return Rule(code) if code in Rule else None
    return next((rule for rule in Rule if reason and rule.reason == reason), None)
