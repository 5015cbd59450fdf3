"""Whether two submissions are one, though they came in different shapes and under different names.

HubSpot's list and the workflow action give HubSpot's conversion id; our flat shape an id of its sender's choice, which
should be the same; a body of the customer's choosing perhaps none; a subscription event only the contact. Equal ids are
settled by a unique key. All others are one if they are of the same person, through the same form, at the same time.
Whoever compares holds the lead's row, which every intake locks, so nobody else is comparing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models.fields.json import KeyTextTransform

from leads.facts import Submitted
from leads.models import Submission

if TYPE_CHECKING:
    from leads.acceptance import Wanted

Source = Submission.Source
NEAR = timedelta(seconds=5)  # between two accounts of when a form was sent
CONTACT_AFTER = timedelta(minutes=1)  # between a form that was sent and the contact that HubSpot made of it
AT_ONCE = timedelta(seconds=2)  # what came so soon after it was sent may not say when: earlier versions kept no word
LATE = timedelta(hours=1)  # a webhook that doesn't say when its form was sent
RETRIED = timedelta(days=3)  # the same, where HubSpot could not deliver it at first


@dataclass(frozen=True, slots=True)
class Sent:
    """What of a submission is compared. `at` is when it was sent; of one that is not timed, when it came."""

    pk: int
    who: tuple[int, str]  # the workspace, and the address
    form_id: int | None
    source: str
    via: str
    at: datetime
    is_timed: bool
    has_delivery: bool

    @property
    def is_listed(self) -> bool:
        return self.via in Submission.LISTED


def twins_of(wanted: Sequence[Wanted]) -> dict[tuple[int, str], int]:
    """Those of `wanted` that came before under another key: by workspace and key, the submission that they are."""
    known = sent_by({each.workspace_id for each in wanted}, {each.email for each in wanted})
    found: dict[tuple[int, str], int] = {}
    for each in wanted:
        who = (each.workspace_id, each.email)
        at, is_timed = each.payload.submitted_at, each.payload.is_timed
        new = Sent(0, who, each.form_id, each.source, each.via, at, is_timed, has_delivery=False)
        if twin := next((old.pk for old in known if are_one(new, old)), None):
            found[each.at] = twin
    return found


def sent_by(workspaces: Collection[int], emails: Collection[str]) -> list[Sent]:
    """All that came from these addresses, oldest first."""
    rows = (
        Submission.objects.filter(workspace__in=workspaces, lead__email__in=emails)
        .annotate(said=KeyTextTransform("submitted_at", "payload"), timed=KeyTextTransform("is_timed", "payload"))
        .order_by("pk")
        .values_list(
            *("pk", "workspace_id", "lead__email", "form_id", "source", "via", "said", "timed", "received_at"),
            "delivery_id",
        )
    )
    sent = []
    for pk, workspace_id, email, form_id, source, via, said, timed, received_at, delivery_id in rows:
        at = datetime.fromisoformat(said) if said else received_at
        is_timed = timed == "true" if timed else abs(received_at - at) > AT_ONCE
        sent.append(Sent(pk, (workspace_id, email), form_id, source, via, at, is_timed, delivery_id is not None))
    return sent


def form_behind(workspace_id: int, submitted: Submitted) -> int | None:
    """The form's own submission that made the contact whose creation an event told of, if it came too."""
    sent = sent_by([workspace_id], [submitted.fields.get("email", "")])
    forms = [one for one in sent if one.source != Source.EVENT]
    return next((one.pk for one in forms if is_near(one.at, submitted.submitted_at)), None)


def of_nobody_yet(workspace_id: int, since: datetime) -> list[datetime]:
    """When contacts were created of whom events told lately, and who they are is not known yet."""
    unmet = Submission.objects.filter(workspace=workspace_id, received_at__gte=since, source=Source.EVENT, lead=None)
    told = unmet.annotate(said=KeyTextTransform("submitted_at", "payload")).values_list("said", flat=True)
    return [datetime.fromisoformat(said) for said in told if said]


def is_near(sent_at: datetime, contact_at: datetime) -> bool:
    """Whether a form that was sent then may have made the contact that was created then."""
    return abs(sent_at - contact_at) <= CONTACT_AFTER


def are_one(new: Sent, old: Sent) -> bool:
    """Whether `new`, which has another key, is `old` all the same."""
    if new.who != old.who:
        return False
    if Source.EVENT in {new.source, old.source}:
        return new.source != old.source and is_near(new.at, old.at)
    # Two of HubSpot's list have two ids of HubSpot's; and of two webhooks each is believed.
    if new.form_id != old.form_id or new.is_listed == old.is_listed:
        return False
    listed, told = (new, old) if new.is_listed else (old, new)
    if told.is_timed:
        return abs(told.at - listed.at) <= NEAR
    patience = RETRIED if old.is_listed and not old.has_delivery else LATE
    return -NEAR <= told.at - listed.at <= patience
