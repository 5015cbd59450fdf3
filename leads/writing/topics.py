"""The things prospects ask about, as patterns to find them by; the phrases say what a draft calls them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from leads.facts import Intent
from leads.writing import german
from leads.writing.orders import is_safe
from leads.writing.prose import sentences, word_set

# Who asks not to be called wants no call.
CALL_ME = r"(?<!not )(?<!n['’]t )(?<!never )(?<!than )(?:call|ring|phone) (?:me|us)\b"
NOTHING = r"\B\b"
_REMEMBERED = 256  # a draft and its checks read the same sentences many times over


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to ask about; `intent` is the wider question it belongs to."""

    key: str
    intent: Intent
    pattern: re.Pattern[str]
    settled: re.Pattern[str]

    def is_settled_by(self, text: str) -> bool:
        """Whether a text speaks of this, in the words of one who asks or of one who answers."""
        return bool(self.pattern.search(text) or self.settled.search(text))


def _topic(key: str, intent: Intent, pattern: str, settled: str = "") -> Topic:
    pairs = zip((pattern, settled), german.TOPICS.get(key, ("", "")), strict=True)
    asked, told = (re.compile(rf"\b(?:{'|'.join(filter(None, pair)) or NOTHING})", re.IGNORECASE) for pair in pairs)
    return Topic(key, intent, asked, told)


TOPICS = (
    _topic(
        "discounts",
        Intent.PRICING,
        r"discounts?\b|volume pric|price break|rebates?\b",
        r"lower (?:rate|price)|cheaper|reduced",
    ),
    _topic("trial", Intent.PRICING, r"(?:free |test )?trials?\b|pilot\b|proof of concept\b|poc\b|try it (?:out|first)"),
    _topic("contract", Intent.PRICING, r"contracts?\b|notice period|minimum term|cancel\b|month-to-month|lock-?in\b"),
    _topic(
        "billing",
        Intent.PRICING,
        r"bill(?:ing|ed)?\b|bank transfer|direct debit|vat\b|invoic(?:e|ing) terms|payment (?:terms|method)"
        r"|pay (?:monthly|yearly)|(?:monthly"
        r"|yearly|annual) (?:payment|billing)",
        r"billed|invoices?\b",
    ),
    _topic(
        "set_up_cost", Intent.PRICING, r"(?:set-?up|implementation|onboarding) (?:fees?|costs?)", r"(?:set-?up|one-off)"
    ),
    _topic("api", Intent.INTEGRATION, r"apis?\b|webhooks?\b|sdks?\b"),
    _topic("migration", Intent.INTEGRATION, r"migrat\w+|import(?:ing)? (?:our|the|existing|from)|move (?:our )?data"),
    _topic("single_sign_on", Intent.SECURITY, r"sso\b|single sign|saml\b|scim\b|okta\b|entra\b|azure ad\b"),
    _topic(
        "data_location",
        Intent.SECURITY,
        r"data (?:residency|location|cent(?:er|re)s?)|hosted?\b|hosting\b|where .{0,20}data"
        r"|data\b.{0,20}\b(?:stored|kept|held|located)\b|(?:store|keep) .{0,20}\bdata\b|on-?prem\w*|self-host\w*",
        r"(?:kept|stored|held|stays?|lives?) in\b",
    ),
    _topic("privacy", Intent.SECURITY, r"gdpr\b|dsgvo\b|data protection|privacy\b|dpa\b|processing agreement"),
    _topic(
        "certificates",
        Intent.SECURITY,
        r"soc ?2\b|iso ?27\d+|certifi\w+|pen(?:etration)?[- ]?test\w*|audit(?:s|ed|or| report)?\b" r"|hipaa\b|pci\b",
    ),
    _topic("access", Intent.SECURITY, r"roles?\b|permissions?\b|access (?:rights|control)"),
    _topic("encryption", Intent.SECURITY, r"encrypt\w*"),
    _topic(
        "onboarding",
        Intent.DEMO,
        r"onboard\w*|training\b|roll-?out\b|implement(?:ation|ing)?\b|get(?:ting)? started"
        r"|go(?:ing)? live|set-?up (?:time|take)|how (?:long|fast|quick\w*)\b.{0,25}\b(?:take|live"
        r"|set up|start|implement)",
        r"(?:live|up and running) (?:in|within)\b",
    ),
    _topic(
        "service",
        Intent.DEMO,
        r"support (?:hours|level|plan|team|do you|is|in|options)|sla\b|uptime\b|customer support\b"
        r"|kind of support|level of support|(?:how|phone|number).{0,20} support\b",
        r"support (?:team )?answers\b",
    ),
    _topic(
        "call",
        Intent.DEMO,
        CALL_ME + r"|call ?back\b|talk to (?:sales|someone)|(?:book|schedule|set up|arrange"
        r"|have) a (?:\w+ )?(?:call|meeting|chat)",
    ),
    _topic("reporting", Intent.DEMO, r"report(?:s|ing)\b|dashboards?\b|analytics\b|export\w*"),
    _topic("mobile", Intent.DEMO, r"mobile\b|ios\b|android\b|tablets?\b|offline\b"),
    _topic(
        "languages",
        Intent.DEMO,
        r"languages?\b|multi-?lingual\b|translat\w+|in (?:german|french|spanish|dutch|polish|italian"
        r"|japanese|english)\b|(?:read|write|speak|understand)s? (?:\w+ )?(?:german|french|spanish|dutch"
        r"|polish|italian|japanese)\b",
    ),
    _topic(
        "references",
        Intent.DEMO,
        r"references?\b|case stud\w+|success stor\w+|similar (?:customers|clients|companies|projects)"
        r"|(?:talk|speak) to (?:one|some) of your (?:customers|clients)",
    ),
    _topic("customisation", Intent.DEMO, r"customi[sz]\w*|configur\w+|workflows?\b|tailor\w*|adapt(?:ed|able)?\b"),
    _topic("limits", Intent.DEMO, r"limits?\b|scal(?:e|es|able|ing)\b|capacity\b|performance\b"),
    _topic("reselling", Intent.PARTNERSHIP, r"resell\w*|white-?label\w*|commissions?\b|margins?\b|referrals?\b"),
)

