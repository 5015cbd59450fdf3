"""Whether everything is well: workers, queue, deliveries, accounts. Each sign leads to where one looks closer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from leads import budgets, connections, departures, heartbeat, notices
from leads.console.live import Viewer, pulse
from leads.console.scope import listed, within
from leads.models import Alert, ApiCall, Breaker, Connection, Delivery, Draft, Sending, WorkflowRun, Workspace
from leads.readable import span

State = WorkflowRun.State
QUEUE_CAP = 1000
MOST = 10  # broken connections that are shown
LATE = timedelta(seconds=30)  # a queue whose head waits longer than this is behind
CALLS = 2000  # the newest calls, from which the accounts' state is read
CALLS_OF = timedelta(hours=1)
SERVICES = {  # their names, and whose credentials they take
    "hubspot": ("HubSpot", "hubspot"),
    "gmail": ("Gmail", "google"),
    "drive": ("Drive", "google"),
    "calendar": ("Calendar", "google"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the health strip. `at` is a moment that belongs to it, kept up to date by the page."""

    title: str
    tone: str
    text: str
    address: str = ""
    at: datetime | None = None


def signs(workspace: Workspace | None, viewer: Viewer) -> list[Sign]:
    found = [workers(), queue(workspace)]
    if viewer.may("leads.view_draft"):
        found.append(outbox(workspace))
    if viewer.may("leads.view_delivery"):
        found.append(deliveries(workspace))
    if viewer.may("leads.view_apicall"):
        found += accounts(workspace)
    if viewer.may("leads.view_alert"):
        found.append(alerts(workspace))
    return found


@pulse
def tones() -> str:
    """Whether everything is well, without the numbers, which change all the time."""
    alive = workers()
    found = [alive, queue(None), deliveries(None), *accounts(None)]
    return " ".join([alive.text, *(sign.tone for sign in found)])


def workers() -> Sign:
    alive = list(heartbeat.alive())
    if not alive:
        return Sign("Worker", "bad", "none: start `manage.py worker`")
    return Sign("Worker", "good", f"{len(alive)} alive, {sum(worker.processes for worker in alive)} processes")


def queue(workspace: Workspace | None) -> Sign:
    """What is due and nobody has taken: how much, and since when."""
    runs = WorkflowRun.objects.filter(
        Q(state=State.PENDING) | Q(state=State.WAITING), due_at__lte=timezone.now(), **within(workspace)
    )
    found = runs.aggregate(oldest=Min("due_at"))
    address = listed("workflowrun", workspace, state__in="pending,waiting", due_at__lte=timezone.now().isoformat())
    if found["oldest"] is None:
        return Sign("Queue", "good", "nothing waits", address)
    number = runs.values("pk")[:QUEUE_CAP].count()
    age = timezone.now() - found["oldest"]
    return Sign("Queue", "bad" if age > LATE else "good", f"{number} due, for {span(age)}", address)


def outbox(workspace: Workspace | None) -> Sign:
    """Whether what was approved gets out: what nobody can tell, what came back, what is put off."""
    address = reverse("admin:outbox") + (f"?workspace={workspace.slug}" if workspace else "")
    if unclear := departures.uncertain(workspace):
        return Sign("Sending", "bad", f"{unclear} may have been sent: a person must say", address)
    came_back = Draft.objects.filter(status=Draft.Status.READY, **within(workspace)).exclude(returned_because="")
    if returned := came_back.values("pk")[:QUEUE_CAP].count():
        return Sign("Sending", "warn", f"{returned} came back to review", address)
    put_off = Sending.objects.filter(departures.PUT_OFF, **within(workspace)).values("pk")[:QUEUE_CAP].count()
    return Sign("Sending", "good", f"{put_off} put off" if put_off else "nothing is held up", address)


def deliveries(workspace: Workspace | None) -> Sign:
    newest = Delivery.objects.filter(**within(workspace)).order_by("-pk").only("received_at", "verdict").first()
    if newest is None:
        return Sign("Webhook", "warn", "no delivery yet", reverse("admin:leads_delivery_changelist"))
    address = reverse("admin:leads_delivery_change", args=[newest.pk])
    tone = "warn" if newest.verdict == Delivery.Verdict.REFUSED else "good"
    return Sign("Last delivery", tone, newest.get_verdict_display().lower(), address, newest.received_at)


