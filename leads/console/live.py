"""What changes on a page without a reload.

A page marks a region with `{% live "name" "argument" %}`; `@region("name", "app.permission")` registers the function
that draws it. One poller per page asks `admin/live/?v=VERSION&r=name:argument,…` every EVERY seconds. The version is
made of the newest audit event, so an answer is 204 as long as nothing happened; else it is JSON: the new version, the
HTML of the regions, the counts for badges and title, and what is worth a word (`news`).

What changes without an event is in the version too: the newest delivery, since ignored and refused ones leave no event,
and what `@pulse` functions say, such as whether a worker is alive.

It is made to be cheap, for many consoles on few threads: the version is asked for at most three times a second in
a process, whoever polls; a region is drawn once per version, for all who may see the same; and a session that was good
is not looked up again for a minute.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Any
from zlib import crc32

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from leads import letters, momentary
from leads.identifiers import identifier
from leads.models import Alert, Draft, Event, Sending
from leads.momentary import Momentary

EVERY = 1.5  # seconds between two polls of a page; with VERSION_FOR, what changed is seen within two
VERSION_FOR = 0.3  # seconds that a process trusts the version it read
SESSION_FOR = 60.0
PULSE_FOR = 10.0
REFRESH = 60  # seconds after which a page is drawn again though nothing happened: hours pass, and something may slip by
# Ids are given before they are committed: for a while after the newest event an older one may still turn up.
SETTLE = (2, 4, 8)
KEPT = 256  # regions, and sessions, that a process remembers
ANSWERS = 32  # whole answers, which are large
FOREVER = float("inf")
SLIPPED = 50  # ids that may have been committed later than newer ones
MINDED = 10_000  # events of which nobody looked at the kind; more than happen between two polls
CAP = 99  # of what a badge counts
NEWS = 5
SENDING_NEWS = {
    "draft_returned": "its draft was not sent, and is back in review.",
    "draft_uncertain": "its draft may have been sent. A person must look.",
}
ARGUMENT = 100  # characters
ACCESS = ("roles_changed", "person_deactivated", "person_let_in")  # after these, nobody's rights are remembered


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: what they may see, and the zone in which they see times."""

    permissions: frozenset[str]
    zone: tzinfo

    def may(self, permission: str) -> bool:
        return not permission or permission in self.permissions


type Draw = Callable[[Viewer, str], str]


@dataclass(frozen=True, slots=True)
class Region:
    draw: Draw
    permission: str


REGIONS: dict[str, Region] = {}
PULSES: list[Callable[[], str]] = []


def region(name: str, permission: str) -> Callable[[Draw], Draw]:
    """Register what draws a region: a function of the viewer and the argument that the page gave it."""

    def register(draw: Draw) -> Draw:
        REGIONS[name] = Region(draw, permission)
        return draw

    return register


def pulse(read: Callable[[], str]) -> Callable[[], str]:
    """Register what is a part of the version though no event tells of it. Asked every PULSE_FOR in each process, so it
    must be cheap, and say the same in all of them."""
    PULSES.append(read)
    return read


type Drawn = tuple[str, str, frozenset[str], str]
_versions: Momentary[str, tuple[int, str]] = Momentary(1)
_pulses: Momentary[str, str] = Momentary(1)
_viewers: Momentary[str, frozenset[str]] = Momentary(KEPT)
_drawn: Momentary[Drawn, tuple[str, str]] = Momentary(KEPT)
_drawing = Lock()
_answers: Momentary[tuple[str, str, str, frozenset[str], str], str] = Momentary(ANSWERS)
_minded: Momentary[str, int] = Momentary(1)
_counts: Momentary[str, dict[str, int]] = Momentary(2)


def forget(**_: Any) -> None:
    """After a log-out nobody is known any more, in this process."""
    momentary.forget()


user_logged_out.connect(forget)


def version() -> tuple[int, str]:
    """The id of the newest event, and the version of everything on the pages."""
    return _versions.recall("", VERSION_FOR, read_version)


# Nothing of it is counted: both tables are read from the end of their primary key.
NEWEST = """
SELECT event.id, event.at, delivery.id FROM (VALUES (1)) always
LEFT JOIN LATERAL (SELECT id, at FROM leads_event ORDER BY id DESC LIMIT 1) event ON true
LEFT JOIN LATERAL (SELECT id FROM leads_delivery ORDER BY id DESC LIMIT 1) delivery ON true
"""


def read_version() -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        event, at, delivery = cursor.fetchone()
    mind_access(event or 0)
    pulse_now = _pulses.recall("", PULSE_FOR, beat)
    return event or 0, f"{event or 0}.{settled(at)}.{delivery or 0}.{pulse_now}.{int(time.time()) // REFRESH}"


def beat() -> str:
    return f"{crc32(' '.join(read() for read in PULSES).encode()):x}"


def settled(newest: datetime | None) -> int:
    """Grows a few times after an event, so that an older one that was committed later is seen."""
    age = (timezone.now() - newest).total_seconds() if newest else FOREVER
    return sum(age >= edge for edge in SETTLE)


def mind_access(newest: int) -> None:
    """Forget who may see what as soon as an event says that somebody's rights changed, in whichever process."""
    before = _minded.get("", FOREVER)
    if before is not None and before != newest:
        since = max(before - SLIPPED, newest - MINDED)
        if Event.objects.filter(pk__gt=since, pk__lte=newest, kind__in=ACCESS).exists():
            _viewers.clear()
    _minded.put("", newest)


def unchanged(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before all others: most polls are of somebody known and find nothing new, and need no more."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path == address():
            known = _viewers.get(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), SESSION_FOR)
            if known is not None and request.GET.get("v") == version()[1]:
                return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return get_response(request)

    return answer


