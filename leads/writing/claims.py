"""Checks on what a draft claims: every name, link, number, price, date and promise stands in the facts."""

from __future__ import annotations

import re

from leads.writing import german
from leads.writing.draft import Draft
from leads.writing.letter import CLOCK
from leads.writing.links import emails_in, is_under, markup_in, urls_in
from leads.writing.prose import has_word, sentences, word_set

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_PRICE = re.compile(
    r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|dollars?|euros?|pounds?|franken)\b)\s*\d[\d.,]*[km]?"
    r"|(?<!\d)(?<!\d[.,])\d[\d.,]*\s?[km]?\s?(?:[€$£¥%]|\b(?:EUR|USD|GBP|CHF|dollars?|euros?|pounds?|per\s?cent|franken|cent|prozent)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(?:{_DAYS})\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\b|\b(?:{_MONTHS})\s+\d{{1,2}}\b|\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b|\b(?:tomorrow|tonight|übermorgen)\b"
    rf"|\b(?:{german.DAYS})s?\b|\b\d{{1,2}}\.\s*(?:{german.MONTHS})\b|\b\d{{1,2}}\.\d{{1,2}}\.(?!\d)"
    rf"|(?-i:(?<!Guten )\bmorgen\b)",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"\battach(?:ed|ing|ment|ments)\b|\benclosed\b|\bsee the attach|" + german.ATTACHED, re.IGNORECASE
)
_PROMISE = re.compile(
    r"\bguarantee\w*|\bwe\s+promise|\bI\s+promise|\bfree\s+of\s+charge|\bfor\s+free\b"
    r"|\bfree\s+(?:trial|month|licen[cs]e|access|account)\w*"
    r"|\bdiscount\s+of\b|\b(?:a|your|special|any)\s+discount\b|\brefund\w*|\bmoney[- ]back"
    r"|\bno\s+cost\b|\bat\s+no\s+charge|\bunlimited\b|\bcompliment\w+\s+\w+"
    r"|\bwithin\s+(?:an?|one|two|three|\d+)\s+(?:hour|day|week|minute)s?\b|\b(?:fully"
    r"|100%)\s+(?:compliant|secure|certified)|\bcertified\b|\b(?:exclusive|special)\s+(?:offer"
    r"|price|deal|rate)"
    r"|\bwe\s+will\s+(?:deliver|build|implement|ship|waive|match)\b|\bSLA\s+of\b|\buptime\s+of\b|" + german.PROMISES,
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?:\w’'-])(?<=[\w,;(\"“’'] )[A-Z][\w’'&-]*[\w](?:\.[a-z]{2,})?|(?<=[\"“(])[A-Z][a-z]\w+")
_NOT_NAMES = word_set(
    """
    I I'd I'll I'm I've I’d I’ll I’m I’ve OK PS P.S AI API APIs CRM ERP SSO SAML SCIM EU US UK USA GDPR DPA
    PDF CSV SLA HR IT ROI B2B FAQ URL VAT CET CEST GMT UTC EST EDT PST PDT CST CDT MST MDT BST IST JST English
    German French Spanish Italian Dutch Portuguese Polish Europe European Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday January February March April May June July August September October November
    December Q1 Q2 Q3 Q4 Mr Mrs Ms Dr
    """
)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|dear|hey|good (?:morning|afternoon|day)|hallo|guten (?:tag|morgen|abend)"
    r"|sehr geehrte[rs]?|liebe[rs]?)\b[\s,]*([^,!\n]*)[,!]?\s*$",
    re.IGNORECASE,
)
_NEUTRAL = frozenset({"", "there", "all", "team", "sir or madam", "to you", "zusammen", "damen und herren"})
_ADDRESSED = word_set("mr mrs ms mr. mrs. ms. frau herr herrn dr. prof. dr prof")
_CALLED = re.compile(
    r"\b(?:Frau|Herrn?|Mrs?\.?|Ms\.?)\s+(?:(?:Prof|Dr)\.\s*)*([A-ZÄÖÜ][\w’'-]+)|\b([A-ZÄÖÜ][\w&’'-]+)\s+(?:GmbH|AG|SE|KG|UG|Inc|Ltd|LLC)\b"
)


