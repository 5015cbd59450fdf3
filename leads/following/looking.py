"""What happened in a mailbox since the last look, of what concerns our drafts. Asks the mailbox; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from connectors.mail_feed import Arrived, Changes, Received
from connectors.ports import Mail, Message, OutgoingMail
from leads import codec
from leads.effects import CreateDraft
from leads.following import kinds, watched
from leads.following.findings import Edited, Finding, Heard, Left, SavedAgain
from leads.models import Draft, DraftRevision, Effect, MailboxUpdate, Response, Workspace

type Pause = Callable[[], None]

Kind = Response.Kind
Mailbox = MailboxUpdate.State


def changed(mail: Mail, workspace: Workspace, changes: Changes, pause: Pause) -> Iterator[Finding]:
    """What became of our drafts, and who wrote."""
    touched = watched.open_drafts(workspace).filter(gmail_message_id__in=changes.gone)
    for draft in (touched | watched.doubtful(workspace)).select_related("run"):
        pause()
        yield from examined(mail, draft)
    known = watched.in_threads(workspace, {one.thread_id for one in changes.arrived})
    for one in changes.arrived:
        pause()
        drafts = known.get(one.thread_id, [])
        if one.outgoing:
            yield from written_by_us(mail, one, drafts, changes)
        elif drafts or is_of_interest(workspace, mail.feed.sender_of(one.id)):
            yield from answered(mail, workspace, one, drafts)


def is_of_interest(workspace: Workspace, sender: str) -> bool:
    """Whether a message may concern a draft, by its sender alone. Of all others nothing else is read."""
    return bool(sender) and (kinds.is_reporter(sender) or watched.to(workspace, [sender]).exists())


def examined(mail: Mail, draft: Draft) -> Iterator[Finding]:
    """What became of one draft that may not be as we left it."""
    ours = wordings(draft)
    now = mail.feed.load_draft(draft.gmail_draft_id, *ours)
    if now is None:
        yield Left(draft.pk, draft.gmail_message_id, sent_in_place_of(mail, draft, ours[0]))
    elif now.carries is None:
        yield Edited(draft.pk, draft.gmail_message_id, now)
    elif now.carries == ours[0]:
        # Otherwise it is an edit of ours on its way: `leads.engine.mailbox` notes that it arrived.
        yield SavedAgain(draft.pk, draft.gmail_message_id, now.saved)


def wordings(draft: Draft) -> list[OutgoingMail]:
    """What the mailbox had of us when we last knew, and what may have been put there since."""
    planned = codec.decode(Effect.objects.get(run=draft.run_id, kind=CreateDraft.kind).args, CreateDraft).mail
    update = MailboxUpdate.objects.filter(draft=draft).first()
    held, tried = (update.held, update.tried) if update else (1, 1)
    rows = DraftRevision.objects.filter(draft=draft, number__gte=held, number__lte=max(held, tried)).order_by("number")
    return [replace(planned, subject=row.subject, text=row.body) for row in rows] or [planned]


def sent_in_place_of(mail: Mail, draft: Draft, ours: OutgoingMail) -> Received | None:
    """What somebody sent instead: our own words, by what we marked them with, or others to the same person."""
    if marked := mail.sent_marked(ours, draft.gmail_thread_id):
        return mail.feed.load_message(marked.message_id)
    thread = mail.load_thread(draft.gmail_thread_id)
    since = [one for one in (thread.messages if thread else ()) if is_in_place_of(one, draft)]
    others = Draft.objects.filter(workspace=draft.workspace_id).exclude(pk=draft.pk)
    taken = set(
        others.filter(gmail_message_id__in=[one.id for one in since]).values_list("gmail_message_id", flat=True)
    )
    newest = next((one for one in reversed(since) if one.id not in taken), None)
    return Received(newest, draft.gmail_thread_id) if newest else None


def is_in_place_of(message: Message, draft: Draft) -> bool:
    return message.outgoing and message.sent_at > draft.created_at and draft.recipient.lower() in message.recipients


def written_by_us(mail: Mail, one: Arrived, drafts: Iterable[Draft], changes: Changes) -> Iterator[Finding]:
    """A mail that went out in the conversation of a draft: the draft itself, or another one beside it."""
    for draft in drafts:
        if draft.status in watched.OPEN and draft.gmail_message_id in changes.gone:
            continue  # examined already
        if draft.status not in {*watched.OPEN, Draft.Status.DELETED, Draft.Status.BY_HAND}:
            continue
        received = mail.feed.load_message(one.id)
        if received is None or not is_in_place_of(received.message, draft):
            continue
        if draft.status in watched.OPEN:
            yield Heard(draft.pk, Kind.OURS, received)
        elif draft.status == Draft.Status.DELETED or draft.gmail_message_id in changes.gone:
            yield Left(draft.pk, draft.gmail_message_id, received)


def answered(mail: Mail, workspace: Workspace, one: Arrived, in_thread: list[Draft]) -> Iterator[Finding]:
    """What one message says about the drafts that it concerns."""
    received = mail.feed.load_message(one.id)
    if received is None:
        return
    kind = kinds.kind_of(received)
    if kind is None:
        return
    people = kinds.people_in(received, kind)
    concerned = {draft.pk: draft for draft in watched.to(workspace, people).select_related("run")}
    if kind != Kind.BOUNCE:
        concerned |= {draft.pk: draft for draft in in_thread if draft.status != Draft.Status.DELETED}
    for draft in concerned.values():
        if is_news(received, kind, draft):
            yield Heard(draft.pk, kind, received)


def is_news(received: Received, kind: Kind, draft: Draft) -> bool:
    """Whether the draft was written without knowing of it. What can't be delivered is what was sent."""
    if kind == Kind.BOUNCE:
        return draft.sent_at is not None
    return received.message.id != draft.thread_head and received.message.sent_at > (
        draft.run.started_at or draft.created_at
    )
