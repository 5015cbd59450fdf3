"""What people can do about messages to the team: say where they go, try it, send one again.

Addresses are Apprise's. They hold tokens and passwords, so they are sealed as credentials are, and never shown again.

An address is a person's only by that person's own word, since links that approve in their name go there: nobody gives
an address to somebody else, and who enters another one takes it away from whoever had it.
"""

from __future__ import annotations

import ipaddress
import socket
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from leads import audit
from leads.credentials import KeyLost, keys
from leads.models import Notice, NoticeAddress, WorkflowRun, Workspace

# These would speak on the server's own screen, or in its log, where nobody looks.
LOCAL = {"dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
# These take any host and post to it what they are given: on a private network that is a way in.
PLAIN = {"apprise", "form", "json", "xml"}
LATE = timedelta(minutes=1)  # for a message that nobody takes
NAME_TAKEN = "There is an address of this name already."


class BadAddress(ValueError):
    """What was entered is no address that can be used; the message says what to enter instead."""


class NotPossible(Exception):
    """The message's state does not allow it, or it is not theirs to do; the text says which."""


def service_of(url: str) -> str:
    """The name of the service that an address is for; raises `BadAddress` if it is for none."""
    import apprise  # noqa: PLC0415  it knows 140 services, and takes a second to say so

    scheme = url.partition("://")[0].strip().lower()
    if scheme in LOCAL:
        raise BadAddress(f"{scheme}:// speaks on the server itself, where nobody would see it.")
    found = apprise.Apprise.instantiate(url.strip(), suppress_exceptions=True)
    if found is None or isinstance(found, list):
        raise BadAddress(
            "Apprise does not understand this address. For Slack it is slack://TokenA/TokenB/TokenC, for e-mail "
            "mailtos://USER:PASSWORD@HOST?to=you@example.com; others are listed at github.com/caronc/apprise."
        )
    refuse_inside(found)
    return str(found.service_name)[:80]


def refuse_inside(target: Any) -> None:
    """Raises `BadAddress` if in production it would post to this machine or to a private network."""
    host = str(getattr(target, "host", "") or "")
    if settings.PRODUCTION and getattr(target, "protocol", "") in PLAIN and is_inside(host):
        raise BadAddress(
            f"{target.protocol}:// may not point to this machine or to a private network. Enter a host that the "
            "internet can reach, or the address of a chat or mail service."
        )


def is_inside(host: str) -> bool:
    """Whether the name stands for an address that is not public. One that stands for nothing does no harm."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return False
    return any(not ipaddress.ip_address(place[0]).is_global for *_, place in found)


def add(workspace: Workspace, *, url: str, by: User, person: User | None = None, **fields: Any) -> NoticeAddress:
    """Tell one more address. `person` is `by`, if it is their own; `fields` are the others."""
    refuse_others(person, by)
    service = service_of(url)
    sealed = keys().encrypt(url.strip().encode())
    try:
        with transaction.atomic():
            address = NoticeAddress.objects.create(
                workspace=workspace, service=service, sealed=sealed, person=person, **fields
            )
            trace(address, "added", by)
    except IntegrityError:  # race: somebody else took the name
        raise NotPossible(NAME_TAKEN) from None
    return address


def change(address: NoticeAddress, *, url: str = "", by: User, **fields: Any) -> None:
    """Change what is given; an empty address stays as it is, and a new one is nobody's but `by`'s."""
    if url:
        fields |= {"service": service_of(url), "sealed": keys().encrypt(url.strip().encode())}
    try:
        with transaction.atomic():
            # Race: whose it is and where it goes must change together.
            stored = NoticeAddress.objects.select_for_update().get(pk=address.pk)
            fields |= {"person_id": whose(stored, by, is_new=bool(url), wanted=fields.pop("person", stored.person))}
            NoticeAddress.objects.filter(pk=stored.pk).update(changed_at=Now(), **fields)
            changed = {name.removesuffix("_id") for name in fields} - {"service"}
            if fields["person_id"] == stored.person_id:
                changed -= {"person"}
            trace(stored, "changed", by, fields=sorted(changed))
    except IntegrityError:
        raise NotPossible(NAME_TAKEN) from None


def whose(stored: NoticeAddress, by: User, *, is_new: bool, wanted: User | None) -> int | None:
    """The id of the person whose an address is after a change; `is_new` says that it goes elsewhere from then on."""
    if wanted is None or wanted.pk == by.pk:
        if wanted is not None and stored.person_id != by.pk and not is_new:
            raise NotPossible("Enter the address again: it is not shown, and links in your name will go there.")
        return wanted.pk if wanted else None
    if wanted.pk != stored.person_id:
        refuse_others(wanted, by)
    return None if is_new else stored.person_id


def refuse_others(person: User | None, by: User) -> None:
    if person is not None and person.pk != by.pk:
        raise NotPossible(
            f"Only {person} can say that an address is theirs: links that approve in their name go there."
        )


def remove(address: NoticeAddress, *, by: User) -> None:
    """Tell it nothing any more; what waits for it is dropped, and links sent to it die."""
    with transaction.atomic():
        trace(address, "removed", by)
        address.delete()


def tell_of_sending(kind: Notice.Kind, run: WorkflowRun) -> None:
    """Tell the team that the run's draft came back, or may have been sent. In the transaction in which that is so."""
    Notice.objects.bulk_create(
        Notice(workspace_id=run.workspace_id, address=address, run=run, kind=kind)
        for address in NoticeAddress.objects.filter(workspace=run.workspace_id, on_sending=True)
    )


def send_test(address: NoticeAddress, *, by: User) -> Notice:
    """Put a test message into the outbox: it goes the way that all others go."""
    with transaction.atomic():
        notice = Notice.objects.create(workspace=address.workspace, address=address, kind=Notice.Kind.TEST)
        trace(address, "tested", by)
    return notice


def send_again(notice: Notice, *, by: User) -> None:
    """Try a message again that was given up."""
    with transaction.atomic():
        changed = Notice.objects.filter(pk=notice.pk, state=Notice.State.FAILED).update(
            state=Notice.State.QUEUED, attempt=0, error="", due_at=Now()
        )
        if not changed:
            raise NotPossible("Only a message that was not sent can be sent again.")
        audit.record("notice_sent_again", notice.workspace, actor=by.get_username(), notice=notice.pk)


def trace(address: NoticeAddress, action: str, by: User, **facts: Any) -> None:
    actor = by.get_username()
    audit.record(f"notice_address_{action}", address.workspace, actor=actor, address=address.pk, **facts)


def unsealed(address: NoticeAddress) -> str:
    """The address itself; `KeyLost` if no key fits. For the sender only."""
    try:
        return keys().decrypt(bytes(address.sealed)).decode()
    except InvalidToken:
        raise KeyLost(
            "It was sealed with a key that is not in CREDENTIALS_KEYS any more. Put the key back, or enter the "
            "address again."
        ) from None


def unsent() -> int:
    """How many messages were given up, failed and are tried again, or are taken by nobody, capped.

    A person must see at once that they can't be sent.
    """
    fails = ~Q(error="") | Q(due_at__lte=Now() - LATE)
    found = Notice.objects.filter(Q(state=Notice.State.FAILED) | Q(fails, state=Notice.State.QUEUED))
    return found.values("pk")[:100].count()