SYSTEMS = word_set(
    """
    Salesforce HubSpot SAP NetSuite Slack Shopify Zapier Jira Confluence Snowflake Okta Stripe QuickBooks Xero
    Zendesk Intercom Pipedrive Notion Asana WooCommerce Magento Workday Oracle DATEV Odoo Outlook Excel Gmail
    Sage Tableau ServiceNow BigQuery Trello Airtable Mailchimp Marketo WordPress Figma GitHub GitLab Make n8n
    Personio BambooHR Freshdesk Zoho Looker Databricks Twilio Teams
    """
)
_SYSTEM_PAIRS = (
    "Microsoft Teams",
    "Microsoft Dynamics",
    "Power BI",
    "Google Workspace",
    "Google Sheets",
    "Microsoft 365",
    "Google Calendar",
    "Business Central",
)
_AMBIGUOUS = frozenset({"make", "teams", "sage", "oracle", "notion", "outlook", "excel", "stripe", "slack"})


@lru_cache(_REMEMBERED)
def topics_in(text: str) -> tuple[Topic, ...]:
    """The topics a text touches, in order of appearance."""
    found = ((match.start(), topic) for topic in TOPICS if (match := topic.pattern.search(text)))
    return tuple(topic for _, topic in sorted(found, key=lambda pair: pair[0]))


@lru_cache(_REMEMBERED)
def systems_in(text: str, avoid: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Well-known software named in the honest sentences of a text, spelled as its makers do."""
    honest = " ".join(filter(is_safe, sentences(text)))
    shunned = {name.lower() for name in avoid}
    found = dict.fromkeys(_spelling(match) for match in _systems().finditer(honest))
    return tuple(name for name in found if name and name.lower() not in shunned)


def _spelling(match: re.Match[str]) -> str:
    """A word such as "make" counts only when it is written as a name."""
    written = match.group()
    if written.lower() in _AMBIGUOUS and not written[0].isupper():
        return ""
    return _spellings()[written.lower()]


@cache
def _spellings() -> dict[str, str]:
    return {name.lower(): name for name in (*_SYSTEM_PAIRS, *SYSTEMS)}


@cache
def _systems() -> re.Pattern[str]:
    names = "|".join(map(re.escape, (*_SYSTEM_PAIRS, *SYSTEMS)))
    return re.compile(rf"\b(?:{names})\b", re.IGNORECASE)
