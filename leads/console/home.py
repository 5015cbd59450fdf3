"""What home shows: how it goes today, what waits for a person, what runs, and whether everything is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Aggregate, Count, DurationField, F, Min, Q
from django.db.models.functions import TruncDay, TruncHour
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from leads import departures, letters, timeline
from leads.console import target
from leads.console.health import broken, signs
from leads.console.live import Viewer, region
from leads.console.plots import Bucket, Plot, plot
from leads.console.scope import called, listed, within
from leads.engine.steps import REGISTRY
from leads.models import Draft, Lead, Sending, StepRun, WorkflowRun, Workspace
from leads.momentary import Momentary
from leads.readable import span

State = WorkflowRun.State
SHOWN = 50  # runs
CAP = 1000  # beyond which a figure says "1000+"
PERIODS = {"24h": ("24 h", timedelta(hours=24)), "7d": ("7 d", timedelta(days=7)), "30d": ("30 d", timedelta(days=30))}
STEPS = len(REGISTRY)
SLOW = 10.0  # seconds; what looks at days of rows is not read again with every event
_slow: Momentary[tuple[str, ...], Any] = Momentary(64)


class Median(Aggregate):
    """The middle value, as PostgreSQL computes it."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, what it is compared with, and where its rows are."""

    title: str
    value: str
    note: str
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The runs that came in one day, up to the same time of day, so that two days can be compared."""

    runs: int
    done: int
    dead: int
    median: timedelta | None

    @property
    def rate(self) -> int | None:
        """Of those that ended by themselves, how many of a hundred ended well."""
        ended = self.done + self.dead
        return round(100 * self.done / ended) if ended else None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the list of the last runs shows it."""

    run: WorkflowRun
    lead: Lead | None
    form: str
    step: str
    done: int
    to_draft: timedelta | None

    @property
    def percent(self) -> int:
        return 100 if self.run.outcome == WorkflowRun.Outcome.DRAFTED else round(100 * self.done / STEPS)

    @property
    def badge(self) -> tuple[str, str]:
        """As in the list of runs: how it ended, else where it stands."""
        run = self.run
        return run.outcome or run.state, run.get_outcome_display() or run.get_state_display()


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template of home."""
    period = request.GET.get("period", "")
    chosen = called(request.GET.get("workspace", "")).first()
    scope = chosen.slug if chosen else ""
    return {
        "period": period if period in PERIODS else "7d",
        "scope": scope,
        "workspaces": list(Workspace.objects.order_by("name")[:50]),
        "may_see_runs": request.user.has_perm("leads.view_workflowrun"),
    }


@region("home", "leads.view_workflowrun")
def draw(viewer: Viewer, argument: str) -> str:
    """All that lives on home. `argument` is the period and the workspace's slug, as in `7d.northwind`."""
    period, _, slug = argument.partition(".")
    period = period if period in PERIODS else "7d"
    workspace = called(slug).first() if slug else None
    runs = WorkflowRun.objects.filter(**within(workspace))
    return render_to_string(
        "admin/leads/_home.html",
        {
            "cards": cards(workspace, viewer),
            "plot": _slow.recall(
                ("plot", slug, period, str(viewer.zone)), SLOW, lambda: throughput(runs, period, workspace)
            ),
            "periods": [(name, title, name == period) for name, (title, _) in PERIODS.items()],
            "period": period,
            "slug": slug,
            "lines": last_runs(runs),
            "steps": STEPS,
            "signs": signs(workspace, viewer),
            "broken": broken(workspace),
            "may_connect": viewer.may("leads.change_connection"),
        },
    )


def cards(workspace: Workspace | None, viewer: Viewer) -> list[Card]:
    now = timezone.localtime()
    midnight = midnight_of(now)
    runs = WorkflowRun.objects.filter(**within(workspace))
    today = day(runs, midnight, now)
    before = day(runs, midnight - timedelta(days=1), now - timedelta(days=1))
    shown = [runs_today(today, before, now, midnight, workspace), success(today, before, midnight, workspace)]
    shown.append(speed(today, before, midnight, workspace))
    shown.append(in_time(runs, workspace))
    if viewer.may("leads.view_draft"):
        shown += waiting(workspace)
    return [*shown, dead_letters(workspace)]


def day(runs: Any, since: datetime, until: datetime) -> Day:
    found = runs.filter(created_at__gte=since, created_at__lt=until).aggregate(
        runs=Count("pk"),
        done=Count("pk", filter=Q(state=State.DONE)),
        dead=Count("pk", filter=Q(state=State.DEAD)),
        median=Median(F("drafted_at") - F("created_at"), filter=Q(drafted_at__isnull=False)),
    )
    return Day(**found)


def runs_today(today: Day, before: Day, now: datetime, midnight: datetime, workspace: Workspace | None) -> Card:
    note = f"{today.runs - before.runs:+d} on yesterday by {now:%H:%M}"
    return Card("Runs today", str(today.runs), note, listed("workflowrun", workspace, created_at__gte=at(midnight)))


def success(today: Day, before: Day, midnight: datetime, workspace: Workspace | None) -> Card:
    if today.rate is None:
        return Card(
            "Success rate",
            "–",
            "nothing has ended today",
            listed("workflowrun", workspace, created_at__gte=at(midnight)),
        )
    note = f"{today.dead} gave up" if today.dead else "none gave up"
    if before.rate is not None:
        note += f", yesterday {before.rate} %"
    address = listed("workflowrun", workspace, created_at__gte=at(midnight), state__in="done,dead")
    return Card("Success rate", f"{today.rate} %", note, address, "bad" if today.rate < 90 else "")


