"""Leads: found by what people remember, and one page with everything that happened with one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads import activity, codec, drafts, lead_search
from leads.models import Draft, Event, Lead, Submission, Workspace
from tests.leads.driving import drive_once, take_in

LIST = "/admin/leads/lead/"
Make = Callable[..., Any]


def address(lead: Lead, before: str = "") -> str:
    return f"{LIST}{lead.pk}/change/" + (f"?before={before}" if before else "")


def text(page: Any) -> str:
    assert page.status_code == 200
    return page.content.decode()


@pytest.fixture
def mara(box: Any, lead: Make, workspace: Workspace, boss: User) -> Lead:
    """She wrote, got a draft, and it was rejected."""
    run = drive_once(take_in(lead(firstname="Mara", message="What does it cost for forty people?"), workspace))
    draft = Draft.objects.get(run=run)
    drafts.reject(draft, version=draft.version, reason="She is a friend.", by=boss)
    return Lead.objects.get()


def test_the_page_tells_everything_in_order(client: Client, mara: Lead) -> None:
    page = text(client.get(address(mara)))
    told = [
        "olga rejected draft",
        "She is a friend.",
        "is done: drafted",
        "Filled in “",
        "What does it cost for forty people?",
    ]
    assert [part for part in told if part not in page] == []
    assert page.index("olga rejected draft") < page.index("is done: drafted") < page.index("Filled in “")
    assert mara.email in page


def test_a_page_of_it_takes_few_queries_however_much_there_is(client: Client, mara: Lead) -> None:
    def queries() -> int:
        counts = []
        for _ in range(3):  # what a process remembers for a moment may be asked for once more
            with CaptureQueriesContext(connection) as captured:
                text(client.get(address(mara)))
            counts.append(len(captured))
        return min(counts)

    few = queries()
    run = mara.runs.get()
    Event.objects.bulk_create(Event(kind="run_retried", workspace=run.workspace, run=run) for _ in range(40))
    assert queries() == few
    assert few <= 12


def test_older_pages_go_on_where_the_one_before_ended(
    client: Client, mara: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [entry for _, entries in activity.activity(mara).days for entry in entries]
    monkeypatch.setattr(activity, "SIZE", 3)
    seen, before = [], ""
    for _ in range(len(whole)):
        page = activity.activity(mara, before=before)
        seen += [entry for _, entries in page.days for entry in entries]
        before = page.older
        if not before:
            break
    assert seen == whole
    assert "Back to the newest" in text(client.get(address(mara, activity.activity(mara).older)))
    for junk in ("x", "~~", "2026-01-01T00:00:00Z~9999999999999999999~1", "%00", "2026-99-99~1~1"):
        text(client.get(address(mara, junk)))


def test_what_happened_is_told_by_the_days_of_who_looks(client: Client, mara: Lead) -> None:
    Submission.objects.update(received_at="2026-03-02T23:30:00Z")
    client.cookies["zone"] = "Europe/Berlin"
    assert "Tuesday, 3 March 2026" in text(client.get(address(mara)))


def test_a_person_sees_of_it_what_they_may_see(as_staff: Callable[..., Client], mara: Lead) -> None:
    page = text(as_staff("view_lead").get(address(mara)))
    assert "Nothing has happened yet" in page
    page = text(as_staff("view_lead", "view_submission").get(address(mara)))
    assert "What does it cost" in page
    assert "is done" not in page
    assert as_staff("view_workflowrun").get(address(mara)).status_code == 403


def test_words_that_were_blanked_leave_a_page(client: Client, mara: Lead) -> None:
    Submission.objects.update(payload={})
    assert "Filled in “" in text(client.get(address(mara)))


def test_the_records_in_hubspot_are_a_click_away(client: Client, mara: Lead, workspace: Workspace) -> None:
    Lead.objects.update(hubspot_contact_id="77", hubspot_company_id="88")
    Workspace.objects.filter(pk=workspace.pk).update(portal_id="4711")
    page = text(client.get(address(mara)))
    assert "https://app.hubspot.com/contacts/4711/record/0-1/77" in page
    assert "https://app.hubspot.com/contacts/4711/record/0-2/88" in page


@pytest.mark.parametrize(
    ("term", "is_found"),
    [
        ("mara", True),
        ("OKA", True),
        ("bright mara", True),
        ("mara.okafor@bright-freight.example", True),
        ("bright-freight.example", True),
        ("freight okafor mara bright", True),
        ("kafor", False),
        ("mara lindqvist", False),
        ("'); DROP", False),
        ("!!!", False),
        ("", True),
    ],
)
def test_a_lead_is_found_by_the_beginnings_of_words(workspace: Workspace, term: str, is_found: bool) -> None:  # noqa: FBT001
    Lead.objects.create(
        workspace=workspace,
        email="mara.okafor@bright-freight.example",
        first_name="Mara",
        last_name="Okafor",
        company="Bright Freight",
    )
    assert lead_search.matching(Lead.objects.all(), term).exists() is is_found


def test_the_search_uses_its_index(workspace: Workspace) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "lead_words" in lead_search.matching(Lead.objects.all(), "mara okafor").explain()


def test_the_list_finds_and_shows_the_newest_run(client: Client, mara: Lead) -> None:
    page = text(client.get(LIST, {"q": "mara"}))
    assert mara.email in page
    assert "sa-badge--done" in page
    assert mara.email not in text(client.get(LIST, {"q": "nobody"}))


def test_every_kind_of_thing_can_be_told(mara: Lead) -> None:
    submission = Submission.objects.select_related("delivery").get()
    first = submission.delivery
    assert first is not None
    first.pk, first.replay_of_id = None, submission.delivery_id
    first.save()
    kinds = {entry.kind for _, entries in activity.activity(mara).days for entry in entries}
    assert kinds == set(activity.Kind)
    assert codec.builtins(sorted(kinds)) == [1, 2, 3, 4, 5, 6]
