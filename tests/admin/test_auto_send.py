"""The tab “Sending”: how approved drafts leave, and which forms need no reviewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from leads import autosend
from leads.autosend import Record
from leads.models import AllowedForm, Event, Workspace

AsStaff = Callable[..., Client]
TAB = "/admin/settings/default/sending/"
GOOD, SHORT, BAD = Record(60, 60), Record(12, 12), Record(60, 50)


@pytest.fixture
def form(workspace: Workspace) -> AllowedForm:
    found = AllowedForm.objects.filter(workspace=workspace, enabled=True).first()
    assert found is not None
    return found


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Callable[[Record], None]:
    return lambda given: monkeypatch.setattr(autosend, "record_of", lambda _form: given)


def page_of(form: AllowedForm) -> str:
    return f"{TAB}{form.pk}/"


def test_undo_hours_and_cap_are_settings_like_others(client: Client, workspace: Workspace) -> None:
    entered = {"undo_seconds": 60, "send_in_hours": "on", "daily_cap": 20, "revision": workspace.revision}
    assert "Saved." in client.post(TAB, entered, follow=True).content.decode()
    workspace.refresh_from_db()
    assert (workspace.undo_seconds, workspace.send_in_hours, workspace.daily_cap) == (60, True, 20)
    assert Event.objects.get(kind="settings_changed").facts["fields"]["undo_seconds"] == [30, 60]


@pytest.mark.parametrize("wrong", [{"undo_seconds": 1}, {"undo_seconds": 4000}, {"daily_cap": 0}, {"daily_cap": "x"}])
def test_what_is_out_of_bounds_is_refused(client: Client, workspace: Workspace, wrong: dict[str, Any]) -> None:
    entered = {"undo_seconds": 60, "daily_cap": 20, "revision": workspace.revision} | wrong
    assert client.post(TAB, entered).status_code == 200
    workspace.refresh_from_db()
    assert (workspace.undo_seconds, workspace.daily_cap) == (30, 100)


def test_somebody_else_s_change_is_told_and_not_overwritten(client: Client, workspace: Workspace) -> None:
    entered = {"undo_seconds": 60, "daily_cap": 20, "revision": workspace.revision}
    client.post(TAB, entered)
    page = client.post(TAB, entered | {"undo_seconds": 90}).content.decode()
    assert "undo_seconds: 30 → 60" in page
    workspace.refresh_from_db()
    assert workspace.undo_seconds == 60


def test_the_tab_shows_each_form_s_record_and_what_is_missing(
    client: Client, form: AllowedForm, record: Callable[[Record], None]
) -> None:
    record(SHORT)
    page = client.get(TAB).content.decode()
    assert "12 of 50 reviewed drafts so far." in page
    assert page_of(form) not in page
    record(BAD)
    assert "83 % of the newest 60 were approved unedited; it takes 95 %." in client.get(TAB).content.decode()
    record(GOOD)
    assert page_of(form) in client.get(TAB).content.decode()


def test_letting_a_form_send_by_itself_takes_the_word_and_a_reason(
    client: Client, form: AllowedForm, record: Callable[[Record], None]
) -> None:
    record(GOOD)
    assert "nobody looks at a draft of this form" in client.get(page_of(form)).content.decode().replace("\n", " ")
    for entered in ({}, {"phrase": "SEND"}, {"reason": "Good."}, {"phrase": "yes", "reason": "Good."}):
        client.post(page_of(form), {"turn": "on"} | entered)
        form.refresh_from_db()
        assert not form.auto_send
    answer = client.post(page_of(form), {"turn": "on", "phrase": "SEND", "reason": "Good."}, follow=True)
    assert "sends by itself" in answer.content.decode()
    form.refresh_from_db()
    assert form.auto_send
    assert Event.objects.get(kind="settings_changed").facts["reason"] == "Good."
    assert "Sends by itself" in client.get("/admin/settings/default/forms/").content.decode()


def test_one_click_brings_the_reviewers_back(
    client: Client, form: AllowedForm, record: Callable[[Record], None]
) -> None:
    record(GOOD)
    AllowedForm.objects.update(auto_send=True)
    assert "Back to reviewers" in client.get(TAB).content.decode()
    assert "waits for reviewers" in client.post(page_of(form), {"turn": "off"}, follow=True).content.decode()
    form.refresh_from_db()
    assert not form.auto_send


def test_what_is_not_earned_is_refused_with_what_is_missing(
    client: Client, form: AllowedForm, record: Callable[[Record], None]
) -> None:
    record(SHORT)
    assert "Not earned yet." in client.get(page_of(form)).content.decode()
    answer = client.post(page_of(form), {"turn": "on", "phrase": "SEND", "reason": "Good."})
    assert "has not earned it. 12 of 50 reviewed drafts so far." in answer.content.decode()
    form.refresh_from_db()
    assert not form.auto_send


def test_it_takes_the_right_to_switch_draft_only(
    as_staff: AsStaff, form: AllowedForm, record: Callable[[Record], None]
) -> None:
    record(GOOD)
    manager_of_words = as_staff("view_workspace", "change_workspace")
    assert page_of(form) not in manager_of_words.get(TAB).content.decode()
    assert manager_of_words.get(page_of(form)).status_code == 403
    assert manager_of_words.post(page_of(form), {"turn": "off"}).status_code == 403
    assert as_staff("view_workspace", "switch_draft_only").get(page_of(form)).status_code == 200


def test_a_form_of_another_workspace_is_not_found(client: Client, form: AllowedForm) -> None:
    other = Workspace.objects.create(name="Other", slug="other")
    theirs = AllowedForm.objects.create(workspace=other, form_id="theirs", name="Theirs")
    assert client.get(page_of(theirs)).status_code == 404


def test_what_is_still_withheld_is_told_once_the_locks_are_open(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.releasing.count_in", lambda _workspace: 1001)
    assert "withheld" not in client.get(TAB).content.decode()
    Workspace.objects.update(draft_only=False)
    assert "More than 1000 runs have planned writes that were withheld." in client.get(TAB).content.decode()
