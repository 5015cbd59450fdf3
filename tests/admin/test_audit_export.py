"""The audit as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from leads import exports
from leads.models import Event, Workspace

EXPORT = "/admin/leads/event/export/"


def rows(client: Client, asked: str = "") -> list[list[str]]:
    answer = client.post(EXPORT + asked)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]


@pytest.fixture
def events(workspace: Workspace) -> list[Event]:
    return [
        Event.objects.create(kind="run_cancelled", workspace=workspace, actor="olga", run_id=7),
        Event.objects.create(kind="draft_approved", workspace=workspace, actor="=cmd()", facts={"draft": 3}),
    ]


def test_events_are_exported_newest_first_in_sentences(client: Client, events: list[Event]) -> None:
    head, *found = rows(client)
    # The export itself is the newest event, written before the first line is.
    assert head[0] == "id"
    assert [row[0] for row in found[-2:]] == [str(event.pk) for event in reversed(events)]
    assert found[-1][6] == "olga cancelled run 7."


def test_an_export_holds_what_the_filters_hold(client: Client, events: list[Event]) -> None:
    assert [row[2] for row in rows(client, "?kind=run_cancelled")[1:]] == ["run_cancelled"]
    assert [row[2] for row in rows(client, "?q=7")[1:]] == ["run_cancelled"]


def test_no_cell_is_a_formula(client: Client, events: list[Event]) -> None:
    (found,) = rows(client, "?kind=draft_approved")[1:]
    assert found[3] == "'=cmd()"
    assert found[6] == "'=cmd() approved draft 3."


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx", "\uff1d1"])
def test_every_sign_that_begins_a_formula_is_disarmed(text: str) -> None:
    assert exports.harmless(text) == f"'{text}"


def test_an_export_is_on_record_without_what_was_searched_for(client: Client, events: list[Event]) -> None:
    rows(client, "?kind=run_cancelled&q=mara@bright.example")
    event = Event.objects.get(kind="events_exported")
    assert event.actor == "olga"
    assert event.facts == {"filters": {"kind": "run_cancelled", "q": "…"}}


def test_an_export_ends_at_its_bound(client: Client, events: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST", 2)
    monkeypatch.setattr(exports, "AT_A_TIME", 1)
    assert len(rows(client)) == 3


def test_an_export_takes_its_permission_and_a_post(as_staff: Callable[..., Client], events: list[Event]) -> None:
    viewer = as_staff("view_event")
    assert viewer.post(EXPORT).status_code == 403
    assert "Export" not in viewer.get("/admin/leads/event/").content.decode()
    assert as_staff("export_event").post(EXPORT).status_code == 403
    assert as_staff("view_event", "export_event").get(EXPORT).status_code == 405
    assert not Event.objects.filter(kind="events_exported").exists()


@pytest.mark.parametrize("asked", ["?at__gte=x", "?run_id=x"])
def test_filters_that_make_no_sense_export_nothing(client: Client, events: list[Event], asked: str) -> None:
    answer: Any = client.post(EXPORT + asked, follow=True)
    assert "make no sense" in answer.content.decode()
    assert not Event.objects.filter(kind="events_exported").exists()
