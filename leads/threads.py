"""The conversation so far with one prospect: who had the last word, and which message to answer."""

from __future__ import annotations

from connectors.ports import Message, Thread
from leads.facts import ThreadState
from leads.writing.letter import reply_to
from leads.writing.outsiders import may_be_repeated
from leads.writing.prose import has_word


def state_of(thread: Thread | None, prospect_email: str, avoid: tuple[str, ...] = ()) -> ThreadState:
    """What a draft needs to know of a thread; messages without this prospect are left out.

    A subject of theirs that carries a link, an order, a promise or a name in `avoid` is left out, too: a reply would
    repeat it.
    """
    ours = tuple(message for message in thread.messages if _with(message, prospect_email)) if thread else ()
    if thread is None or not ours:
        return ThreadState()
    ordered = tuple(sorted(ours, key=lambda message: message.sent_at))
    answered = _to_answer(ordered)
    return ThreadState(
        thread_id=thread.id,
        subject=answered.subject if _may_be_repeated(answered.subject, ordered, avoid) else "",
        messages=ordered,
        last_word=_author(ordered[-1]),
        reply_to=answered.message_id,
        references=_references(answered),
    )


def _may_be_repeated(subject: str, messages: tuple[Message, ...], avoid: tuple[str, ...]) -> bool:
    """What we have written ourselves may be."""
    bare = reply_to(subject)
    ours = any(message.outgoing and reply_to(message.subject) == bare for message in messages)
    return ours or (may_be_repeated(bare) and not any(has_word(bare, name) for name in avoid if name))


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
