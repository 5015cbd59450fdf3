"""What people can do to a submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from leads import audit, codec
from leads.facts import Submitted
from leads.models import Lead, Submission
from leads.payloads import LONGEST_VALUE

LONGEST_ADDRESS = 254


class NotPossible(Exception):
    """What was entered can't stand; the message says what to enter instead."""


def correct(submission: Submission, entered: Mapping[str, str], *, actor: str) -> bool:
    """Put what a person entered in the place of what the form brought; whether anything changed.

    The delivery keeps what came. Only a run that begins after this reads it.
    """
    # Race: two people correct the same submission; the second starts from what the first made of it.
    with transaction.atomic():
        held = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
        submitted = codec.decode(held.payload, Submitted)
        given = {name: plain(value) for name, value in entered.items()}
        changed = {name: value for name, value in given.items() if value != plain(submitted.fields.get(name, ""))}
        if not changed:
            return False
        email = usable_address((submitted.fields | changed).get("email", ""))
        corrected = replace(submitted, fields=submitted.fields | changed | {"email": email})
        lead, _ = Lead.objects.get_or_create(workspace_id=held.workspace_id, email=email)
        Submission.objects.filter(pk=held.pk).update(payload=codec.builtins(corrected), lead=lead)
        audit.record("submission_corrected", held.workspace, actor=actor, submission=held.pk, fields=sorted(changed))
    return True


def is_readable(submission: Submission) -> bool:
    try:
        codec.decode(submission.payload, Submitted)
    except codec.Unreadable:
        return False
    return True


def plain(value: str) -> str:
    """As the fields of forms come: a browser ends lines otherwise, which is no change."""
    return value.replace("\r\n", "\n").strip()[:LONGEST_VALUE]


def usable_address(entered: str) -> str:
    """Lower-case, as the webhook keeps addresses."""
    email = entered.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise NotPossible(f"“{entered[:100]}” is not an e-mail address. Enter the one to answer to.") from None
    if len(email) > LONGEST_ADDRESS:
        raise NotPossible(f"An e-mail address has at most {LONGEST_ADDRESS} characters.")
    return email
