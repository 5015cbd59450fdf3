"""Home: figures that lead to their rows, what runs, and whether everything is well."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads import connections, heartbeat, runs
from leads.console.plots import Bucket, plot
from leads.models import Delivery, Worker, WorkflowRun, Workspace

LAPSED = 5  # queries for what a process remembers for a moment, which may lapse between two pages


def home(client: Client, **query: str) -> str:
    return client.get(reverse("admin:index"), query).content.decode()


def figures(page: str) -> dict[str, tuple[str, str]]:
    """(value, address) of each card, by its title."""
    cards = re.findall(
        r'<a class="sa-card sa-figure[^"]*"\s+href="([^"]+)">.*?title">([^<]+)<.*?value">([^<]+)<', page, re.DOTALL
    )
    return {title: (value, html.unescape(address)) for address, title, value in cards}


def rows_at(client: Client, address: str) -> int:
    page = client.get(address)
    assert page.status_code == 200, address
    return len(page.context["cl"].result_list)


def test_each_figure_leads_to_exactly_its_rows(client: Client, make_run: Any, make_draft: Any) -> None:
    for number, state in enumerate(["done", "done", "done", "dead", "waiting", "running"]):
        run = make_run(state, email=f"lead{number}@b.example")
        if state == "done":
            WorkflowRun.objects.filter(pk=run.pk).update(drafted_at=run.created_at + timedelta(seconds=20 + number))
    old = make_run("dead", email="old@b.example")
    WorkflowRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    shown = figures(home(client))
    assert {title: value for title, (value, _) in shown.items() if title in {"Runs today", "Dead letters"}} == {
        "Runs today": "6",
        "Dead letters": "2",
    }
    assert shown["Success rate"][0] == "75 %"
    assert shown["Time to draft"][0] == "21.0 s"
    assert rows_at(client, shown["Runs today"][1]) == 6
    assert rows_at(client, shown["Success rate"][1]) == 4
    assert rows_at(client, shown["Time to draft"][1]) == 3


def test_a_bar_of_the_plot_leads_to_its_runs(client: Client, make_run: Any) -> None:
    for number in range(3):
        make_run("done", email=f"lead{number}@b.example")
    page = home(client, period="24h")
    bars = re.findall(r'<a\s+href="([^"]+)"\s+class="sa-plot__bar sa-plot__bar--partial"', page)
    assert rows_at(client, html.unescape(bars[0])) == 3


def test_the_oldest_and_the_number_of_drafts_that_wait_are_shown(
    client: Client, make_run: Any, make_draft: Any
) -> None:
    draft = make_draft(make_run("done"))
    type(draft).objects.update(created_at=timezone.now() - timedelta(hours=3, minutes=5))
    page = home(client)
    assert figures(page)["Awaiting review"][0] == "1"
    assert "the oldest for 3 h 5 min" in page


def test_home_is_of_one_workspace_if_asked(client: Client, make_run: Any) -> None:
    make_run("done")
    other = Workspace.objects.create(name="Other", slug="other")
    assert figures(home(client))["Runs today"][0] == "1"
    assert figures(home(client, workspace=other.slug))["Runs today"][0] == "0"
    assert figures(home(client, workspace="unknown"))["Runs today"][0] == "1"


def test_home_is_of_all_workspaces_where_an_address_names_none_that_can_be(client: Client, make_run: Any) -> None:
    make_run("done", outcome="drafted")
    for junk in ("\x00", "default\x00x", "é" * 300):
        assert client.get("/admin/", {"workspace": junk}).status_code == 200
        assert client.get("/admin/live/", {"v": "", "r": f"home:7d.{junk}"}).status_code == 200


def test_an_empty_installation_says_what_to_do(client: Client, workspace: Workspace) -> None:
    assert "No submission has come yet" in home(client)


@pytest.mark.parametrize("period", ["24h", "7d", "30d", "nonsense"])
def test_every_period_is_drawn(client: Client, make_run: Any, period: str) -> None:
    make_run("dead")
    assert "<svg" in home(client, period=period)


def test_home_asks_as_much_for_fifty_runs_as_for_one(
    client: Client, make_run: Any, add_step: Any, django_assert_max_num_queries: Any
) -> None:
    add_step(make_run("waiting"), "resolve_contact")
    home(client)  # what a process remembers for a moment
    with CaptureQueriesContext(connection) as asked:
        home(client)
    for_one = len(asked)
    for number in range(50):
        add_step(make_run("waiting", email=f"lead{number}@b.example"), "resolve_contact")
    with django_assert_max_num_queries(for_one + LAPSED):
        home(client)


def test_health_says_that_no_worker_lives_and_that_one_does(client: Client, workspace: Workspace) -> None:
    assert "none: start" in home(client)
    heartbeat.beat("host:1", 6)
    assert "1 alive, 6 processes" in home(client)
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert "none: start" in home(client)


def test_a_worker_that_ends_says_so(workspace: Workspace) -> None:
    heartbeat.beat("host:1", 6)
    heartbeat.fall_silent("host:1")
    assert not heartbeat.alive().exists()


def test_a_queue_that_is_behind_is_shown_with_its_age(client: Client, make_run: Any) -> None:
    run = make_run("pending")
    WorkflowRun.objects.filter(pk=run.pk).update(due_at=timezone.now() - timedelta(minutes=4))
    assert re.search(r"1 due, for 4 min", home(client))


def test_a_broken_connection_is_shown_with_what_waits_and_where_to_mend_it(
    client: Client, make_run: Any, workspace: Workspace
) -> None:
    connections.broke(workspace, "drive", "drive files.list answered 401: Invalid Credentials")
    make_run("waiting", error_kind="ConnectionBroken", failed_service="google")
    page = " ".join(home(client).split())
    assert "Google of Northwind is not connected any more" in page
    assert "drive files.list answered 401: Invalid Credentials" in page
    assert "1 run waits for it" in page
    assert page.count("refuses our credentials") == 3
    assert page.count(reverse("admin:settings_tab", args=[workspace.slug, "connections"])) >= 4
    connections.mended(workspace, "google")
    assert "not connected any more" not in home(client)


def test_the_last_delivery_is_one_click_away(client: Client, workspace: Workspace) -> None:
    delivery = Delivery.objects.create(workspace=workspace, signature="v3", body=b"{}", verdict="ignored")
    assert reverse("admin:leads_delivery_change", args=[delivery.pk]) in home(client)


def test_times_are_shown_in_the_zone_that_the_browser_names(client: Client, make_run: Any) -> None:
    run = make_run("done")
    WorkflowRun.objects.filter(pk=run.pk).update(created_at="2026-03-02T23:30:00+00:00")
    client.cookies["zone"] = "Asia/Tokyo"
    assert "Tue 3 Mar 2026 08:30:00 JST" in home(client)
    for junk in ("Mars/Base", "../../etc/passwd", "x" * 300, "é", "Europe"):
        client.cookies["zone"] = junk
        assert "Mon 2 Mar 2026 23:30:00 UTC" in home(client)


def test_the_search_finds_people_runs_and_pages(client: Client, make_run: Any) -> None:
    run = make_run("dead")

    def found(term: str) -> list[dict[str, str]]:
        return client.get(reverse("admin:find"), {"q": term}).json()["found"]

    address = reverse("admin:leads_workflowrun_change", args=[run.pk])
    for term in ("mara oka", "OKAFOR", "mara@bright", "freight", str(run.pk), f"run {run.pk}", str(run.key)):
        assert found(term)[0]["address"] == address, term
    assert [line["title"] for line in found("webh")] == ["Webhooks"]
    assert found("")
    for junk in ("\x00", "%", "9" * 50, "é" * 500, "'"):
        assert client.get(reverse("admin:find"), {"q": junk}).status_code == 200


def test_the_search_is_for_those_who_may_see_what_it_finds(make_run: Any) -> None:
    make_run("dead")
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert [line["kind"] for line in client.get(reverse("admin:find"), {"q": "mara"}).json()["found"]] == []


def test_pages_send_a_policy_that_lets_no_other_host_in(client: Client, workspace: Workspace) -> None:
    policy = client.get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "http" not in policy.replace("'", "")


def test_a_plot_of_nothing_and_of_much_can_be_drawn() -> None:
    assert plot([]).bars == ()
    assert plot([Bucket("a", 0, 0)]).points == ""
    drawn = plot([Bucket(str(number), number, number % 3) for number in range(30)])
    assert all(0 <= bar.bad_y <= drawn.height and bar.good_height >= 0 for bar in drawn.bars)


def test_a_dead_run_that_was_started_again_needs_nobody_any_more(client: Client, make_run: Any) -> None:
    dead = make_run("dead")
    assert figures(home(client))["Dead letters"][0] == "1"
    runs.start_again(dead, actor="anna")
    assert figures(home(client))["Dead letters"][0] == "0"


def test_figures_and_bars_of_one_workspace_lead_to_its_rows_only(client: Client, make_run: Any) -> None:
    make_run("done")
    other = Workspace.objects.create(name="Other", slug="other")
    page = html.unescape(home(client, workspace=other.slug))
    for address in re.findall(r'href="(/admin/leads/(?:workflowrun|apicall)/\?[^"]+)"', page):
        assert f"workspace__id__exact={other.pk}" in address, address


def test_today_is_compared_with_yesterday_by_the_same_time(client: Client, make_run: Any) -> None:
    make_run("done")
    assert re.search(r"\+1 on yesterday by \d\d:\d\d", home(client))


def test_a_run_that_was_screened_out_does_not_look_like_one_that_was_drafted(client: Client, make_run: Any) -> None:
    make_run("done", outcome="screened")
    page = home(client)
    assert "Screened out" in page
    assert 'value="0"' in page


def test_a_wrong_password_is_said_in_plain_words(db: None) -> None:
    page = Client().post("/admin/login/", {"username": "olga", "password": "no"}).content.decode()
    assert "has this user name and password" in page
    assert "staff" not in page.split("sa-callout--bad")[1].split("</div>")[0]
