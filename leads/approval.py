"""Approving a draft by a link that was sent to one person: once, for 72 hours, and only the draft that it was made for.

Who has the link needs no login: it stands for the person it was made for, who must still be allowed to review. It is
sent only where an address belongs to a person. Reading the page changes nothing, since scanners of mail follow links.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from leads import audit, drafts, offers, seals
from leads.models import Draft, Notice
from leads.outlook import Outlook, outlook

LIFE = timedelta(hours=72)
SALT = "leads.approval"
MAY = ("leads.view_draft", "leads.review_draft")


class Refused(Exception):
    """The link does not open, or no more; `title` and the message say why, and what to do."""

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a good link stands for, and what approving does."""

    notice: Notice
    draft: Draft
    person: User
    outlook: Outlook


def link(notice: Notice, draft: Draft, person: User) -> str:
    """The address under which `person` approves `draft` as it stands now."""
    token = signing.dumps({"notice": notice.pk, "person": person.pk, "draft": bound_to(draft)}, salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('approve', args=[token])}"


def may_review(person: User) -> bool:
    return person.is_active and person.is_staff and person.has_perms(MAY)


def bound_to(draft: Draft) -> str:
    """What the link is good for: this wording, these times, this thread, and nothing that a person decided since."""
    return f"{draft.version}.{seals.seal_of(draft, offers.on_offer([draft.pk]).get(draft.pk, ()))}"


def open_link(token: str, *, lock: bool = False) -> Opened:
    """What the link stands for, if it may still be used; else raises `Refused`. `lock` keeps others off the draft."""
    try:
        said = signing.loads(token, salt=SALT, max_age=LIFE)
    except signing.SignatureExpired:
        raise Refused("This link has expired", "It was good for 72 hours. Review the draft in the console.") from None
    except signing.BadSignature:
        raise Refused(
            "This link is not whole", "Open it from the message again, or review the draft in the console."
        ) from None
    notice = Notice.objects.select_related("workspace").filter(pk=said["notice"]).first()
    person = User.objects.filter(pk=said["person"]).first()
    rows = Draft.objects.select_for_update(of=("self",)) if lock else Draft.objects
    draft = rows.select_related("run", "workspace").filter(run=notice.run_id).first() if notice else None
    if notice is None or draft is None:
        raise Refused("This draft is gone", "It was erased, or the address that the message went to was removed.")
    if person is None or not may_review(person):
        raise Refused("You may not review drafts any more", "Ask whoever manages your account for the permission.")
    refuse_stale(notice, draft, said["draft"])
    return Opened(notice, draft, person, outlook(draft))


def refuse_stale(notice: Notice, draft: Draft, bound: str) -> None:
    if notice.used_at:
        raise Refused("This link was used", "It approves once. What became of the draft stands in the console.")
    if draft.status != Draft.Status.READY:
        raise Refused(
            f"This draft is {draft.get_status_display().lower()} already", "Nothing was changed. See it in the console."
        )
    if bound_to(draft) != bound:
        raise Refused(
            "This draft has changed", "It is not what the message told you of. Review what it says now in the console."
        )


def approve(token: str) -> Opened:
    """Approve in the name of the person whom the link was made for."""
    # Race: the same link twice, or a reviewer in the console. The draft's row decides; all of it holds or nothing.
    with transaction.atomic():
        opened = open_link(token, lock=True)
        try:
            drafts.approve(opened.draft, version=opened.draft.version, by=opened.person)
        except drafts.NotPossible as refusal:
            raise Refused("This draft can't be approved", str(refusal)) from None
        Notice.objects.filter(pk=opened.notice.pk).update(used_at=Now())
        actor, draft = opened.person.get_username(), opened.draft
        facts = {"draft": draft.pk, "address": opened.notice.address_id}
        audit.record("approve_link_used", draft.workspace, actor=actor, run=draft.run, **facts)
    return opened
