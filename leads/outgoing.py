"""A draft at the instant of sending: what our tables say of it, and what its accounts say when they are asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from connectors.accounts import open_accounts
from connectors.ports import Accounts, Busy, Contact, Message, OutgoingMail, SavedDraft, Thread
from leads import codec, offers, threads
from leads.briefs import dossier_of
from leads.connections import ConnectionBroken, broken_of
from leads.credentials import accounts_config
from leads.effects import CreateDraft
from leads.facts import Check, Profile, Slot, ThreadState
from leads.models import Draft, Effect, Event, MailboxUpdate, Response, Workspace
from leads.profiles import profile_of
from leads.writing.checks import check

ELSEWHERE = "wrote_elsewhere"
"""The cause of a return by which reviewers have heard of what the prospect wrote in another thread."""


@dataclass
class Outgoing:
    """Everything is read when it is first asked for, and once. `draft` has its workspace, lead and run at hand.

    What the accounts are asked for raises the errors of `connectors.errors`, and `ConnectionBroken`.
    """

    draft: Draft
    now: datetime = field(default_factory=timezone.now)

    @property
    def workspace(self) -> Workspace:
        return self.draft.workspace

    @cached_property
    def times(self) -> tuple[Slot, ...]:
        """The meeting times on offer."""
        return offers.on_offer([self.draft.pk]).get(self.draft.pk, ())

    @cached_property
    def mail(self) -> OutgoingMail:
        """The draft as the mailbox must have it: as its run made it, in the words of today."""
        planned = codec.decode(Effect.objects.get(run=self.draft.run_id, kind=CreateDraft.kind).args, CreateDraft)
        return replace(planned.mail, subject=self.draft.subject, text=self.draft.body)

    @cached_property
    def edit(self) -> str:
        """How far the newest edit got into the mailbox, as a `MailboxUpdate.State`; empty for a draft never edited."""
        return MailboxUpdate.objects.values_list("state", flat=True).filter(draft=self.draft.pk).first() or ""

    @cached_property
    def profile(self) -> Profile:
        return profile_of(self.workspace)

    @cached_property
    def accounts(self) -> Accounts:
        for service, why in broken_of(self.workspace).items():
            raise ConnectionBroken(service, why)
        return open_accounts(accounts_config(self.workspace))

    @cached_property
    def in_gmail(self) -> tuple[SavedDraft, OutgoingMail | None] | None:
        """The draft in the mailbox, and our mail if it is that word for word; None if it was sent or deleted."""
        return self.accounts.mail.draft_now(self.draft.gmail_draft_id, self.mail)

    @cached_property
    def thread(self) -> Thread | None:
        return self.accounts.mail.load_thread(self.draft.gmail_thread_id)

    @cached_property
    def followed(self) -> dict[str, str]:
        """What `leads.following` knows already, by Gmail's id: what kind of message, as a `Response.Kind`."""
        return dict(Response.objects.filter(draft=self.draft.pk).values_list("message_id", "kind"))

    @cached_property
    def unseen(self) -> tuple[Message, ...]:
        """What the thread holds that reviewers have not seen, oldest first. Who is only away has said nothing."""
        state = threads.state_of(self.thread, self.draft.recipient)
        messages = tuple(one for one in state.messages if self.followed.get(one.id) != Response.Kind.AWAY)
        ids = [message.id for message in messages]
        if self.draft.thread_head in ids:
            return messages[ids.index(self.draft.thread_head) + 1 :]
        # Its newest message was deleted, or it is a thread that only this draft has begun.
        return tuple(message for message in messages if message.sent_at > self.draft.created_at)

    @cached_property
    def elsewhere(self) -> tuple[Message, ...]:
        """What the prospect has written outside of the thread since the run read their mail, and nobody was told of."""
        told = Event.objects.filter(run=self.draft.run_id, kind="draft_returned", facts__cause=ELSEWHERE)
        since = told.order_by("-at").values_list("at", flat=True).first()
        since = since or self.draft.run.started_at or self.draft.created_at
        heard = self.accounts.mail.heard_from(self.draft.recipient, since)
        known = {message.id for message in self.thread.messages} if self.thread else set()
        return tuple(message for message in heard if message.id not in known | self.followed.keys())

    @cached_property
    def contact(self) -> Contact | None:
        return self.accounts.crm.contact_by_email(self.draft.recipient)

    @cached_property
    def busy(self) -> tuple[Busy, ...]:
        """What the calendars have around the times on offer."""
        if not self.times:
            return ()
        before, after = timedelta(minutes=self.profile.buffer_before), timedelta(minutes=self.profile.buffer_after)
        begins, ends = min(slot.start for slot in self.times), max(slot.end for slot in self.times)
        return self.accounts.calendar.busy(self.profile.calendar_ids, begins - before, ends + after)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every check again, with what the accounts say now. Raises `briefs.Lost` if the run's facts are gone."""
        brief = replace(
            dossier_of(self.draft.run).offering(self.times, self.draft.asset_ids),
            thread_now=ThreadState(messages=self.unseen),
            busy=self.busy,
            now=self.now,
        )
        brief = replace(brief, contact=self.contact or brief.contact)
        return check(self.draft.subject, self.draft.body, brief, (self.mail.to,))
