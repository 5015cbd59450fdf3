"""Where a thing of ours is seen in the vendor's own screens."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from leads.models import Workspace

# https://developers.hubspot.com/docs/api/crm/understanding-the-crm, object type ids
HUBSPOT_TYPES = {"contact": "0-1", "company": "0-2", "task": "0-27", "note": "0-46"}


def hubspot_page(workspace: Workspace, kind: str, object_id: str) -> str:
    """The record's page; empty when the portal or the id is not known."""
    if not workspace.portal_id or not object_id or kind not in HUBSPOT_TYPES:
        return ""
    return (
        f"https://app.hubspot.com/contacts/{quote(workspace.portal_id)}/record/{HUBSPOT_TYPES[kind]}/{quote(object_id)}"
    )


def gmail_page(workspace: Workspace, message_id: str) -> str:
    """The draft in the mailbox of the sender, whoever else is logged in to Gmail in that browser."""
    if not workspace.sender_email or not message_id:
        return ""
    return f"https://mail.google.com/mail/u/?authuser={quote(workspace.sender_email)}#drafts/{quote(message_id)}"


def gmail_thread(workspace: Workspace, thread_id: str) -> str:
    """The whole conversation, in the same mailbox."""
    if not workspace.sender_email or not thread_id:
        return ""
    return f"https://mail.google.com/mail/u/?authuser={quote(workspace.sender_email)}#all/{quote(thread_id)}"


def gmail_sent(workspace: Workspace, recipient: str) -> str:
    """What that mailbox has sent to somebody."""
    if not workspace.sender_email:
        return ""
    search = quote(f"in:sent to:{recipient}", safe="")
    return f"https://mail.google.com/mail/u/?authuser={quote(workspace.sender_email)}#search/{search}"


def page_of(workspace: Workspace, name: str, ids: Mapping[str, str]) -> str:
    """The page of one of the ids that an effect left, by the name of the id."""
    if name in {"draft", "message"}:
        return gmail_page(workspace, ids.get("message", ""))
    return hubspot_page(workspace, name, ids.get(name, ""))
