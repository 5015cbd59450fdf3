"""Where in the console one sees to an alert."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from leads.alerts.findings import cause_of
from leads.models import Alert, AlertRule

Kind = AlertRule.Kind


def place_of(alert: Alert) -> str:
    """The path of the page with what it concerns."""
    match alert.kind:
        case Kind.DEAD_LETTER | Kind.UNKNOWN_ERROR:
            path = reverse("admin:error_group", args=cause_of(alert.workspace_id, alert.subject).place)
        case Kind.CONNECTION_BROKEN:
            path = reverse("admin:settings_tab", args=[alert.workspace.slug, "connections"])
        case Kind.BREAKER_OPEN:
            path = f"{reverse('admin:circuits')}?{urlencode({'workspace': alert.workspace.slug})}"
        case Kind.MODEL_BUDGET:
            path = reverse("admin:settings_tab", args=[alert.workspace.slug, "writer"])
        case Kind.ERROR_RATE:
            path = f"{reverse('admin:errors')}?{urlencode({'workspace': alert.workspace_id})}"
        case Kind.BACKLOG:
            path = listed("workflowrun", alert, state__in="pending,running,waiting")
        case Kind.SPEED_TO_LEAD:
            path = listed("workflowrun", alert, in_time="no")
        case Kind.NO_DELIVERIES:
            path = listed("delivery", alert)
        case Kind.DRAFT_WAITING:
            path = f"{reverse('admin:review')}?{urlencode({'workspace': alert.workspace_id})}"
        case _:
            path = reverse("admin:index")
    return path


def listed(noun: str, alert: Alert, **filters: str) -> str:
    query = urlencode(filters | {"workspace__id__exact": str(alert.workspace_id)})
    return f"{reverse(f'admin:leads_{noun}_changelist')}?{query}"