def speed(today: Day, before: Day, midnight: datetime, workspace: Workspace | None) -> Card:
    note = f"median; yesterday {span(before.median)}" if before.median is not None else "median, from the form"
    value = span(today.median) if today.median is not None else "–"
    address = listed("workflowrun", workspace, created_at__gte=at(midnight), outcome__exact="drafted")
    return Card("Time to draft", value, note, address)


def in_time(runs: Any, workspace: Workspace | None) -> Card:
    slug = workspace.slug if workspace else ""
    since = target.lately()
    found = _slow.recall(("target", slug, str(since)), SLOW, lambda: target.kept(runs, since))
    late = found.owed - found.within
    note = f"{late} of {found.owed} late, {target.OVER.days} days" if found.owed else "no draft was owed lately"
    minutes = f" (target {workspace.target_minutes} min)" if workspace else ""
    value = "–" if found.percent is None else f"{found.percent} %"
    address = listed("workflowrun", workspace, in_time="no")
    return Card(
        "Draft in time",
        value,
        note + minutes,
        address,
        "warn" if found.percent is not None and found.percent < 90 else "",
    )


def waiting(workspace: Workspace | None) -> list[Card]:
    ready = Draft.objects.filter(status=Draft.Status.READY, **within(workspace))
    number = ready.values("pk")[:CAP].count()
    oldest = ready.aggregate(at=Min("created_at"))["at"]
    review = reverse("admin:review") + (f"?workspace={workspace.pk}" if workspace else "")
    note = f"the oldest for {span(timezone.now() - oldest)}" if oldest else "all are read"
    return [Card("Awaiting review", capped(number), note, review, "warn" if number else ""), going_out(workspace)]


def going_out(workspace: Workspace | None) -> Card:
    leaving = Sending.objects.filter(**within(workspace)).values("pk")[:CAP].count()
    unclear = departures.uncertain(workspace)
    address = reverse("admin:outbox") + (f"?workspace={workspace.slug}" if workspace else "")
    note = f"{unclear} may have been sent" if unclear else "can be taken back" if leaving else "nothing at the moment"
    return Card("Going out", capped(leaving), note, address, "bad" if unclear else "")


def dead_letters(workspace: Workspace | None) -> Card:
    found = letters.all_of().filter(**within(workspace))
    number = found.values("pk")[:CAP].count()
    note = "need a person" if number else "nothing needs a person"
    query = f"?workspace={workspace.pk}" if workspace else ""
    address = reverse("admin:dead_letters") + query
    return Card("Dead letters", capped(number), note, address, "bad" if number else "good")


def capped(number: int) -> str:
    return f"{CAP}+" if number >= CAP else str(number)


def midnight_of(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def at(moment: datetime) -> str:
    return moment.isoformat()


def throughput(runs: Any, period: str, workspace: Workspace | None) -> Plot:
    """What came in, by hour or by day of the viewer's zone: ended well, and badly."""
    length = PERIODS[period][1]
    hourly = length <= timedelta(hours=24)
    size = timedelta(hours=1) if hourly else timedelta(days=1)
    now = timezone.localtime()
    current = now.replace(minute=0, second=0, microsecond=0) if hourly else midnight_of(now)
    trunc = TruncHour if hourly else TruncDay
    starts = [current - size * number for number in range(round(length / size) - 1, -1, -1)]
    if not hourly:  # days are not all 24 hours long
        zone = timezone.get_current_timezone()
        starts = [timezone.make_aware(start.replace(tzinfo=None), zone) for start in starts]
    counted = (
        runs.filter(created_at__gte=starts[0])
        .annotate(bucket=trunc("created_at"))
        .values("bucket")
        .annotate(all=Count("pk"), bad=Count("pk", filter=Q(state=State.DEAD)))
    )
    found = {row["bucket"]: (row["all"] - row["bad"], row["bad"]) for row in counted}
    ends = [*starts[1:], None]
    return plot(
        [
            Bucket(
                f"{start:%H:%M}" if hourly else f"{start:%-d %b}",
                *found.get(start, (0, 0)),
                address=between(start, end, workspace),
                is_partial=end is None,
            )
            for start, end in zip(starts, ends, strict=True)
        ]
    )


def between(start: datetime, end: datetime | None, workspace: Workspace | None) -> str:
    return listed("workflowrun", workspace, created_at__gte=at(start), **({"created_at__lt": at(end)} if end else {}))


def last_runs(runs: Any) -> Sequence[RunLine]:
    newest = list(runs.select_related("lead", "submission__form").defer("submission__payload").order_by("-pk")[:SHOWN])
    done = dict(
        StepRun.objects.filter(run__in=newest, state=StepRun.State.DONE)
        .values_list("run_id")
        .annotate(names=ArrayAgg("name"))
    )
    return [line(run, done.get(run.pk, [])) for run in newest]


def position(step: str) -> int:
    """Which step of the workflow it is, from 1; 0 for one that is no more."""
    return list(REGISTRY).index(step) + 1 if step in REGISTRY else 0


def line(run: WorkflowRun, done: Sequence[str]) -> RunLine:
    step, reached = "", len(done)
    if run.failed_step:
        # What it planned may stand complete, and the write of it fail.
        step, reached = timeline.title_of(run.failed_step), position(run.failed_step)
    elif run.state in WorkflowRun.CLAIMABLE:
        step = timeline.title_of(timeline.next_step(done))
    form = run.submission.form
    return RunLine(
        run,
        run.lead,
        form.name if form else "",
        step,
        reached,
        run.drafted_at - run.created_at if run.drafted_at else None,
    )
