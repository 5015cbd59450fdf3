"""The rep's mailbox in Gmail: threads, drafts and labels. What is sent is a draft that stands there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.errors import Conflict, NotFound, Permanent
from connectors.gmail_feed import GmailFeed
from connectors.gmail_likeness import likeness, says
from connectors.gmail_messages import headers_of, message_in, saved_draft
from connectors.gmail_mime import MARKER_HEADER, raw_mail
from connectors.google import GoogleClient
from connectors.ports import Message, OutgoingMail, SavedDraft, SentMessage, Thread, ThreadSummary
from connectors.watch import Operation

# In the units of https://developers.google.com/workspace/gmail/api/reference/quota
THREADS_LIST = Operation("gmail", "threads.list", units=10)
THREADS_GET = Operation("gmail", "threads.get", units=40)
THREADS_MODIFY = Operation("gmail", "threads.modify", writes=True, units=10)
DRAFTS_CREATE = Operation("gmail", "drafts.create", writes=True, units=10)
DRAFTS_UPDATE = Operation("gmail", "drafts.update", writes=True, units=15)
DRAFTS_SEND = Operation("gmail", "drafts.send", writes=True, units=100)
DRAFTS_LIST = Operation("gmail", "drafts.list", units=5)
DRAFTS_GET = Operation("gmail", "drafts.get", units=20)
MESSAGES_LIST = Operation("gmail", "messages.list", units=5)
MESSAGES_GET = Operation("gmail", "messages.get", units=20)
MESSAGES_TRASH = Operation("gmail", "messages.trash", writes=True, units=5)
LABELS_LIST = Operation("gmail", "labels.list")
LABELS_CREATE = Operation("gmail", "labels.create", writes=True, units=5)

_ME = "me"
_MOST_THREADS = 10
_DRAFTS_PER_PAGE = 50
_MOST_DRAFTS = 200
_MOST_SENT = 20
_MOST_HEARD = 10
# Stricter than the RFC: what would mean something to Gmail's search language is no address for us.
_SEARCHABLE = re.compile(r"[\w.!#$%&'*+/=?^`|~][\w.!#$%&'*+/=?^`|~-]*@[\w-][\w.-]*")


class GmailMailbox:
    """`ports.Mail` over one Google account. `own_addresses` are the addresses that the mailbox writes from."""

    def __init__(self, client: GoogleClient, own_addresses: frozenset[str]) -> None:
        self._client = client
        self._own_addresses = frozenset(one.lower() for one in own_addresses)
        self.feed = GmailFeed(client, self._own_addresses)

    def search_threads(self, email: str) -> tuple[ThreadSummary, ...]:
        """The ten newest threads from or to this address, newest first."""
        address = _searchable(email, THREADS_LIST)
        # Without drafts, or one of ours that nobody answered would be the newest thread with this person.
        query = f"(from:({address}) OR to:({address})) -in:drafts"
        request = self._client.threads.list(userId=_ME, q=query, maxResults=_MOST_THREADS)
        found = self._client.ask(THREADS_LIST, request, "threads", "resultSizeEstimate")
        return tuple(ThreadSummary(one["id"], one.get("snippet", "")) for one in found.get("threads") or [])

    def load_thread(self, thread_id: str) -> Thread | None:
        request = self._client.threads.get(userId=_ME, id=thread_id, format="full")
        try:
            found = self._client.ask(THREADS_GET, request, "id", expected=(NotFound,))
        except NotFound:
            return None
        sent = [one for one in found.get("messages") or [] if "DRAFT" not in (one.get("labelIds") or ())]
        messages = [message_in(one, self._own_addresses, THREADS_GET) for one in sent]
        return Thread(found["id"], tuple(sorted(messages, key=lambda one: one.sent_at)))

    def sent_mail(self, most: int, *, seconds: float) -> tuple[Message, ...]:
        """The newest messages that people sent from here, newest first: as many as can be read in about so long.

        Five quota units for the list, and five for each. What this product drafted is left out: it would be learning
        from itself.
        """
        ends = time.monotonic() + seconds
        request = self._client.messages.list(userId=_ME, labelIds=["SENT"], maxResults=most)
        listed = self._client.ask(MESSAGES_LIST, request, "messages", "resultSizeEstimate").get("messages") or []
        found: list[Message] = []
        for one in listed:
            if time.monotonic() > ends:
                break
            raw = self._message(one["id"])
            if raw and MARKER_HEADER.lower() not in headers_of(raw.get("payload") or {}):
                found.append(message_in(raw, self._own_addresses, MESSAGES_GET))
        return tuple(found)

    def heard_from(self, email: str, since: datetime) -> tuple[Message, ...]:
        """The newest messages that came from this address after `since`, newest first; their headers, not their text.

        Five quota units for the list, and five for each.
        """
        query = f"from:({_searchable(email, MESSAGES_LIST)}) after:{int(since.timestamp())}"
        request = self._client.messages.list(userId=_ME, q=query, maxResults=_MOST_HEARD)
        listed = self._client.ask(MESSAGES_LIST, request, "messages", "resultSizeEstimate").get("messages") or []
        found = [self._message(one["id"], "metadata") for one in listed]
        heard = [message_in(raw, self._own_addresses, MESSAGES_GET) for raw in found if raw]
        return tuple(message for message in heard if message.sent_at > since)

    def create_draft(self, mail: OutgoingMail) -> SavedDraft:
        request = self._client.drafts.create(userId=_ME, body=_body(mail, DRAFTS_CREATE))
        return saved_draft(self._client.ask(DRAFTS_CREATE, request, "id"))

    def update_draft(self, draft_id: str, mail: OutgoingMail) -> SavedDraft:
        """Put `mail` in the place of what the draft says. NotFound when it was sent or thrown away."""
        request = self._client.drafts.update(userId=_ME, id=draft_id, body=_body(mail, DRAFTS_UPDATE))
        return saved_draft(self._client.ask(DRAFTS_UPDATE, request, "id", expected=(NotFound,)))

    def throw_away(self, draft_id: str) -> None:
        """Into the bin, from where it can be taken back for a month. One that is gone already stays so."""
        if (saved := self.saved_draft(draft_id)) is not None:
            request = self._client.messages.trash(userId=_ME, id=saved.message_id)
            self._client.ask(MESSAGES_TRASH, request, "id")

    def saved_draft(self, draft_id: str) -> SavedDraft | None:
        draft = self._draft(draft_id, "minimal")
        return saved_draft(draft) if draft else None

    def draft_now(self, draft_id: str, *mails: OutgoingMail) -> tuple[SavedDraft, OutgoingMail | None] | None:
        """The draft as it stands, with the one of `mails` that it is word for word; None if it was sent or deleted."""
        draft = self._draft(draft_id)
        if draft is None:
            return None
        payload = (draft.get("message") or {}).get("payload") or {}
        return saved_draft(draft), next((mail for mail in mails if says(payload, mail)), None)

    def draft_marked(self, mail: OutgoingMail) -> SavedDraft | None:
        """Our draft of this mail: by our header, else by our Message-ID, else by recipient, subject and body."""
        second_best: dict[int, SavedDraft] = {}
        for draft_id in self._recent_drafts(mail.to):
            draft = self._draft(draft_id)
            rank = likeness((draft.get("message") or {}).get("payload") or {}, mail) if draft else None
            if draft is None or rank is None:
                continue
            if rank == 0:
                return saved_draft(draft)
            second_best.setdefault(rank, saved_draft(draft))
        return second_best[min(second_best)] if second_best else None

    def _recent_drafts(self, to: str) -> Iterator[str]:
        # A run may have waited for days, over a weekend with dead credentials, before it looks.
        query = f"to:({_searchable(to, DRAFTS_LIST)}) newer_than:30d"
        token: str | None = None
        for _ in range(_MOST_DRAFTS // _DRAFTS_PER_PAGE):
            request = self._client.drafts.list(userId=_ME, q=query, maxResults=_DRAFTS_PER_PAGE, pageToken=token)
            page = self._client.ask(DRAFTS_LIST, request, "drafts", "resultSizeEstimate")
            yield from (one["id"] for one in page.get("drafts") or [])
            token = page.get("nextPageToken")
            if not token:
                return

    def _draft(self, draft_id: str, style: str = "full") -> dict[str, Any] | None:
        request = self._client.drafts.get(userId=_ME, id=draft_id, format=style)
        try:
            draft = self._client.ask(DRAFTS_GET, request, "id", expected=(NotFound,))
        except NotFound:  # sent or thrown away since it was listed
            return None
        # What is in the bin is a draft still, and could be sent.
        return None if "TRASH" in ((draft.get("message") or {}).get("labelIds") or ()) else draft

    def send_draft(self, draft_id: str) -> SentMessage:
        """Send what the draft says. NotFound when it was sent or thrown away."""
        request = self._client.drafts.send(userId=_ME, body={"id": draft_id})
        return _sent(self._client.ask(DRAFTS_SEND, request, "id", expected=(NotFound,)))

    def sent_marked(self, mail: OutgoingMail, thread_id: str) -> SentMessage | None:
        """Our message of this mail among what was sent in the thread, else to its recipient at all.

        By our header, else by our Message-ID, else by recipient, subject and body.
        """
        found = _best(self._sent_in(thread_id), mail)
        return found or _best(self._sent_to(mail.to), mail)

    def _sent_in(self, thread_id: str) -> Iterator[dict[str, Any]]:
        if not thread_id:
            return
        request = self._client.threads.get(userId=_ME, id=thread_id, format="full")
        try:
            messages = self._client.ask(THREADS_GET, request, "id", expected=(NotFound,)).get("messages") or []
        except NotFound:
            return
        yield from (one for one in messages if "SENT" in (one.get("labelIds") or ()))

    def _sent_to(self, email: str) -> Iterator[dict[str, Any]]:
        query = f"in:sent to:({_searchable(email, MESSAGES_LIST)}) newer_than:30d"
        request = self._client.messages.list(userId=_ME, q=query, maxResults=_MOST_SENT)
        for one in self._client.ask(MESSAGES_LIST, request, "messages", "resultSizeEstimate").get("messages") or []:
            if raw := self._message(one["id"]):
                yield raw

    def _message(self, message_id: str, style: str = "full") -> dict[str, Any] | None:
        request = self._client.messages.get(userId=_ME, id=message_id, format=style)
        try:
            return self._client.ask(MESSAGES_GET, request, "id", expected=(NotFound,))
        except NotFound:  # deleted since it was listed
            return None

    def label_id(self, name: str) -> str:
        found = self._client.ask(LABELS_LIST, self._client.labels.list(userId=_ME), "labels")
        # Gmail takes Sales and sales for the same label.
        return next((str(one["id"]) for one in found["labels"] if one["name"].casefold() == name.casefold()), "")

    def create_label(self, name: str) -> str:
        """The new label's id, or the id of the one that has this name already."""
        body = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        request = self._client.labels.create(userId=_ME, body=body)
        try:
            return str(self._client.ask(LABELS_CREATE, request, "id", expected=(Conflict,))["id"])
        except Conflict:
            existing = self.label_id(name)
            if not existing:
                raise
            return existing

    def label_thread(self, thread_id: str, label_id: str) -> None:
        request = self._client.threads.modify(userId=_ME, id=thread_id, body={"addLabelIds": [label_id]})
        self._client.ask(THREADS_MODIFY, request, "id")


def _searchable(email: str, operation: Operation) -> str:
    address = email.strip()
    if not _SEARCHABLE.fullmatch(address):
        raise Permanent(
            "this is no e-mail address that can be searched for",
            service=operation.service,
            endpoint=operation.endpoint,
        )
    return address


def _body(mail: OutgoingMail, operation: Operation) -> dict[str, Any]:
    message = {"raw": raw_mail(mail, operation)}
    return {"message": message | ({"threadId": mail.thread_id} if mail.thread_id else {})}


def _sent(message: Mapping[str, Any]) -> SentMessage:
    return SentMessage(message["id"], message.get("threadId", ""))


def _best(messages: Iterator[dict[str, Any]], mail: OutgoingMail) -> SentMessage | None:
    ranked = {rank: one for one in messages if (rank := likeness(one.get("payload") or {}, mail)) is not None}
    return _sent(ranked[min(ranked)]) if ranked else None
