"""What happened in a Gmail mailbox, in few calls: two quota units for a quiet one.

https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.errors import NotFound
from connectors.gmail_likeness import says
from connectors.gmail_messages import addresses, files_in, headers_of, message_in, saved_draft, text_of
from connectors.gmail_mime import MARKER_HEADER
from connectors.gmail_reports import bounced, invitation
from connectors.google import GoogleClient
from connectors.mail_feed import Arrived, Changes, DraftHead, DraftText, Received
from connectors.ports import OutgoingMail, SavedDraft
from connectors.watch import Operation

HISTORY_LIST = Operation("gmail", "history.list")
PROFILE_GET = Operation("gmail", "profile.get")
MESSAGES_LIST = Operation("gmail", "messages.list")
MESSAGES_GET = Operation("gmail", "messages.get")
DRAFTS_LIST = Operation("gmail", "drafts.list")
DRAFTS_GET = Operation("gmail", "drafts.get")

_ME = "me"
_A_PAGE = 500
_MOST_PAGES = 40
# Without labelRemoved: it would tell of every mail that somebody reads.
_TYPES = ["messageAdded", "messageDeleted", "labelAdded"]
_LEAVES_DRAFTS = {"TRASH", "SENT"}
_NO_MAIL = {"DRAFT", "CHAT", "SPAM", "TRASH"}
# Addresses, domains and names; nothing that means something to Gmail's search language.
_SENDER = re.compile(r"(?:[\w.!#$%&'*+/=?^`|~][\w.!#$%&'*+/=?^`|~-]*@)?[\w][\w.-]*")


class GmailFeed:
    """`mail_feed.MailFeed` over one Google account. `own_addresses` are those that the mailbox writes from."""

    def __init__(self, client: GoogleClient, own_addresses: frozenset[str]) -> None:
        self._client = client
        self._own_addresses = own_addresses

    def now(self) -> str:
        """The newest point of the mailbox's history."""
        return str(self._client.ask(PROFILE_GET, self._client.users.getProfile(userId=_ME), "historyId")["historyId"])

    def changes_since(self, point: str) -> Changes | None:
        """None where Gmail no longer knows that point, which it keeps for about a week, or far too much happened."""
        arrived: dict[str, Arrived] = {}
        gone: set[str] = set()
        token: str | None = None
        for _ in range(_MOST_PAGES):
            request = self._client.history.list(
                userId=_ME, startHistoryId=point, historyTypes=_TYPES, maxResults=_A_PAGE, pageToken=token
            )
            try:
                page = self._client.ask(HISTORY_LIST, request, "historyId", expected=(NotFound,))
            except NotFound:
                return None
            for record in page.get("history") or []:
                arrived |= {one.id: one for one in _arrived_in(record)}
                gone |= _gone_in(record)
            token = page.get("nextPageToken")
            if not token:
                left = tuple(one for one in arrived.values() if one.id not in gone)
                return Changes(str(page["historyId"]), left, frozenset(gone))
        return None

    def sender_of(self, message_id: str) -> str:
        """From whom a message is, by that header alone; empty for one that is gone, or is from nobody."""
        request = self._client.messages.get(userId=_ME, id=message_id, format="metadata", metadataHeaders=["From"])
        try:
            found = self._client.ask(MESSAGES_GET, request, "id", expected=(NotFound,))
        except NotFound:
            return ""
        senders = addresses(headers_of(found.get("payload") or {}).get("from", ""))
        return senders[0][1] if senders else ""

    def load_message(self, message_id: str) -> Received | None:
        request = self._client.messages.get(userId=_ME, id=message_id, format="full")
        try:
            raw = self._client.ask(MESSAGES_GET, request, "id", expected=(NotFound,))
        except NotFound:  # deleted since it was listed
            return None
        message, payload = message_in(raw, self._own_addresses, MESSAGES_GET), raw.get("payload") or {}
        return Received(message, raw.get("threadId", ""), bounced(message, payload), invitation(payload))

    def load_draft(self, draft_id: str, *mails: OutgoingMail) -> DraftText | None:
        """The draft as it stands, with the one of `mails` that it is word for word. None if it was sent, deleted or
        thrown into the bin."""
        request = self._client.drafts.get(userId=_ME, id=draft_id, format="full")
        try:
            draft = self._client.ask(DRAFTS_GET, request, "id", expected=(NotFound,))
        except NotFound:
            return None
        message = draft.get("message") or {}
        if _LEAVES_DRAFTS.intersection(message.get("labelIds") or ()):
            return None
        payload = message.get("payload") or {}
        headers = headers_of(payload)
        to = addresses(*(headers[name] for name in ("to", "cc", "bcc") if headers.get(name)))
        return DraftText(
            saved=saved_draft(draft),
            to=tuple(address for _, address in to),
            subject=headers.get("subject", ""),
            text=text_of(payload),
            files=files_in(payload),
            carries=next((mail for mail in mails if says(payload, mail)), None),
        )

    def drafts(self) -> Mapping[str, SavedDraft]:
        """All drafts by their id, without what they say: five units for 500 of them."""
        found = self._listed(DRAFTS_LIST, self._client.drafts, "drafts")
        return {one["id"]: saved_draft(one) for one in found}

    def head_of(self, message_id: str) -> DraftHead | None:
        """What the headers of a draft's message say; None for one that is gone, or is in the bin."""
        asked = {"userId": _ME, "id": message_id, "format": "metadata", "metadataHeaders": [MARKER_HEADER, "To"]}
        try:
            found = self._client.ask(MESSAGES_GET, self._client.messages.get(**asked), "id", expected=(NotFound,))
        except NotFound:
            return None
        if _LEAVES_DRAFTS.intersection(found.get("labelIds") or ()):
            return None
        headers = headers_of(found.get("payload") or {})
        to = tuple(address for _, address in addresses(headers.get("to", "")))
        return DraftHead(headers.get(MARKER_HEADER.lower(), "").strip(), to)

    def messages_from(self, senders: Sequence[str], since: datetime) -> tuple[Arrived, ...]:
        """What came since then from any of these addresses, domains or names; what is none is left out."""
        known = [one for one in senders if _SENDER.fullmatch(one)]
        if not known:
            return ()
        query = f"from:({' OR '.join(known)}) after:{int(since.timestamp())} -in:drafts"
        found = self._listed(MESSAGES_LIST, self._client.messages, "messages", q=query)
        return tuple(Arrived(one["id"], one["threadId"], outgoing=False) for one in found)

    def _listed(self, operation: Operation, resource: Any, key: str, **asked: object) -> Iterator[dict[str, Any]]:
        token: str | None = None
        for _ in range(_MOST_PAGES):
            request = resource.list(userId=_ME, maxResults=_A_PAGE, pageToken=token, **asked)
            page = self._client.ask(operation, request, key, "resultSizeEstimate")
            yield from page.get(key) or []
            token = page.get("nextPageToken")
            if not token:
                return


def _arrived_in(record: Mapping[str, Any]) -> Iterator[Arrived]:
    """What was added, and what was taken out of spam."""
    new = [one["message"] for one in record.get("messagesAdded") or []]
    back = [one["message"] for one in record.get("labelsAdded") or [] if "INBOX" in (one.get("labelIds") or ())]
    for message in (*new, *back):
        labels = set(message.get("labelIds") or ())
        if not labels & _NO_MAIL:
            yield Arrived(message["id"], message["threadId"], outgoing="SENT" in labels)


def _gone_in(record: Mapping[str, Any]) -> set[str]:
    deleted = {one["message"]["id"] for one in record.get("messagesDeleted") or []}
    left = record.get("labelsAdded") or []
    return deleted | {one["message"]["id"] for one in left if _LEAVES_DRAFTS.intersection(one.get("labelIds") or ())}
