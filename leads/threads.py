"""The conversation so far with one prospect: who had the last word, and which message to answer."""

from __future__ import annotations

from connectors.ports import Message, Thread
from leads.facts import ThreadState


def state_of(thread: Thread | None, prospect_email: str) -> ThreadState:
    """What a draft needs to know of a thread; messages without this prospect are left out."""
    ours = tuple(message for message in thread.messages if _with(message, prospect_email)) if thread else ()
    if thread is None or not ours:
        return ThreadState()
    ordered = tuple(sorted(ours, key=lambda message: message.sent_at))
    answered = _to_answer(ordered)
    return ThreadState(
        thread_id=thread.id,
        subject=answered.subject,
        messages=ordered,
        last_word=_author(ordered[-1]),
        reply_to=answered.message_id,
        references=_references(answered),
    )


def _with(message: Message, email: str) -> bool:
    wanted = email.strip().lower()
    return bool(wanted) and wanted in {address.strip().lower() for address in (message.sender, *message.recipients)}


def _author(message: Message) -> str:
    if message.outgoing:
        return "us"
    return "auto" if message.auto_submitted else "them"


def _to_answer(ordered: tuple[Message, ...]) -> Message:
    """The newest message a person wrote: answering a robot's mail breaks the chain in some mail programs."""
    human = [message for message in ordered if message.message_id and not message.auto_submitted]
    return human[-1] if human else ordered[-1]


def _references(message: Message) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (*message.references, message.message_id))))
