"""Checks on form and manners: who is written to, in which language, greeted and signed how, with no seams showing."""

from __future__ import annotations

import re

from leads.screening import unwelcome
from leads.writing import german
from leads.writing.draft import Draft
from leads.writing.languages import language_of, name_of
from leads.writing.links import emails_in
from leads.writing.orders import is_order
from leads.writing.prose import sentences

_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{[a-z_]+\}|\[(?!\d)[^\]\n]{1,40}\](?!\()|<[A-Za-z_ ]{2,30}>|\bTBD\b"
    r"|\bTODO\b|\bXXX+\b|\b[Ll]orem\b|\bNone\b(?! of)|\b[Nn]ull\b|\bundefined\b|\bNaN\b"
    r"|\b(?:INSERT|YOUR) NAME\b|_{4,}"
)
_EMPTY_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|day)|hallo|guten tag)?\s+[,!]|^\s*(?:hi|dear|hey|liebe[rs]?"
    r"|sehr geehrte[rs]?)\s*[,!]?\s*$"
    r"|^\s*,|\b(?:frau|herrn?|mr|ms|dr)\.?\s*[,!]?\s*$",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|guten tag|bonjour|hola"
    r"|buongiorno|olá|\S{1,20})\b(?:[^.?]|(?<=Dr)\.|(?<=Prof)\.){0,60}[,!:]\s*$",
    re.IGNORECASE,
)
_TELLTALE = re.compile(
    r"\bas an? (?:ai|language model)\b|\blanguage model\b|\bsystem prompt\b|\bmy (?:instructions"
    r"|prompt|guidelines)\b|\b(?:previous|prior) instructions\b"
    r"|\bcanary\b|\b(?:here is|here's) (?:the|a|your) (?:draft|email|reply)\b|<\|[a-z_]+\|>"
    r"|\[/?INST\]|\bI (?:was|am) (?:told|instructed) to\b|" + german.TELLTALE,
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"^\s*>|^\s*On .{6,80} wrote:\s*$|^-{2,}\s*(?:Original|Forwarded) message|" + german.QUOTED,
    re.IGNORECASE | re.MULTILINE,
)
_RUN = 8
_SHORTEST_SECRET = 4


def recipient(draft: Draft) -> str:
    """The submitter, and nobody else in To, Cc or Bcc."""
    wanted = draft.brief.enquiry.email.lower()
    listed = [email for entry in draft.recipients for email in (emails_in(entry) or (entry.strip().lower(),)) if email]
    stranger = next((email for email in listed if email != wanted), "")
    if stranger:
        return f"{stranger} is a recipient, and is not the submitter."
    return "" if listed and wanted else "Nobody is addressed."


def placeholders(draft: Draft) -> str:
    found = _PLACEHOLDER.search(draft.text)
    return f"“{found.group()}” looks like a gap that was never filled." if found else ""


def greeting(draft: Draft) -> str:
    first_row = next((row for row in draft.body.splitlines() if row.strip()), "")
    if _EMPTY_GREETING.match(first_row):
        return f"The greeting “{first_row.strip()}” greets nobody."
    return "" if _GREETS.match(first_row) else "The draft does not begin with a greeting."


def signature(draft: Draft) -> str:
    """Once, and nothing after it."""
    signed = _flat(draft.brief.voice.signature)
    body = _flat(draft.body)
    count = body.count(signed) if signed else 1
    if count != 1:
        return f"The signature stands {count} times in the draft; it must stand there once."
    return "" if body.endswith(signed) else "There is text after the signature."


def thread_is_theirs(draft: Draft) -> str:
    """Each message of the thread has the prospect in it; what is quoted is from this thread."""
    wanted, thread = draft.brief.enquiry.email.lower(), draft.brief.thread
    parties = ({message.sender.lower(), *(to.lower() for to in message.recipients)} for message in thread.messages)
    if any(wanted not in addresses for addresses in parties):
        return "The thread holds a message that was neither from nor to this prospect."
    said = "\n".join(_flat(message.text) for message in thread.messages)
    quoted = [row.lstrip("> ") for row in draft.body.splitlines() if row.lstrip().startswith(">")]
    foreign = next((row for row in quoted if _flat(row) not in said), "")
    if foreign:
        return f"“{foreign[:60]}” is quoted, and is not from this prospect's thread."
    return "A mail is quoted, and there is no thread." if _QUOTED.search(draft.body) and not thread.thread_id else ""


def thread_is_current(draft: Draft) -> str:
    newest = draft.brief.thread_now
    if newest is None or not newest.messages:
        return ""
    read = {message.id for message in draft.brief.thread.messages}
    newer = [message for message in newest.messages if message.id not in read and not message.auto_submitted]
    return "A newer message has arrived in the thread since it was read." if newer else ""


def may_be_written_to(draft: Draft) -> str:
    contact = draft.brief.contact
    opted_out = bool(contact and contact.opted_out)
    rule = unwelcome(draft.brief.enquiry.email, draft.brief.profile, opted_out=opted_out)
    return rule.reason if rule else ""


def language(draft: Draft) -> str:
    """That of the prospect's message; the workspace's when there is none."""
    brief = draft.brief
    wanted = brief.wanted_language
    found = language_of(draft.core)
    if found in {"", wanted}:
        return ""
    there_are_none = found == brief.language and not brief.speaks_theirs
    why = f" There are no texts in {name_of(wanted)}: translate it, or answer by hand." if there_are_none else ""
    return f"The draft is in {name_of(found)}, and the prospect reads {name_of(wanted)}.{why}"


def instructions(draft: Draft) -> str:
    """Nothing of a prompt or a canary, and nothing that a prospect ordered the writer to say."""
    text = _flat(draft.text).lower()
    if any(_leaks(secret, text) for secret in draft.brief.secrets):
        return "The draft repeats text of the writer's instructions."
    told = _TELLTALE.search(draft.written)
    if told:
        return f"“{told.group()}” speaks of the writer's instructions."
    ordered = filter(is_order, sentences(draft.brief.enquiry.message))
    obeyed = next((order for order in ordered if _flat(order).lower() in text), "")
    return f"The draft repeats an order from the message: “{obeyed[:60]}”." if obeyed else ""


def _leaks(secret: str, text: str) -> bool:
    """A short secret leaks as a whole, a long one by any eight words in a row."""
    parts = secret.lower().split()
    if len(parts) < _RUN:
        plain = " ".join(parts)
        return len(plain) >= _SHORTEST_SECRET and plain in text
    return any(" ".join(parts[start : start + _RUN]) in text for start in range(len(parts) - _RUN + 1))


def _flat(text: str) -> str:
    return " ".join(text.split())
