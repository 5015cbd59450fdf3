"""Every draft compared with the mailbox, and everybody listened for since then, whatever the history knows.

Few calls: all drafts are listed by their ids, five units for 500; of people, a search for twenty at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import batched

from django.db.models.functions import Lower

from connectors.ports import Mail
from leads.following import kinds, watched
from leads.following.findings import Finding
from leads.following.looking import Pause, answered, examined
from leads.models import Response, Workspace

AT_ONCE = 20  # people in one search
MOST_PEOPLE = 2000


def differences(mail: Mail, workspace: Workspace, since: datetime, pause: Pause) -> Iterator[Finding]:
    """What is not as we know it."""
    there = mail.feed.drafts()
    rows = watched.open_drafts(workspace).values_list("pk", "gmail_draft_id", "gmail_message_id")
    doubted = set(watched.doubtful(workspace).values_list("pk", flat=True))
    suspects = {pk for pk, draft_id, known in rows if draft_id not in there or there[draft_id].message_id != known}
    for pks in batched(sorted(suspects | doubted), 100, strict=False):
        for draft in watched.open_drafts(workspace).filter(pk__in=pks).select_related("run").order_by("pk"):
            pause()
            yield from examined(mail, draft)
    yield from missed(mail, workspace, since, pause)


def missed(mail: Mail, workspace: Workspace, since: datetime, pause: Pause) -> Iterator[Finding]:
    """What came since then and was not taken over, from people with drafts and from those who report on them."""
    people = watched.awaiting(workspace).annotate(address=Lower("recipient")).order_by("-created_at")
    addresses = dict.fromkeys(people.values_list("address", flat=True)[:MOST_PEOPLE])
    for some in [*batched(addresses, AT_ONCE, strict=False), kinds.POSTMASTERS, kinds.CALENDARS]:
        pause()
        arrived = {one.id: one for one in mail.feed.messages_from(some, since)}
        known = Response.objects.filter(workspace=workspace, message_id__in=arrived)
        for message_id in known.values_list("message_id", flat=True):
            arrived.pop(message_id, None)
        in_threads = watched.in_threads(workspace, {one.thread_id for one in arrived.values()})
        for one in arrived.values():
            pause()
            yield from answered(mail, workspace, one, in_threads.get(one.thread_id, []))
