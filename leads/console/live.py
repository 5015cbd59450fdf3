"""What changes on a page without a reload.

A page marks a region with `{% live "name" "argument" %}`; `@region("name", "app.permission")` registers the function
that draws it. One poller per page asks `admin/live/?v=VERSION&r=name:argument,…` every EVERY seconds. The version is
made of the newest audit event, so an answer is 204 as long as nothing happened; else it is JSON: the new version, the
HTML of the regions, the counts for badges and title, and what is worth a word (`news`).

It is made to be cheap, for many consoles on few threads: the version is asked for at most three times a second in
a process, whoever polls; a region is drawn once per version, for all who may see the same; and a session that was good
is not looked up again for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from leads import letters
from leads.identifiers import identifier
from leads.models import Draft, Event

EVERY = 1.5  # seconds between two polls of a page; with VERSION_FOR, what changed is seen within two
VERSION_FOR = 0.3  # seconds that a process trusts the version it read
SESSION_FOR = 60.0
REFRESH = 15  # seconds after which a page is drawn again though nothing happened: health, and what slipped by
# Ids are given before they are committed: for a while after the newest event an older one may still turn up.
SETTLE = (2, 4, 8)
KEPT = 256  # regions, and sessions, that a process remembers
FOREVER = float("inf")
SLIPPED = 50  # ids that may have been committed later than newer ones
MINDED = 10_000  # events of which nobody looked at the kind; more than happen between two polls
CAP = 99  # of what a badge counts
NEWS = 5
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


def region(name: str, permission: str) -> Callable[[Draw], Draw]:
    """Register what draws a region: a function of the viewer and the argument that the page gave it."""

    def register(draw: Draw) -> Draw:
        REGIONS[name] = Region(draw, permission)
        return draw

    return register


class Remembered[K: Hashable, V]:
    """What a process keeps for a while. Threads share it; the one that was put first goes first."""

    everywhere: ClassVar[list[Remembered[Any, Any]]] = []

    def __init__(self, size: int) -> None:
        self.everywhere.append(self)
        self.size = size
        self.values: dict[K, tuple[float, V]] = {}
        self.lock = Lock()

    def get(self, key: K, seconds: float) -> V | None:
        at, value = self.values.get(key, (0.0, None))
        return value if value is not None and time.monotonic() - at < seconds else None

    def put(self, key: K, value: V) -> None:
        with self.lock:
            self.values.pop(key, None)
            while len(self.values) >= self.size:
                del self.values[next(iter(self.values))]
            self.values[key] = (time.monotonic(), value)

    def clear(self) -> None:
        with self.lock:
            self.values.clear()


type Drawn = tuple[str, str, frozenset[str], str]
_versions: Remembered[str, tuple[int, str]] = Remembered(1)
_viewers: Remembered[str, frozenset[str]] = Remembered(KEPT)
_drawn: Remembered[Drawn, tuple[str, str]] = Remembered(KEPT)
_drawing = Lock()
_minded: Remembered[str, int] = Remembered(1)
_counts: Remembered[str, dict[str, int]] = Remembered(2)


def forget(**_: Any) -> None:
    """Of a process: all that it remembers. After a log-out nobody is known any more."""
    for memory in Remembered.everywhere:
        memory.clear()


user_logged_out.connect(forget)


def version() -> tuple[int, str]:
    """The id of the newest event, and the version of everything on the pages."""
    known = _versions.get("", VERSION_FOR)
    if known is None:
        newest = Event.objects.order_by("-pk").values_list("pk", "at").first()
        known = (newest[0] if newest else 0), stamp(newest)
        mind_access(known[0])
        _versions.put("", known)
    return known


def mind_access(newest: int) -> None:
    """Forget who may see what as soon as an event says that somebody's rights changed, in whichever process."""
    before = _minded.get("", FOREVER)
    if before is not None and before != newest:
        since = max(before - SLIPPED, newest - MINDED)
        if Event.objects.filter(pk__gt=since, pk__lte=newest, kind__in=ACCESS).exists():
            _viewers.clear()
    _minded.put("", newest)


def stamp(newest: tuple[int, Any] | None) -> str:
    now = timezone.now()
    bucket = int(now.timestamp()) // REFRESH
    if newest is None:
        return f"0.0.{bucket}"
    age = (now - newest[1]).total_seconds()
    return f"{newest[0]}.{sum(age >= edge for edge in SETTLE)}.{bucket}"


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
    names = [name for name in request.GET.get("r", "").split(",")[:20] if name]
    return JsonResponse(
        {
            "version": current,
            "newest": newest,
            "regions": {name: html for name in names if (html := drawn(name, viewer, current)) is not None},
            "counts": counts(viewer, current),
            "news": news(request.GET.get("since", ""), newest, viewer),
        },
        headers={"Cache-Control": "no-store"},
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
    known = _counts.get(current, REFRESH)
    if known is None:
        ready = Draft.objects.filter(status=Draft.Status.READY).values("pk")[: CAP + 1]
        dead = letters.all_of().values("pk")[: CAP + 1]
        known = {"review": ready.count(), "errors": dead.count()}
        _counts.put(current, known)
    needs = {"review": "leads.view_draft", "errors": "leads.view_workflowrun"}
    return {name: number for name, number in known.items() if viewer.may(needs[name])}


def news(since: str, newest: int, viewer: Viewer) -> list[dict[str, Any]]:
    """What a person is told quietly: runs that died and drafts to review since event `since`; the newest few."""
    seen = identifier(since)
    if seen is None or seen >= newest:
        return []
    if not viewer.may("leads.view_workflowrun"):
        return []
    worth = Q(kind="run_died") | Q(kind="run_done", facts__outcome="drafted")
    told = (
        Event.objects.filter(worth, pk__gt=seen, pk__lte=newest, run__isnull=False)
        .order_by("-pk")
        .values_list("pk", "kind", "run_id", "facts__outcome", "run__draft")[:NEWS]
    )
    return [said for row in told if (said := tell(*row)) is not None]


def tell(pk: int, kind: str, run_id: int, outcome: str | None, draft: int | None) -> dict[str, Any] | None:
    address = reverse("admin:leads_workflowrun_change", args=[run_id])
    if kind == "run_died":
        return {"id": pk, "tone": "bad", "text": f"Run {run_id} gave up and needs a person.", "address": address}
    if outcome == "drafted" and draft:
        address = reverse("admin:review_draft", args=[draft])
        return {"id": pk, "tone": "good", "text": f"Run {run_id}: a draft is ready for review.", "address": address}
    return None