def names(draft: Draft) -> str:
    """Nobody is named but the prospect, their company, and whoever stands in the facts."""
    other = next((name for name in draft.brief.other_clients if has_word(draft.text, name)), "")
    if other:
        return f"“{other}” is another client, and must not be named."
    return _wrong_greeting(draft) or _unknown_name(draft)


def links(draft: Draft) -> str:
    """Every URL and address is an offered file's, on the allow-list, or our own."""
    offered = {file.url for file in draft.brief.plan.assets}
    given = (*draft.brief.profile.link_domains,)
    text = draft.text
    for title in draft.titles:
        text = text.replace(title, " ")
    if markup := markup_in(text):
        return f"“{markup[0]}” is markup; a draft is plain text without images."
    foreign = next((url for url in urls_in(text) if url not in offered and not is_under(url, given)), "")
    if foreign:
        return f"The link {foreign} is neither allow-listed nor an offered file."
    known = {draft.brief.profile.sender_email.lower(), draft.brief.enquiry.email, *emails_in(draft.ours)}
    stray = next((email for email in emails_in(text) if email not in known), "")
    return f"The address {stray} is neither ours nor the prospect's." if stray else ""


def numbers(draft: Draft) -> str:
    known = {_value(number) for number in _NUMBER.findall(draft.facts)}
    written = CLOCK.sub(" ", draft.written)
    unknown = next((number for number in _NUMBER.findall(written) if _value(number) not in known), "")
    return f"The number {unknown} stands in none of the facts." if unknown else ""


def prices(draft: Draft) -> str:
    """Amounts and percentages are ours to name: a prospect's message is no source for them."""
    ours = _squeezed(draft.ours)
    unknown = next((price for price in _PRICE.findall(draft.written) if _squeezed(price) not in ours), "")
    return f"The amount {unknown.strip()} is in none of the team's answers." if unknown else ""


def dates(draft: Draft) -> str:
    facts = draft.facts.lower()
    unknown = next((date for date in _DATE.findall(draft.written) if date.lower() not in facts), "")
    return f"The date “{unknown}” stands in none of the facts." if unknown else ""


def attachments(draft: Draft) -> str:
    """Drafts carry links, never files, so a word of an attachment is untrue."""
    told = _ATTACHED.search(draft.written)
    return f"“{told.group()}” speaks of an attachment; there is none." if told else ""


def promises(draft: Draft) -> str:
    """Free things, discounts, deadlines and guarantees must be the team's own words."""
    ours = draft.ours.lower()
    unknown = next(
        (match.group() for match in _PROMISE.finditer(draft.written) if match.group().lower() not in ours), ""
    )
    return f"“{unknown}” is a promise that none of the team's answers makes." if unknown else ""


def _wrong_greeting(draft: Draft) -> str:
    first_row = next((row for row in draft.body.splitlines() if row.strip()), "")
    match = _GREETING.match(first_row)
    greeted = match[1].strip() if match else ""
    enquiry, contact = draft.brief.enquiry, draft.brief.contact
    known = f"{enquiry.name} {contact.first_name} {contact.last_name}" if contact else enquiry.name
    named = [part for part in greeted.split() if part.lower() not in _ADDRESSED]
    right = greeted.lower() in _NEUTRAL or all(has_word(known, part) for part in named)
    return "" if right else f"The greeting names “{greeted}”, who is not the submitter."


def _unknown_name(draft: Draft) -> str:
    """In English a capital within a sentence is a name; elsewhere what follows "Frau" or stands before "GmbH"."""
    if draft.language == "en":
        found = [match.group() for sentence in sentences(draft.written) for match in _NAME.finditer(sentence)]
    else:
        found = [match[1] or match[2] for match in _CALLED.finditer(draft.written)]
    facts = draft.facts
    stranger = next((name for name in found if name not in _NOT_NAMES and not has_word(facts, name)), "")
    return f"“{stranger}” is named, and stands in none of the facts." if stranger else ""


def _value(number: str) -> str:
    """A number as both languages mean it: 1.200 and 1,200 are the same, and so are 49,50 and 49.50."""
    if _GROUPED.fullmatch(number):
        return re.sub(r"[.,]", "", number)
    return number.replace(",", ".")


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).lower().rstrip(".,")
