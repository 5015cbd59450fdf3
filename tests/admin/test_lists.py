"""Big lists: newest first, page by page by id, without a count."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads import lead_search
from leads.admin.base import ReadOnlyAdmin
from leads.models import Delivery, Event, WorkflowRun, Workspace

BIG = ["apicall", "delivery", "draft", "effect", "event", "lead", "submission", "workflowrun"]
EVENTS = "/admin/leads/event/"


@pytest.fixture
def events(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of ten events, oldest first, in a list of four a page."""
    monkeypatch.setattr(ReadOnlyAdmin, "list_per_page", 4)
    made = [Event(kind=f"kind_{number % 2}", workspace=workspace) for number in range(10)]
    return [event.pk for event in Event.objects.bulk_create(made)]


def shown(client: Client, address: str) -> list[int]:
    """The ids of the events on a page, from top to bottom."""
    return [event.pk for event in client.get(EVENTS + address).context["cl"].result_list]


def link(client: Client, address: str, text: str) -> str:
    """Where the button of this name leads; empty if there is none."""
    page = client.get(EVENTS + address).content.decode()
    found = re.search(rf'href="(\?[^"]*)"[^>]*>\s*{text}\s*<', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_list_begins_with_the_newest(client: Client, events: list[int]) -> None:
    assert shown(client, "") == events[:5:-1]
    assert not link(client, "", "Newer")


def test_older_leads_to_the_end_without_a_gap(client: Client, events: list[int]) -> None:
    second = link(client, "", "Older")
    third = link(client, second, "Older")
    assert shown(client, "") + shown(client, second) + shown(client, third) == events[::-1]
    assert not link(client, third, "Older")


def test_newer_leads_back_to_the_same_pages(client: Client, events: list[int]) -> None:
    second = link(client, "", "Older")
    third = link(client, second, "Older")
    assert shown(client, link(client, third, "Newer")) == shown(client, second)
    assert shown(client, link(client, third, "Newest")) == shown(client, "")


def test_a_page_of_fewer_newer_ones_than_fit_is_filled_up(client: Client, events: list[int]) -> None:
    assert shown(client, f"?after={events[8]}") == events[:5:-1]


def test_what_arrives_does_not_shift_an_older_page(client: Client, events: list[int], workspace: Workspace) -> None:
    second = link(client, "", "Older")
    before = shown(client, second)
    Event.objects.create(kind="new", workspace=workspace)
    assert shown(client, second) == before


def test_a_filter_is_kept_from_page_to_page_and_chosen_anew_begins_at_its_newest(
    client: Client, events: list[int]
) -> None:
    second = link(client, "?kind=kind_1", "Older")
    assert shown(client, "?kind=kind_1") + shown(client, second) == events[::-2]
    page = client.get(EVENTS + second).context["cl"]
    assert "before" not in page.get_query_string({"kind": "kind_0"})


@pytest.mark.parametrize("asked", ["before=x", "before=-1", "after=", "before=" + "9" * 40, "after=1x", "p=3", "o=1.2"])
def test_a_place_that_is_none_is_the_newest_page(client: Client, events: list[int], asked: str) -> None:
    assert shown(client, f"?{asked}") == events[:5:-1]


def test_beyond_the_oldest_there_is_a_way_back(client: Client, events: list[int]) -> None:
    assert shown(client, f"?before={events[0]}") == []
    assert shown(client, link(client, f"?before={events[0]}", "Newer")) == events[3::-1]


@pytest.mark.parametrize("noun", BIG)
def test_no_list_counts_or_skips_without_a_bound(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    page = reverse(f"admin:leads_{noun}_changelist")
    client.get(page)  # what a process counts now and then is no part of what each page asks
    for asked in ({}, {"before": "5"}, {"after": "0"}, {"q": "mara"}, {"_facets": "True"}):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page, asked).status_code == 200
        said = [query["sql"] for query in queries if re.search(r"\bCOUNT\(|\bOFFSET\b", query["sql"], re.IGNORECASE)]
        assert not [sql for sql in said if not re.search(r"LIMIT (100|20000)\b", sql)]


@pytest.mark.parametrize("noun", BIG)
def test_no_column_sorts(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    page = client.get(reverse(f"admin:leads_{noun}_changelist"), {"o": "2"})
    assert page.context["cl"].queryset.query.order_by == ("-pk",)
    assert b"?o=" not in page.content


def test_all_that_match_can_be_chosen_for_an_action(
    client: Client, make_run: Callable[..., WorkflowRun], monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    monkeypatch.setattr(ReadOnlyAdmin, "list_per_page", 2)
    dead = [make_run("dead") for _ in range(5)]
    page = client.get("/admin/leads/workflowrun/", {"state__exact": "dead"})
    assert b"Select all matching runs" in page.content
    chosen = {"action": "retry_selected", "select_across": "1", "_selected_action": [dead[0].pk]}
    page = client.post("/admin/leads/workflowrun/?state__exact=dead", chosen)
    assert sorted(page.context["plan"].ids) == sorted(run.pk for run in dead)


def test_an_action_takes_no_more_than_it_may(client: Client, make_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.bulk.AT_ONCE", 2)
    dead = [make_run("dead").pk for _ in range(3)]
    page = client.post("/admin/leads/workflowrun/", {"action": "retry_selected", "_selected_action": dead})
    assert b"The newest 2 of them are taken" in page.content
    assert sorted(page.context["plan"].ids) == dead[1:]


@pytest.mark.parametrize("noun", ["workflowrun", "draft", "submission", "lead", "event"])
def test_a_search_looks_into_an_index(client: Client, rich_run: WorkflowRun, noun: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"admin:leads_{noun}_changelist"), {"q": "nobody"}).status_code == 200
    assert not [query["sql"] for query in queries if "UPPER(" in query["sql"]]


@pytest.mark.parametrize("noun", ["workflowrun", "draft", "submission"])
def test_what_came_of_a_lead_is_found_however_many_leads_there_are(
    client: Client, rich_run: WorkflowRun, monkeypatch: pytest.MonkeyPatch, noun: str
) -> None:
    page = reverse(f"admin:leads_{noun}_changelist")
    for few in (1000, 0):
        monkeypatch.setattr(lead_search, "FEW", few)
        assert len(client.get(page, {"q": "oka MARA@"}).context["cl"].result_list) == 1
        assert not client.get(page, {"q": "nobody"}).context["cl"].result_list


@pytest.mark.parametrize(("noun", "word"), [("apicall", "threads"), ("delivery", "unheard"), ("effect", "contact")])
def test_a_word_that_no_index_knows_is_looked_for_in_the_newest_rows(
    client: Client, rich_run: WorkflowRun, monkeypatch: pytest.MonkeyPatch, noun: str, word: str
) -> None:
    Delivery.objects.create(signature="v3", body=b"{}", verdict="ignored", reason="an unheard-of form")
    page, model = reverse(f"admin:leads_{noun}_changelist"), apps.get_model("leads", noun)
    [found] = client.get(page, {"q": word}).context["cl"].result_list
    monkeypatch.setattr(admin.site.get_model_admin(model), "searches_newest", 1)
    newer = model.objects.get(pk=found.pk)
    newer.pk, newer.kind = None, "update_contact"
    newer.save()
    assert client.get(page, {"q": word}).context["cl"].result_list == [newer]
    assert "newest" in client.get(page).content.decode()


def test_the_audit_is_searched_for_a_whole_user_name(client: Client, workspace: Workspace) -> None:
    Event.objects.create(kind="run_retried", workspace=workspace, actor="clara")
    assert len(shown(client, "?q=clara")) == 1
    assert shown(client, "?q=clar") == []


@pytest.mark.parametrize("asked", ["?created_at__gte=foo", "?state__exact=dead&nonsense=1", "?e=1&created_at__gte=foo"])
def test_a_filter_that_cannot_be_read_is_said(client: Client, rich_run: WorkflowRun, asked: str) -> None:
    page = client.get(f"/admin/leads/workflowrun/{asked}", follow=True)
    assert page.redirect_chain == [("/admin/leads/workflowrun/", 302)]
    assert "This address has a filter that can&#x27;t be read; all rows are shown." in page.content.decode()
    assert len(page.context["cl"].result_list) == 1


def test_a_list_is_called_what_it_shows(client: Client, rich_run: WorkflowRun) -> None:
    for noun, name in (("workflowrun", "Runs"), ("delivery", "Webhooks"), ("workspace", "Workspaces")):
        page = client.get(reverse(f"admin:leads_{noun}_changelist")).content.decode()
        heading = re.search(r"<h1>\s*(.*?)\s*</h1>", page, re.DOTALL)
        title = re.search(r"<title>\s*(.*?)\s*</title>", page, re.DOTALL)
        assert heading is not None
        assert title is not None
        assert (heading[1], " ".join(title[1].split())) == (name, f"{name} · Sales Agent")
    delivery = client.get(reverse("admin:leads_delivery_change", args=[rich_run.submission.delivery_id]))
    assert ">Webhooks</a>" in delivery.content.decode()


def test_an_empty_list_says_why_and_leads_back(client: Client, rich_run: WorkflowRun) -> None:
    def page(asked: str) -> str:
        return " ".join(client.get(f"/admin/leads/workflowrun/{asked}").content.decode().split())

    searched = page("?q=%3Cnobody&state__exact=waiting")
    assert "Nothing matches “&lt;nobody” with these filters." in searched
    assert 'href="?state__exact=waiting">Clear the search' in searched
    assert "No runs fit these filters." in page("?state__exact=cancelled")
    assert "There are no older runs." in page("?before=1")
    WorkflowRun.objects.all().delete()
    assert "No runs yet." in page("")


@pytest.mark.parametrize("noun", ["leads_event", "auth_user"])
def test_an_address_that_names_no_field_to_look_by_is_like_one_without(
    client: Client, events: list[int], admin_user: User, noun: str
) -> None:
    pk = events[0] if noun == "leads_event" else admin_user.pk
    page = client.get(reverse(f"admin:{noun}_change", args=[pk]), {"_to_field": ""})
    assert page.status_code == 200
