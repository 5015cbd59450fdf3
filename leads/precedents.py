"""What worked before, in the words that a reviewer reads beside a draft."""

from __future__ import annotations

from collections.abc import Iterator

from leads import assets
from leads.briefs import Dossier
from leads.facts import Action, Intent, Likeness
from leads.likeness import industry_of

ASKED = {
    Intent.PRICING: "questions on pricing",
    Intent.DEMO: "demo requests",
    Intent.INTEGRATION: "questions on integration",
    Intent.SECURITY: "questions on security",
    Intent.SUPPORT: "support cases",
    Intent.PARTNERSHIP: "partnership requests",
    Intent.VAGUE: "messages that ask nothing in particular",
}
ASKS = {
    Action.PICK_A_TIME: "Offering times",
    Action.SUGGEST_A_TIME: "Asking for a time",
    Action.CONTINUE_THREAD: "Picking up the thread",
    Action.DESCRIBE_PROBLEM: "Asking what went wrong",
}


def precedents(dossier: Dossier) -> list[str]:
    """What did best with prospects like this one, with its counts; nothing where there is no history."""
    return list(_told(dossier))


def _told(dossier: Dossier) -> Iterator[str]:
    patterns = dossier.patterns
    if patterns.from_sent_mail:
        yield from _usual(dossier)
        return
    alike = _alike(dossier)
    if patterns.approved and patterns.ask in Action:
        yield f"{ASKS[Action(patterns.ask)]} was approved {_times(patterns.approved, patterns.tried)} {alike}."
    file = next((one for one in dossier.files if one.id == patterns.asset_id), None)
    if patterns.asset_approved and file:
        counted = _times(patterns.asset_approved, patterns.asset_tried)
        yield f"“{assets.title(file)}” was in drafts that were approved {counted} {alike}."


def _usual(dossier: Dossier) -> Iterator[str]:
    patterns, asked = dossier.patterns, ASKED[dossier.brief.enquiry.intents[0]]
    if patterns.ask in Action:
        yield f"{ASKS[Action(patterns.ask)]} is in {patterns.approved} of {patterns.tried} sent mails for {asked}."
    file = next((one for one in dossier.files if one.id == patterns.asset_id), None)
    if file:
        counted = f"{patterns.asset_approved} of {patterns.asset_tried}"
        yield f"“{assets.title(file)}” is linked in {counted} sent mails for {asked}."


def _times(worked: int, tried: int) -> str:
    return f"{worked} of {tried} times"


def _alike(dossier: Dossier) -> str:
    enquiry, company = dossier.brief.enquiry, dossier.brief.company
    common = {
        Likeness.FORM: f"through “{enquiry.form_name}”",
        Likeness.ROLE: "from people in the same kind of job",
        Likeness.INDUSTRY: f"in {industry_of(company.industry if company else '')}",
    }
    like = "".join(f" {common[one]}" for one in dossier.patterns.like)
    return f"for {ASKED[enquiry.intents[0]]}{like}"
