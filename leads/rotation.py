"""Whatever is kept sealed, sealed anew with the newest of CREDENTIALS_KEYS, so that older keys can be taken away."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from leads import audit
from leads.credentials import keys
from leads.models import Connection, NoticeAddress

SEALED = (Connection, NoticeAddress)


@dataclass(slots=True)
class Rotation:
    """How many were sealed anew, how many need not be, and which no key opens."""

    resealed: int = 0
    current: int = 0
    lost: list[str] = field(default_factory=list)


def rotate() -> Rotation:
    """Run it as often as you like: what the newest key sealed is left as it is."""
    done = Rotation()
    for model in SEALED:
        for pk in model.objects.exclude(sealed=b"").order_by("pk").values_list("pk", flat=True):
            reseal(model, pk, done)
    if done.resealed:
        audit.record("credentials_resealed", None, actor="", resealed=done.resealed)
    return done


def is_current(sealed: bytes) -> bool:
    """Whether the newest key sealed it."""
    try:
        Fernet(settings.CREDENTIALS_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        return False
    return True


def reseal(model: type[Connection | NoticeAddress], pk: int, done: Rotation) -> None:
    # Race: somebody enters new credentials; the old ones must not be written over them.
    with transaction.atomic():
        row = model.objects.select_for_update().filter(pk=pk).first()
        if row is None or not row.sealed or is_current(bytes(row.sealed)):
            done.current += row is not None
            return
        try:
            fresh = keys().rotate(bytes(row.sealed))
        except InvalidToken:
            done.lost.append(str(row))
            return
        model.objects.filter(pk=pk).update(sealed=fresh)  # not `save`: nobody entered anything
        done.resealed += 1
