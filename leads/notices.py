"""What people can do about messages to the team: say where they go, try it, send one again.

Addresses are Apprise's. They hold tokens and passwords, so they are sealed as credentials are, and never shown again.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from leads import audit
from leads.credentials import KeyLost, keys
from leads.models import Notice, NoticeAddress, Workspace

# These would speak on the server's own screen, or in its log, where nobody looks.
LOCAL = {"dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}


class BadAddress(ValueError):
    """What was entered is no address that can be used; the message says what to enter instead."""


class NotPossible(Exception):
    """The message is in a state that does not allow it."""


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
    return str(found.service_name)[:80]


def add(workspace: Workspace, *, url: str, by: User, **settings: Any) -> NoticeAddress:
    """Tell one more address. `settings` are the other fields of it."""
    service = service_of(url)
    with transaction.atomic():
        address = NoticeAddress.objects.create(
            workspace=workspace, service=service, sealed=keys().encrypt(url.strip().encode()), **settings
        )
        trace(address, "added", by)
    return address


def change(address: NoticeAddress, *, url: str = "", by: User, **settings: Any) -> None:
    """Change what is given; an empty address stays as it is."""
    if url:
        settings |= {"service": service_of(url), "sealed": keys().encrypt(url.strip().encode())}
    with transaction.atomic():
        NoticeAddress.objects.filter(pk=address.pk).update(changed_at=Now(), **settings)
        trace(address, "changed", by, fields=sorted(settings.keys() - {"service"}))


def remove(address: NoticeAddress, *, by: User) -> None:
    """Tell it nothing any more; what waits for it is dropped, and links sent to it die."""
    with transaction.atomic():
        trace(address, "removed", by)
        address.delete()


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
    """How many messages were given up, capped: a person must see that they can't be sent."""
    return Notice.objects.filter(state=Notice.State.FAILED).values("pk")[:100].count()
