"""Drafts of ours in the mailbox that no draft here names, or one that is no draft any more.

They bear the mark of their run. Gmail's own editor takes it off whatever it saves: such a draft is known as long as it
says word for word what a draft here says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.db.models.functions import Lower

from connectors.mail_feed import MailFeed
from connectors.ports import OutgoingMail, SavedDraft
from leads import call_log, codec, runs
from leads.effects import CreateDraft
from leads.models import Draft, Effect, WorkflowRun, Workspace
from leads.reconciliation.finding import Check, Finding, accounts_of, in_time

Status = Draft.Status
READ = 200  # unknown drafts, the newest; each costs one small call, at the pace of what is beside the runs
ALIKE = 5  # the newest drafts to the same person, with which one without a mark is compared
OVER = (Status.SENT, Status.BY_HAND, Status.DELETED)


@dataclass(frozen=True, slots=True)
class Stray:
    """A draft in the mailbox. `draft` is ours, where there is one; `is_left` says that what that names is gone."""

    saved: SavedDraft
    words: str
    run: int | None
    draft: Draft | None = None
    is_left: bool = False


def strays(workspace: Workspace) -> Iterator[Finding]:
    with call_log.noted(workspace, "reconciliation"):
        found = list(look(workspace))
    for one in found:
        yield Finding(one.saved.draft_id, one.words, one.run)


def look(workspace: Workspace, only: str = "") -> Iterator[Stray]:
    """All, or the one with this id."""
    feed = accounts_of(workspace).mail.feed
    listed = feed.drafts()
    asked = {only} & listed.keys() if only else listed.keys()
    named = named_by_us(workspace, asked)
    for draft_id, draft in named.items():
        if draft.status in OVER:
            words = f"Draft {draft.pk} is “{draft.get_status_display().lower()}” here, and is a draft in Gmail still."
            yield Stray(listed[draft_id], f"{words} It would go to the bin.", draft.run_id, draft)
    unknown = islice((listed[one] for one in listed if one in asked and one not in named), READ)
    ours = [(key, saved) for saved in in_time(unknown) if (key := key_of(workspace, feed, saved))]
    yield from unnamed(workspace, ours, listed.keys())


def named_by_us(workspace: Workspace, listed: Collection[str]) -> dict[str, Draft]:
    """By their ids in the mailbox; the newest where several name the same."""
    rows = Draft.objects.filter(workspace=workspace, gmail_draft_id__in=listed)
    return {draft.gmail_draft_id: draft for draft in rows.order_by("pk")}


def key_of(workspace: Workspace, feed: MailFeed, saved: SavedDraft) -> UUID | None:
    """The key of the run that made it: by its mark, else by all that it says. None for what is not ours."""
    head = feed.head_of(saved.message_id)
    if head is None:
        return None
    if head.mark:
        return key_in(head.mark)
    mails = mails_to(workspace, head.to)
    text = feed.load_draft(saved.draft_id, *mails) if mails else None
    return key_in(text.carries.marker) if text and text.carries else None


def mails_to(workspace: Workspace, people: Collection[str]) -> list[OutgoingMail]:
    """The newest drafts to these people, as their runs wrote them and as they read now."""
    drafts = Draft.objects.filter(workspace=workspace).annotate(address=Lower("recipient")).filter(address__in=people)
    newest = {draft.run_id: draft for draft in drafts.order_by("-pk")[:ALIKE]}
    mails: list[OutgoingMail] = []
    for run, args in Effect.objects.filter(run__in=newest, kind=CreateDraft.kind).values_list("run_id", "args"):
        try:
            written = codec.decode(args, CreateDraft).mail
        except codec.Unreadable:  # an earlier version planned it
            continue
        mails += [replace(written, subject=newest[run].subject, text=newest[run].body), written]
    return mails


def unnamed(workspace: Workspace, ours: Sequence[tuple[UUID, SavedDraft]], listed: Collection[str]) -> Iterator[Stray]:
    """Of a run that is on its way, or started again, all may come right yet."""
    known = WorkflowRun.objects.filter(key__in={key for key, _ in ours}).select_related("draft", "again")
    made_by = {run.key: run for run in known}
    for key, saved in ours:
        run = made_by.get(key)
        draft: Draft | None = getattr(run, "draft", None)
        if run is None:
            words = "A draft in Gmail bears our mark, and its run is not here; it may be of another installation."
            yield Stray(saved, f"{words} It would go to the bin.", None)
        elif run.workspace_id != workspace.pk or is_on_its_way(run):
            continue
        elif draft is None:
            yield Stray(saved, f"{run} has a draft in Gmail, and none here. It would go to the bin.", run.pk)
        elif draft.gmail_draft_id in listed:
            words = f"{run} has two drafts in Gmail. Draft {draft.pk} names the other: this one would go to the bin."
            yield Stray(saved, words, run.pk, draft)
        elif draft.status == Status.READY and draft.gmail_draft_id:
            words = f"Draft {draft.pk} names a draft that Gmail does not have. Another of its run would be named."
            yield Stray(saved, words, run.pk, draft, is_left=True)
        elif draft.status in OVER:
            words = f"Draft {draft.pk} is “{draft.get_status_display().lower()}” here, and another of its run is a"
            yield Stray(saved, f"{words} draft in Gmail. It would go to the bin.", run.pk, draft)


def key_in(mark: str) -> UUID | None:
    """The key of a run; of what is none, somebody else has made it."""
    try:
        return UUID(mark)
    except ValueError:
        return None


def is_on_its_way(run: WorkflowRun) -> bool:
    """A run that was started again takes over what this one left."""
    again: WorkflowRun | None = getattr(run, "again", None)
    return run.state in WorkflowRun.CLAIMABLE or (again is not None and again.state in WorkflowRun.CLAIMABLE)


def settle(workspace: Workspace, subject: str, _actor: str) -> None:
    """What the words say, if they still hold. The bin can be emptied by a person, or what is in it taken back."""
    with call_log.noted(workspace, "reconciliation"):
        found = next((one for one in look(workspace, subject) if one.saved.draft_id == subject), None)
        if found is None:
            raise runs.NotPossible("It is settled: it was sent, edited or thrown away, or a draft here names it now.")
        if found.draft is not None and found.is_left:
            name(found.draft, found.saved)
        else:
            accounts_of(workspace).mail.throw_away(subject)


def name(draft: Draft, saved: SavedDraft) -> None:
    # Race: somebody who decides on the draft at this moment; what they decided on stands.
    same = Draft.objects.filter(pk=draft.pk, version=draft.version, status=Status.READY)
    ids = {"gmail_message_id": saved.message_id, "gmail_thread_id": saved.thread_id}
    if not same.update(gmail_draft_id=saved.draft_id, **ids):
        raise runs.NotPossible("Somebody has decided on the draft, or changed it, at this moment.")


STRAYS = Check(
    "Drafts in Gmail that do not belong to a draft here",
    "Known by our mark, or by every word: doubles, and what our tables do not have or say was sent or deleted.",
    "Settle it",
    strays,
    settle,
    removes=True,
)
