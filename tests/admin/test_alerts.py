"""The page of alerts: what is open, who has seen it, and the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client

from leads import heartbeat, notices
from leads.alerts import watch
from leads.alerts.rules import RULES
from leads.models import Alert, AlertRule, Event, Notice, WorkflowRun, Workspace

PAGE = "/admin/alerts/"


def text(page: Any) -> str:
    assert page.status_code == 200
    return page.content.decode()


@pytest.fixture
def alert(make_run: Callable[..., WorkflowRun]) -> Alert:
    """Of a dead letter."""
    heartbeat.beat("worker", 2)
    make_run(
        "dead", error_kind="PermissionDenied", failed_step="create_task", failed_service="hubspot", finished_at=Now()
    )
    watch.look()
    return Alert.objects.get()


def rows(**changed: str) -> dict[str, Any]:
    """The form of the rules as a browser sends it."""
    sent: dict[str, Any] = {"revision": Workspace.objects.get().revision}
    for row in AlertRule.objects.all():
        sent |= {f"{row.kind}-is_on": "on", f"{row.kind}-quiet_minutes": row.quiet_minutes}
        sent |= {f"{row.kind}-threshold": row.threshold} if RULES[row.kind].unit else {}
    return {name: value for name, value in (sent | changed).items() if value != ""}


def test_it_lists_what_is_open_and_leads_to_the_runs(client: Client, alert: Alert) -> None:
    page = text(client.get(PAGE))
    assert alert.title in page
    assert f'href="/admin/errors/{alert.workspace_id}/PermissionDenied/create_task/hubspot/"' in page
    assert "Nobody is told of alerts" in page


def test_where_nothing_is_wrong_it_says_so(client: Client, workspace: Workspace) -> None:
    assert "Nothing is wrong" in text(client.get(PAGE))


@pytest.mark.parametrize("kind", RULES)
def test_every_alert_leads_to_a_page(client: Client, workspace: Workspace, kind: str) -> None:
    of_cause = {"dead_letter", "unknown_error"}
    subject = "Transient/create_task/" if kind in of_cause else ""
    Alert.objects.create(workspace=workspace, kind=kind, subject=subject, title="Something is wrong")
    page = text(client.get(PAGE))
    place = page.partition('sa-alerts__title" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert client.get(place).status_code == (404 if kind in of_cause else 200)  # no failure of it is known


def test_who_acknowledges_it_is_shown_and_it_counts_no_more(client: Client, alert: Alert) -> None:
    said = text(client.post(f"{PAGE}acknowledge/", {"alert": alert.pk}, follow=True))
    assert "It is yours." in said
    assert "Acknowledged" in said
    assert "somebody acknowledged it already" in text(
        client.post(f"{PAGE}acknowledge/", {"alert": alert.pk}, follow=True)
    )
    alert.refresh_from_db()
    assert alert.acknowledged_by == User.objects.get(username="olga")


def test_what_is_over_stays_on_record(client: Client, alert: Alert) -> None:
    WorkflowRun.objects.update(state="cancelled")
    AlertRule.objects.update(due_at=Now())
    watch.look()
    page = text(client.get(PAGE))
    assert "Nothing is wrong" in page
    assert alert.title in page


def test_the_rules_are_set_and_what_is_wrong_is_said(client: Client, workspace: Workspace) -> None:
    client.get(PAGE)
    assert "Nothing was changed." in text(client.post(PAGE, rows(), follow=True))
    sent = rows(**{"backlog-threshold": "30", "no_worker-is_on": "", "dead_letter-quiet_minutes": "0"})
    assert "Saved." in text(client.post(PAGE, sent, follow=True))
    stored = {row.kind: (row.is_on, row.threshold, row.quiet_minutes) for row in AlertRule.objects.all()}
    assert stored["backlog"] == (True, 30, 60)
    assert (stored["no_worker"][0], stored["dead_letter"][2]) == (False, 0)
    assert Event.objects.filter(kind="settings_changed", actor="olga").count() == 3
    for wrong in ({"backlog-threshold": "0"}, {"error_rate-threshold": "101"}, {"backlog-quiet_minutes": "x"}):
        assert "errorlist" in text(client.post(PAGE, rows(**wrong)))
    assert Event.objects.filter(kind="settings_changed").count() == 3


def test_what_somebody_else_set_meanwhile_is_not_written_over_unseen(client: Client, workspace: Workspace) -> None:
    client.get(PAGE)
    workspace.refresh_from_db()
    as_both_saw_it = workspace.revision
    mine = rows(revision=str(as_both_saw_it), **{"backlog-threshold": "30"})
    theirs = rows(revision=str(as_both_saw_it), **{"dead_letter-quiet_minutes": "5"})
    assert "Saved." in text(client.post(PAGE, mine, follow=True))
    page = text(client.post(PAGE, theirs))
    assert "Somebody changed this while your page was open" in page
    assert "Backlog: Minutes" in page
    assert AlertRule.objects.get(kind="backlog").threshold == 30
    assert AlertRule.objects.get(kind="dead_letter").quiet_minutes == 15
    again = theirs | {"revision": str(as_both_saw_it + 1)}  # as the page says now
    assert f'name="revision" value="{as_both_saw_it + 1}"' in page
    assert "Saved." in text(client.post(PAGE, again, follow=True))
    assert AlertRule.objects.get(kind="dead_letter").quiet_minutes == 5


def test_a_test_says_where_it_goes(client: Client, workspace: Workspace, boss: User) -> None:
    client.get(PAGE)
    backlog = AlertRule.objects.get(kind="backlog")
    assert "No address wants to hear of this rule" in text(client.post(f"{PAGE}test/{backlog.pk}/", follow=True))
    notices.add(workspace, url="json://127.0.0.1:9", name="Team", by=boss)
    assert "A test is on its way to 1 address." in text(client.post(f"{PAGE}test/{backlog.pk}/", follow=True))
    assert Notice.objects.get().rule == "backlog"


def test_what_could_not_be_sent_stands_with_the_alert_and_on_the_health_strip(
    client: Client, alert: Alert, boss: User
) -> None:
    address = notices.add(alert.workspace, url="json://127.0.0.1:9", name="Team", by=boss)
    Notice.objects.create(
        workspace=alert.workspace, address=address, alert=alert, kind="alert", state="failed", error="It said 500."
    )
    assert "Not sent to Team: It said 500." in text(client.get(PAGE))
    assert "messages to the team can’t be sent" in text(client.get("/admin/"))


def test_each_thing_takes_its_permission(as_staff: Callable[..., Client], alert: Alert) -> None:
    assert as_staff().get(PAGE).status_code == 403
    reader = as_staff("view_alert")
    page = text(reader.get(PAGE))
    assert (">Acknowledge<" in page, ">Test<" in page, ">Save<" in page) == (False, False, False)
    assert reader.post(f"{PAGE}acknowledge/", {"alert": alert.pk}).status_code == 403
    assert reader.post(f"{PAGE}test/{AlertRule.objects.latest('pk').pk}/").status_code == 403
    reader.post(PAGE, rows(**{"backlog-threshold": "30"}))
    assert AlertRule.objects.get(kind="backlog").threshold == 5


def test_nonsense_is_not_found(client: Client, workspace: Workspace) -> None:
    for sent in ("", "0", "x", "\x00", "9" * 30):
        assert client.post(f"{PAGE}acknowledge/", {"alert": sent}).status_code == 404
    assert client.post(f"{PAGE}test/0/").status_code == 404
    assert client.get(PAGE, {"workspace": "nobody"}).status_code == 404