def accounts(workspace: Workspace | None) -> list[Sign]:
    """Per service, how the newest calls of the last hour went; without any, whether it is connected at all."""
    newest = ApiCall.objects.filter(**within(workspace)).order_by("-pk").values("pk")[:CALLS]
    counted = {
        service: (calls, failed)
        for service, calls, failed in ApiCall.objects.filter(pk__in=newest, at__gte=timezone.now() - CALLS_OF)
        .values_list("service")
        .annotate(calls=Count("pk"), failed=Count("pk", filter=~Q(error="")))
    }
    circuits = {
        row.service: row for row in Breaker.objects.exclude(state=Breaker.State.CLOSED).filter(**within(workspace))
    }
    rows = Connection.objects.filter(**within(workspace)).select_related("workspace")
    stored = {row.service: row for row in rows.order_by("-state")}
    found = [
        disconnected(title, stored[owner])
        if owner in stored and stored[owner].state == Connection.State.BROKEN
        else left_alone(title, circuits[service], workspace)
        if service in circuits
        else account(title, counted.get(service), owner in stored, listed("apicall", workspace, service=service))
        for service, (title, owner) in SERVICES.items()
    ]
    if (model := circuits.get(Breaker.Service.LLM)) is not None:
        found.append(left_alone(Breaker.Service.LLM.label, model, workspace))
    return found + [limit(one, workspace) for one in budgets.tight(workspace.pk if workspace else None)]


def left_alone(title: str, breaker: Breaker, workspace: Workspace | None) -> Sign:
    """A service whose circuit is open."""
    why = "left alone by hand" if breaker.opened_by else "left alone, most calls failed"
    return Sign(title, "bad", why, circuits_page(workspace), breaker.since)


def limit(used: budgets.InUse, workspace: Workspace | None) -> Sign:
    """A limit that is nearly used up."""
    text = "paused, the vendor refused a call" if used.paused_until else used.said
    return Sign(f"{used.meter.title} limit", used.tone, text, circuits_page(workspace))


def circuits_page(workspace: Workspace | None) -> str:
    return reverse("admin:circuits") + (f"?workspace={workspace.slug}" if workspace else "")


def alerts(workspace: Workspace | None) -> Sign:
    """Whether any is open; before that, whether people can be told at all."""
    if notices.unsent():
        return Sign("Alerts", "bad", "messages to the team can’t be sent", reverse("admin:notifications"))
    found = Alert.objects.filter(resolved_at=None, **within(workspace)).values("pk")[:QUEUE_CAP].count()
    return Sign("Alerts", "bad" if found else "good", f"{found or 'none'} open", reverse("admin:alerts"))


def disconnected(title: str, connection: Connection) -> Sign:
    return Sign(title, "bad", "refuses our credentials", connections_page(connection), connection.since)


@dataclass(frozen=True, slots=True)
class Broken:
    """A connection that must be mended, where that is done, and how many runs wait for it."""

    connection: Connection
    address: str
    runs: int
    is_capped: bool


def broken(workspace: Workspace | None) -> list[Broken]:
    """What stops runs until a person sees to it."""
    found = Connection.objects.filter(state=Connection.State.BROKEN, **within(workspace)).select_related("workspace")
    return [
        Broken(one, connections_page(one), min(runs, QUEUE_CAP), runs > QUEUE_CAP)
        for one in found.order_by("since")[:MOST]
        for runs in [connections.waiting(one).values("pk")[: QUEUE_CAP + 1].count()]
    ]


def connections_page(connection: Connection) -> str:
    return reverse("admin:settings_tab", args=[connection.workspace.slug, "connections"])


def account(title: str, counted: tuple[int, int] | None, is_connected: bool, address: str) -> Sign:  # noqa: FBT001
    if counted is None:
        return Sign(title, "", "connected, not called lately" if is_connected else "not called lately", address)
    calls, failed = counted
    share = failed / calls
    tone = "bad" if share > 0.5 else "warn" if share > 0.05 else "good"
    how = f"{failed} failed" if failed else "all well"
    return Sign(title, tone, f"{calls} calls in 1 h, {how}", address)
