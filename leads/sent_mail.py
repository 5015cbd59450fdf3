"""Learning a voice from sent mail: read it once, propose, and let a person take over what they like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors.accounts import AccountsConfig, open_accounts
from connectors.ports import Message
from leads import anonymous, audit, call_log, codec, reps, workspaces
from leads.credentials import accounts_config
from leads.manner import Manner, Parts, Seen, manner_of
from leads.models import Answer, Lead, Rep, SentMail, Workspace
from leads.writing.prose import words

MOST = 50  # mails that are read
SECONDS = 20.0  # for that, at most
FRESH = timedelta(days=1)  # what was read is not read again for so long
SAMPLES = 6
WORTH_SHOWING = range(12, 201)  # words of a sample


class NotPossible(Exception):
    """The message says why, and what to do."""


def of(workspace: Workspace, rep: Rep | None) -> SentMail | None:
    """What was read for this voice."""
    return SentMail.objects.filter(workspace=workspace, rep=rep).first()


def learn(workspace: Workspace, rep: Rep | None, *, actor: str) -> SentMail:
    """What the newest sent mail says about the voice: as read within a day, else read now.

    Raises `NotPossible`, and what a Gmail call may raise.
    """
    known = of(workspace, rep)
    if known and is_fresh(known):
        return known
    config = mailbox_of(workspace, rep)
    with call_log.noted(workspace, "sent_mail"):
        mails = open_accounts(config).mail.sent_mail(MOST, seconds=SECONDS)
    written = [mail for mail in mails if not mail.auto_submitted and mail.text.strip()]
    if not written:
        raise NotPossible("There is no sent mail in this mailbox yet, so there is nothing to learn from.")
    manner, parts = manner_of(written)
    read = {
        "read_at": timezone.now(),
        "mails": len(written),
        "manner": codec.builtins(manner),
        "samples": samples_of(workspace, rep, written, parts),
    }
    with transaction.atomic():
        sent, _ = SentMail.objects.update_or_create(workspace=workspace, rep=rep, defaults=read)
        audit.record("sent_mail_read", workspace, actor=actor, mails=len(written), rep=rep.pk if rep else None)
    return sent


def is_fresh(sent: SentMail) -> bool:
    """Whether it was read so lately that it is not read again."""
    return sent.read_at > timezone.now() - FRESH


def mailbox_of(workspace: Workspace, rep: Rep | None) -> AccountsConfig:
    """The account whose sent mail it is. One mailbox that was connected by itself opens no other."""
    config = accounts_config(workspace)
    if rep is None or rep.email.lower() == config.google_subject.lower():
        return config
    if not rep.email:
        raise NotPossible(f"HubSpot has no e-mail address of {rep}, so their mailbox is not known.")
    if not config.opens_any_mailbox:
        raise NotPossible(
            f"Google is connected as one mailbox, {config.google_subject}, which can't read the mail of {rep.email}. "
            "Connect a service account with domain-wide delegation, or fill this voice in by hand."
        )
    return replace(config, google_subject=rep.email)


def samples_of(workspace: Workspace, rep: Rep | None, mails: Sequence[Message], parts: Sequence[Parts]) -> list[str]:
    """The newest mails that are long enough to show a manner, without anything of those whom they were for."""
    recipients = {address for mail in mails for address in mail.recipients}
    own = {workspace.sender_email.rpartition("@")[2].lower()}
    names = anonymous.names_in(recipients, own) | {name.lower() for name in workspace.known_names if name.strip()}
    leads = Lead.objects.filter(workspace=workspace, email__in=[one.lower() for one in recipients])
    for told in leads.values_list("first_name", "last_name", "company"):
        names |= {name.lower() for name in told if name.strip()}
    bodies = [one.body for one in parts]
    ours = [workspace.name, workspace.sender_name, rep.name if rep else "", *texts_of(workspace)]
    known = anonymous.everyday_words() | anonymous.plain_words(bodies) | anonymous.words_of(ours)
    known -= names
    plain = (anonymous.anonymous(body, names, known) for body in bodies)
    return codec.storable([text for text in plain if len(words(text)) in WORTH_SHOWING][:SAMPLES])


def texts_of(workspace: Workspace) -> Collection[str]:
    return list(Answer.objects.filter(workspace=workspace).values_list("text", flat=True))


@dataclass(frozen=True, slots=True)
class Proposal:
    """One field of a voice: what it says now, what it would say, and in how many of the mails that stands."""

    name: str
    label: str
    now: str
    new: str
    value: Any
    mails: int


LABELS = {
    "greeting": "Greeting",
    "closing": "Closing",
    "signature": "Signature",
    "language": "Language",
    "tone": "Tone",
}


def proposals(sent: SentMail) -> list[Proposal]:
    """What differs from the voice as it is."""
    manner, voice = codec.decode(sent.manner, Manner), sent.rep or sent.workspace
    found: list[Proposal] = []
    for name, label in LABELS.items():
        seen: Seen[str] | None = getattr(manner, name)
        now = getattr(voice, name)
        if seen and seen.value != now:
            found.append(Proposal(name, label, said(name, now), said(name, seen.value), seen.value, seen.mails))
    unsaid = [phrase for phrase in manner.never_said if phrase not in voice.banned_phrases]
    if unsaid:
        banned = [*voice.banned_phrases, *unsaid]
        found.append(Proposal("banned_phrases", "Never say, too", "", "\n".join(unsaid), banned, manner.of))
    return found


def said(name: str, value: str) -> str:
    return value.title() if name == "tone" else value


def accept(sent: SentMail, chosen: Collection[str], *, actor: str, shown: int) -> bool:
    """Take over the chosen fields, and the samples; whether anything changed. Raises `Stale`."""
    values = {one.name: one.value for one in proposals(sent) if one.name in chosen}
    if "samples" in chosen:
        values["samples"] = sent.samples
    with transaction.atomic():
        changed = change(sent, values, actor=actor, shown=shown)
        if changed:
            audit.record("voice_learned", sent.workspace, actor=actor, fields=sorted(chosen), rep=sent.rep_id)
    return changed


def change(sent: SentMail, values: Mapping[str, Any], *, actor: str, shown: int | None = None) -> bool:
    if sent.rep:
        return reps.change(sent.rep, values, actor=actor, shown=shown)
    return workspaces.change(sent.workspace, values, actor=actor, shown=shown)


def drop_samples(sent: SentMail, *, actor: str) -> bool:
    """Let the writer see no samples any more; whether that is a change."""
    return change(sent, {"samples": []}, actor=actor)


def forget(sent: SentMail, *, actor: str) -> None:
    """Delete all that was read, and the samples in the voice; what else was taken over stays."""
    with transaction.atomic():
        drop_samples(sent, actor=actor)
        SentMail.objects.filter(pk=sent.pk).delete()
        audit.record("sent_mail_forgotten", sent.workspace, actor=actor, rep=sent.rep_id)
