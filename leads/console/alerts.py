"""The page of alerts: what is open, what was, and the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from leads.admin.settings_stale import meanwhile
from leads.admin.settings_tabs import shown
from leads.alerts import decisions, outside, watch
from leads.alerts.places import place_of
from leads.alerts.rules import RULES
from leads.console.errors import names_of_workspaces
from leads.console.live import Viewer, pulse, region
from leads.console.notifications import chosen
from leads.console.pages import page, person, render
from leads.identifiers import identifier
from leads.meanwhile import Stale
from leads.models import Alert, AlertRule, Notice, Workspace

SEE = "leads.view_alert"
ACKNOWLEDGE, CHANGE = "leads.acknowledge_alert", "leads.change_alertrule"
SHOWN = 50  # open ones, and as many that are over
A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Line:
    """An alert as the page shows it: where one sees to it, and which of its messages could not be sent."""

    alert: Alert
    place: str
    told: Sequence[Notice]
    unsent: Sequence[Notice]

    @classmethod
    def of(cls, alert: Alert) -> Line:
        posted = list(alert.notices.all())
        newest = {notice.address_id: notice for notice in posted}
        told = [one for one in newest.values() if one.state == Notice.State.SENT]
        unsent = [one for one in newest.values() if one.error and one.state != Notice.State.SENT]
        return cls(alert, place_of(alert), told, unsent)


@pulse
def watched() -> str:
    """Whoever has the console open has it seen that no worker is alive. The health strip says so; nothing is added."""
    outside.look()
    return ""


@region("alerts", SEE)
def draw(viewer: Viewer, _argument: str) -> str:
    posted = Prefetch("notices", Notice.objects.filter(kind=Notice.Kind.ALERT).select_related("address").order_by("pk"))
    alerts = Alert.objects.select_related("workspace", "acknowledged_by")
    standing = open_ones(alerts).prefetch_related(posted).order_by("-opened_at")[:SHOWN]
    over = alerts.exclude(resolved_at=None).order_by("-pk")[:SHOWN]
    return render_to_string(
        "admin/leads/_alerts.html",
        {
            "standing": [Line.of(alert) for alert in standing],
            "over": over,
            "workspaces": names_of_workspaces(),
            "may_acknowledge": viewer.may(ACKNOWLEDGE),
        },
    )


def open_ones(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.filter(resolved_at=None)


class RuleForm(forms.Form):
    """The settings of one rule; a rule without a unit has no threshold to set."""

    is_on = forms.BooleanField(label="Watched", required=False)
    threshold = forms.IntegerField(min_value=1)
    quiet_minutes = forms.IntegerField(label="Quiet for, in minutes", min_value=0, max_value=7 * A_DAY)

    def __init__(self, data: Any, row: AlertRule) -> None:
        stored = {name: getattr(row, name) for name in self.base_fields}
        super().__init__(data, initial=stored, prefix=row.kind, auto_id="%s")
        self.row, self.rule = row, RULES[row.kind]
        self.heading = str(row)
        if self.rule.unit:
            self.fields["threshold"] = forms.IntegerField(
                label=self.rule.unit.capitalize(), min_value=1, max_value=self.rule.most
            )
        else:
            del self.fields["threshold"]


@page("alerts/", "alerts", SEE)
@require_http_methods(["GET", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    workspace = chosen(request)
    may_change = request.user.has_perm(CHANGE)
    sent = request.POST if request.method == "POST" and may_change else None
    rules = [RuleForm(sent, row) for row in rules_of(workspace)]
    wrong = [rule for rule in rules if not rule.is_valid()]  # each of them says what is
    told: dict[str, Any] = {}
    if sent is not None and not wrong:
        wanted = {rule.row: rule.cleaned_data for rule in rules}
        try:
            changed = decisions.change_all(workspace, wanted, by=person(request), shown=shown(request))
        except Stale as stale:
            told = meanwhile(stale, *rules)
        else:
            messages.success(request, "Saved." if changed else "Nothing was changed.")
            return HttpResponseRedirect(address_of(workspace))
    return render(
        request,
        "alerts.html",
        "Alerts",
        workspace=workspace,
        workspaces=list(Workspace.objects.order_by("name")[:SHOWN]),
        rules=rules,
        may_change=may_change,
        is_told=workspace.notice_addresses.exists(),
        **{"revision": workspace.revision, **told},
    )


def rules_of(workspace: Workspace) -> list[AlertRule]:
    """In the order in which they are explained."""
    watch.make_rules()
    rows = {row.kind: row for row in workspace.alert_rules.all()}
    return [rows[kind] for kind in RULES]


@page("alerts/acknowledge/", "alert_acknowledge", SEE, ACKNOWLEDGE)
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    pk = identifier(request.POST.get("alert", ""))
    alert = get_object_or_404(Alert.objects.select_related("workspace"), pk=pk or 0)
    try:
        decisions.acknowledge(alert, by=person(request))
    except decisions.NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "It is yours. It is not told again as it grows; that it is over is told.")
    return HttpResponseRedirect(reverse("admin:alerts"))


@page("alerts/test/<int:pk>/", "alert_test", SEE, CHANGE)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(AlertRule.objects.select_related("workspace"), pk=pk)
    try:
        number = decisions.send_test(rule, by=person(request))
    except decisions.NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"A test is on its way to {number} address{'es' if number > 1 else ''}.")
    return HttpResponseRedirect(address_of(rule.workspace))


def address_of(workspace: Workspace) -> str:
    return f"{reverse('admin:alerts')}?workspace={workspace.slug}"