@cache
def address() -> str:
    return reverse("admin:live")


@require_safe
def poll(request: HttpRequest) -> HttpResponseBase:
    """204 when nothing changed, 403 when nobody is logged in any more."""
    permissions = who(request)
    if permissions is None:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    newest, current = version()
    if request.GET.get("v") == current:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    viewer = Viewer(permissions, timezone.get_current_timezone())
    asked = (current, request.GET.get("r", ""), request.GET.get("since", ""), viewer.permissions, str(viewer.zone))
    body = _answers.recall(asked, REFRESH, lambda: composed(viewer, newest, *asked[:3]))
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


def composed(viewer: Viewer, newest: int, current: str, wanted: str, since: str) -> str:
    """What a page is told of this version; the same for all who look at it with the same rights."""
    names = [name for name in wanted.split(",")[:20] if name]
    return json.dumps(
        {
            "version": current,
            "newest": newest,
            "regions": {name: html for name in names if (html := drawn(name, viewer, current)) is not None},
            "counts": counts(viewer, current),
            "news": news(since, newest, viewer),
        }
    )


def who(request: HttpRequest) -> frozenset[str] | None:
    """What the person behind the session may see; None when it is nobody who may look at the console."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if (known := _viewers.get(session, SESSION_FOR)) is not None:
        return known
    permissions = permissions_of(request.user)
    if permissions is not None:
        _viewers.put(session, permissions)
    return permissions


def permissions_of(user: User | AnonymousUser) -> frozenset[str] | None:
    return frozenset(user.get_all_permissions()) if user.is_active and user.is_staff else None


def drawn(name: str, viewer: Viewer, current: str) -> str | None:
    """The HTML of a region, for a page that asks for it again; None for one that is unknown or not for this person."""
    key, _, argument = name.partition(":")
    found = REGIONS.get(key)
    if found is None or not viewer.may(found.permission):
        return None
    memory = (key, argument[:ARGUMENT], viewer.permissions, str(viewer.zone))
    known = _drawn.get(memory, REFRESH)
    if known is None or known[0] != current:
        with _drawing:  # fifty consoles ask at once; one draws
            known = _drawn.get(memory, REFRESH)
            if known is None or known[0] != current:
                known = (current, found.draw(viewer, argument[:ARGUMENT]))
                _drawn.put(memory, known)
    return known[1]


def viewer_of(request: HttpRequest) -> Viewer:
    return Viewer(permissions_of(request.user) or frozenset(), timezone.get_current_timezone())


def for_page(name: str, request: HttpRequest) -> str:
    """The HTML of a region as a page is drawn. Raises `PermissionDenied` where the page should have."""
    viewer = viewer_of(request)
    key, _, argument = name.partition(":")
    if not viewer.may(REGIONS[key].permission):
        raise PermissionDenied
    return REGIONS[key].draw(viewer, argument)


def counts(viewer: Viewer, current: str) -> dict[str, int]:
    """What the badges say, capped; those that this person may see."""
    known = _counts.recall(current, REFRESH, count)
    needs = {
        "review": "leads.view_draft",
        "outbox": "leads.view_draft",
        "errors": "leads.view_workflowrun",
        "alerts": "leads.view_alert",
    }
    return {name: number for name, number in known.items() if viewer.may(needs[name])}


def count() -> dict[str, int]:
    counted: dict[str, QuerySet[Any]] = {
        "review": Draft.objects.filter(status=Draft.Status.READY),
        "outbox": Sending.objects.all(),
        "errors": letters.all_of(),
        "alerts": Alert.objects.filter(resolved_at=None, acknowledged_at=None),
    }
    parts = [rows.values("pk")[: CAP + 1].query.sql_with_params() for rows in counted.values()]
    each = ", ".join(f"(SELECT count(*) FROM ({statement}) AS counted)" for statement, _ in parts)  # noqa: S608  built by the ORM
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {each}", [value for _, values in parts for value in values])
        return dict(zip(counted, cursor.fetchone(), strict=True))


def news(since: str, newest: int, viewer: Viewer) -> list[dict[str, Any]]:
    """What a person is told quietly: runs that died, drafts to review, and drafts that came back or may have been sent,
    since event `since`; the newest few."""
    seen = identifier(since)
    if seen is None or seen >= newest:
        return []
    if not viewer.may("leads.view_workflowrun"):
        return []
    worth = Q(kind__in=["run_died", "draft_uncertain"]) | Q(kind="run_done", facts__outcome="drafted")
    worth |= Q(kind="draft_returned", actor="")  # whoever does it themselves knows
    told = (
        Event.objects.filter(worth, pk__gt=seen, pk__lte=newest, run__isnull=False)
        .order_by("-pk")
        .values_list("pk", "kind", "run_id", "facts__outcome", "run__draft")[:NEWS]
    )
    return [said for row in told if (said := tell(*row)) is not None]


def tell(pk: int, kind: str, run_id: int, outcome: str | None, draft: int | None) -> dict[str, Any] | None:
    if kind == "run_died":
        where = reverse("admin:leads_workflowrun_change", args=[run_id])
        return {"id": pk, "tone": "bad", "text": f"Run {run_id} gave up and needs a person.", "address": where}
    if draft and kind in SENDING_NEWS:
        where = reverse("admin:review_draft", args=[draft])
        return {"id": pk, "tone": "bad", "text": f"Run {run_id}: {SENDING_NEWS[kind]}", "address": where}
    if outcome == "drafted" and draft:
        where = reverse("admin:review_draft", args=[draft])
        return {"id": pk, "tone": "good", "text": f"Run {run_id}: a draft is ready for review.", "address": where}
    return None
