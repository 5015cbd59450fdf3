"""The page of the reconciliation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leads.models import Discrepancy, Reconciliation, WorkflowRun, Workspace
from leads.reconciliation import report

PAGE = "/admin/reconciliation/"


def text(page: Any) -> str:
    assert page.status_code == 200
    return page.content.decode()


@pytest.fixture
def discrepancies(make_draft: Any, make_run: Callable[..., WorkflowRun], workspace: Workspace) -> list[Discrepancy]:
    workspace.forms.update(enabled=False)
    for _ in range(2):
        make_draft(make_run("done"))
    make_run("pending", due_at=timezone.now() - timedelta(hours=1))
    report.look_now(workspace)
    return list(Discrepancy.objects.filter(repaired_at=None).order_by("pk"))


def test_before_the_first_look_it_says_what_is_looked_for(client: Client, workspace: Workspace) -> None:
    page = text(client.get(PAGE))
    assert "It was not looked over yet." in page
    assert "Runs that nobody takes" in page


def test_it_lists_what_was_found_and_what_mended_itself(client: Client, discrepancies: list[Discrepancy]) -> None:
    page = text(client.get(PAGE))
    assert len(discrepancies) == 2
    assert [one.words for one in discrepancies if one.words not in page] == []
    assert "by itself" in page
    assert "Start the run again: all 2" in page


def test_one_is_repaired_and_refused_the_second_time(client: Client, discrepancies: list[Discrepancy]) -> None:
    first = {"one": discrepancies[0].pk}
    assert "It is sent off: a worker sees to it now." in text(client.post(f"{PAGE}repair/", first, follow=True))
    assert "repaired already" in text(client.post(f"{PAGE}repair/", first, follow=True))
    assert Discrepancy.objects.get(pk=discrepancies[0].pk).repaired_by == "olga"


def test_all_of_a_kind_are_repaired(client: Client, discrepancies: list[Discrepancy], workspace: Workspace) -> None:
    sent = {"kind": "not_in_mailbox"}
    assert "2 sent off." in text(client.post(f"{PAGE}repair/{workspace.pk}/", sent, follow=True))
    assert "0 sent off." in text(client.post(f"{PAGE}repair/{workspace.pk}/", sent, follow=True))


def test_what_takes_long_is_left_for_another_click(
    client: Client, discrepancies: list[Discrepancy], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.console.reconciliation.PATIENCE", -1.0)
    page = text(client.post(f"{PAGE}repair/{workspace.pk}/", {"kind": "not_in_mailbox"}, follow=True))
    assert "2 left, since it takes long: press again." in page


def test_asking_has_a_worker_look(client: Client, workspace: Workspace) -> None:
    assert "A worker looks it over now" in text(client.post(f"{PAGE}ask/{workspace.pk}/", follow=True))
    assert report.is_due()


def test_a_check_that_could_not_look_says_why(client: Client, workspace: Workspace) -> None:
    Reconciliation.objects.create(workspace=workspace, trouble=[{"kind": "never_came", "why": "HubSpot said 500."}])
    assert "Could not look: HubSpot said 500." in text(client.get(PAGE))


def test_each_thing_takes_its_permission(
    as_staff: Callable[..., Client], discrepancies: list[Discrepancy], workspace: Workspace
) -> None:
    assert as_staff().get(PAGE).status_code == 403
    reader = as_staff("view_discrepancy")
    page = text(reader.get(PAGE))
    assert ("Look now" in page, "Start the run again" in page) == (False, False)
    for path in (f"ask/{workspace.pk}/", "repair/", f"repair/{workspace.pk}/"):
        assert reader.post(PAGE + path, {"one": discrepancies[0].pk}).status_code == 403


def test_nonsense_is_not_found(client: Client, workspace: Workspace) -> None:
    for sent in ("", "0", "x", "\x00", "9" * 30):
        assert client.post(f"{PAGE}repair/", {"one": sent}).status_code == 404
        assert client.post(f"{PAGE}repair/{workspace.pk}/", {"kind": sent}).status_code == 404
    assert client.post(f"{PAGE}ask/0/").status_code == 404
    assert client.get(PAGE, {"workspace": "nobody"}).status_code == 404
