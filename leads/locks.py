"""Locks of PostgreSQL's that a session holds. One ends with its process, however that dies, and may be held over a call
to a vendor, which a row lock must not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

KEY = "hashtextextended(%s, %s)"


@contextmanager
def alone(what: str, pk: int) -> Iterator[bool]:
    """Whether no other session does `what` to the row with this id; until the end none begins to."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({KEY})", [what, pk])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({KEY})", [what, pk])
