"""The poll: what HubSpot lists and no webhook brought is answered, once each, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from leads import connections, intake, listing, polling, workspaces
from leads.credentials import seal
from leads.intake import Signed, receive
from leads.models import AllowedForm, ApiCall, Draft, Event, FormPoll, Submission, WorkflowRun, Workspace
from leads.payloads import parse
from tests.conftest import FORM_ID, default_workspace
from tests.leads.driving import drive_to_the_end

pytestmark = pytest.mark.django_db

LIST = "hubspot.submissions.list"


@pytest.fixture(autouse=True)
def polling_is_on(settings: Any) -> None:
    settings.POLL_MINUTES = 5.0


@pytest.fixture
def form(workspace: Workspace) -> AllowedForm:
    """The one form that is answered, for two hours already."""
    AllowedForm.objects.exclude(form_id=FORM_ID).update(enabled=False)
    AllowedForm.objects.filter(form_id=FORM_ID).update(answered_since=timezone.now() - timedelta(hours=2))
    return AllowedForm.objects.get(form_id=FORM_ID)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def fill_in(box: Any, name: str, *, ago: float = 1, email: str = "", at: int = 0, form: str = FORM_ID) -> None:
    """Somebody fills in the form, minutes ago, or at a moment."""
    values = {"email": email or f"{name}@brightfreight.example", "message": "What does it cost?"}
    box.control.submission(form, name, values, submitted_at=at or ms(timezone.now() - timedelta(minutes=ago)))


def poll_now() -> FormPoll:
    """What is due by now, and all that was polled before, is polled."""
    FormPoll.objects.update(due_at=Now())
    while held := polling.claim():
        polling.poll(held)
    return FormPoll.objects.get(form__form_id=FORM_ID)


def who_were_answered() -> list[str]:
    found = WorkflowRun.objects.order_by("pk").values_list("lead__email", flat=True)
    return [email.partition("@")[0] for email in found if email]


def webhook(workspace: Workspace, name: str) -> intake.Item:
    values = [{"name": "email", "value": f"{name}@brightfreight.example"}]
    body = {"portalId": 4242, "formId": FORM_ID, "formSubmissionId": name, "fieldValues": values}
    raw = json.dumps(body).encode()
    return receive(Signed([workspace], "v3", {}, raw), parse(raw, timezone.now()))[0]


def test_what_no_webhook_brought_is_answered_once(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ada")
    fill_in(box, "bo", ago=30)
    poll = poll_now()
    assert sorted(who_were_answered()) == ["ada", "bo"]
    assert {*Submission.objects.values_list("via", "form")} == {("poll", form.pk)}
    assert (poll.found, poll.error, poll.lease) == (2, "", None)
    assert poll.polled_at is not None
    assert poll_now().found == 0
    assert WorkflowRun.objects.count() == 2
    assert Event.objects.filter(kind="run_accepted").count() == 2


def test_what_a_webhook_brought_is_not_answered_again(box: Any, form: AllowedForm) -> None:
    webhook(form.workspace, "ada")
    fill_in(box, "ada")
    assert poll_now().found == 0
    assert Submission.objects.get().via == "webhook"


def test_a_form_is_never_polled_for_what_was_sent_before_it_was_allowed(box: Any, workspace: Workspace) -> None:
    fill_in(box, "long-ago", ago=1, form="a-new-form")
    workspaces.allow_form(workspace, "a-new-form", "New", actor="olga")
    poll_now()
    assert who_were_answered() == []
    fill_in(box, "ada", at=ms(timezone.now() + timedelta(seconds=1)), form="a-new-form")
    poll_now()
    assert who_were_answered() == ["ada"]


def test_a_form_that_was_off_is_polled_from_when_it_is_on_again(box: Any, form: AllowedForm) -> None:
    poll_now()
    workspaces.change_form(form, {"enabled": False}, actor="olga")
    fill_in(box, "meanwhile")
    asked = box.control.count(LIST)
    poll_now()
    assert box.control.count(LIST) == asked
    workspaces.change_form(form, {"enabled": True}, actor="olga")
    assert poll_now().found == 0


def test_all_pages_are_read_down_to_the_last_poll(box: Any, form: AllowedForm) -> None:
    for number in range(120):
        fill_in(box, f"p{number}", ago=100 - number / 2)
    assert poll_now().found == 120
    assert box.control.count(LIST) == 3
    assert poll_now().found == 0
    assert box.control.count(LIST) == 6  # all of them are of the hour before the newest


def test_only_the_last_hour_is_read_again(box: Any, form: AllowedForm) -> None:
    for number in range(60):
        fill_in(box, f"p{number}", ago=119 - number / 10)
    fill_in(box, "ada")
    assert poll_now().found == 61
    asked = box.control.count(LIST)
    poll_now()
    assert box.control.count(LIST) == asked + 1


def test_what_hubspot_lists_late_is_found_all_the_same(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ada", ago=1)
    poll_now()
    fill_in(box, "late", ago=40)
    assert poll_now().found == 1
    assert who_were_answered() == ["ada", "late"]


def test_a_clock_that_is_ahead_hides_nothing(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ahead", at=ms(timezone.now() + timedelta(days=400)))
    poll_now()
    fill_in(box, "ada")
    assert poll_now().found == 1


def test_those_who_sent_it_in_the_same_millisecond_are_all_answered(box: Any, form: AllowedForm) -> None:
    at = ms(timezone.now() - timedelta(minutes=3))
    for name in ("ada", "bo"):
        fill_in(box, name, at=at)
    poll_now()
    fill_in(box, "cy", at=at)
    poll_now()
    assert sorted(who_were_answered()) == ["ada", "bo", "cy"]


def test_one_without_an_address_holds_nobody_up(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ada")
    box.control.submission(FORM_ID, "nobody", {"message": "Hello"})
    box.control.submission(FORM_ID, "typo", {"email": "no address"})
    assert (poll_now().found, who_were_answered()) == (1, ["ada"])


def test_what_was_polled_becomes_a_draft_and_the_calls_are_on_record(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ada")
    poll_now()
    drive_to_the_end(WorkflowRun.objects.get())
    assert Draft.objects.get().recipient == "ada@brightfreight.example"
    assert [*ApiCall.objects.filter(step="poll").values_list("endpoint", "status")] == [("submissions.list", 200)]


@pytest.mark.django_db(transaction=True)
def test_webhook_and_poll_at_the_same_moment_answer_once(box: Any) -> None:
    workspace = default_workspace()
    AllowedForm.objects.exclude(form_id=FORM_ID).update(enabled=False)
    AllowedForm.objects.filter(form_id=FORM_ID).update(answered_since=timezone.now() - timedelta(hours=2))
    rounds, start = 12, Barrier(3)

    def together(act: Callable[[], object]) -> None:
        try:
            start.wait()
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        for number in range(rounds):
            fill_in(box, f"p{number}")
            FormPoll.objects.update(due_at=Now())
            acts: list[Callable[[], object]] = [
                lambda name=f"p{number}": webhook(workspace, name),
                polling.poll_due,
                polling.poll_due,
            ]
            list(threads.map(together, acts))
    assert sorted(who_were_answered()) == sorted(f"p{number}" for number in range(rounds))
    assert Submission.objects.count() == rounds


@pytest.mark.django_db(transaction=True)
def test_a_poll_that_is_killed_before_its_end_leaves_neither_runs_nor_a_cursor(
    box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_workspace()
    AllowedForm.objects.exclude(form_id=FORM_ID).update(enabled=False)
    AllowedForm.objects.filter(form_id=FORM_ID).update(answered_since=timezone.now() - timedelta(hours=2))
    fill_in(box, "ada")
    taken = listing.take_in

    class KilledError(BaseException):
        pass

    def take_in_and_die(*given: Any) -> int:
        assert taken(*given) == 1
        raise KilledError

    monkeypatch.setattr(listing, "take_in", take_in_and_die)
    held = polling.claim()
    assert held is not None
    with pytest.raises(KilledError):
        polling.poll(held)
    assert (WorkflowRun.objects.count(), FormPoll.objects.get().read_until) == (0, None)
    assert polling.claim() is None  # until its lease is over
    monkeypatch.undo()
    assert poll_now().found == 1


def test_who_lost_the_lease_writes_nothing(box: Any, form: AllowedForm) -> None:
    fill_in(box, "ada")
    lost = polling.claim()
    assert lost is not None
    FormPoll.objects.update(due_at=Now())
    held = polling.claim()
    assert held is not None
    polling.poll(lost)
    assert WorkflowRun.objects.count() == 0
    polling.poll(held)
    assert WorkflowRun.objects.count() == 1


def test_while_one_process_polls_no_other_does(box: Any, form: AllowedForm) -> None:
    assert polling.claim() is not None
    assert polling.claim() is None
    assert not polling.is_due()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (f"403:{LIST}", "PermissionDenied"),
        (f"404:{LIST}", "NotFound"),
        (f"bad-json:{LIST}", "Transient"),
        (f"html:{LIST}", "Transient"),
        (f"500:{LIST}", "Transient"),
    ],
)
def test_trouble_is_told_and_the_next_poll_goes_on(box: Any, form: AllowedForm, fault: str, kind: str) -> None:
    fill_in(box, "ada")
    box.control.fault(fault)
    failed = poll_now()
    assert (failed.error_kind, failed.lease, failed.read_until) == (kind, None, None)
    assert failed.failing_since is not None
    assert timezone.now() + timedelta(minutes=4) < failed.due_at < timezone.now() + timedelta(minutes=6)
    assert poll_now().failing_since == failed.failing_since
    assert Event.objects.filter(kind="form_poll_failed").count() == 1
    box.control.clear_faults()
    mended = poll_now()
    assert (mended.error_kind, mended.error, mended.failing_since, mended.found) == ("", "", None, 1)
    assert Event.objects.filter(kind="form_poll_mended").count() == 1


def test_trouble_on_the_second_page_keeps_the_first_and_is_caught_up_with(box: Any, form: AllowedForm) -> None:
    for number in range(70):
        fill_in(box, f"p{number}", ago=100 - number)
    pages = listing.pages

    def broken(*given: Any) -> Any:
        reading = pages(*given)
        yield next(reading)
        box.control.fault(f"500:{LIST}:x1")
        yield from reading

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "pages", broken)
        failed = poll_now()
    assert (WorkflowRun.objects.count(), failed.read_until) == (50, None)
    assert poll_now().found == 20


def test_the_time_that_hubspot_asks_for_is_given_by_all_forms_of_the_workspace(box: Any, form: AllowedForm) -> None:
    AllowedForm.objects.update(enabled=True)
    box.control.fault(f"429:{LIST}:x1:retry_after=90")
    fill_in(box, "ada")
    while held := polling.claim():
        polling.poll(held)
    assert box.control.count(LIST) == 1
    assert all(one.due_at > timezone.now() + timedelta(seconds=80) for one in FormPoll.objects.all())
    assert poll_now().found == 1


def test_no_form_is_left_alone_for_longer_than_an_hour(box: Any, form: AllowedForm) -> None:
    box.control.fault(f"429:{LIST}:x1:retry_after=86400")
    assert poll_now().due_at <= timezone.now() + timedelta(hours=1)


def test_the_trouble_of_one_workspace_or_form_is_not_anothers(box: Any, form: AllowedForm) -> None:
    other = Workspace.objects.create(name="Other", slug="other", portal_id="77")
    AllowedForm.objects.create(workspace=other, form_id="theirs", name="Theirs")
    bad = Workspace.objects.create(name="Bad", slug="bad", portal_id="78")
    seal(bad, "hubspot", {"access_token": "not-a-token-of-the-sandbox"})
    AllowedForm.objects.create(workspace=bad, form_id="gone", name="Gone")
    AllowedForm.objects.create(workspace=form.workspace, form_id="deleted", name="Deleted")
    fill_in(box, "ada")
    assert poll_now().found == 1
    kinds = dict(FormPoll.objects.values_list("form__form_id", "error_kind"))
    assert kinds == {FORM_ID: "", "theirs": "NotConfigured", "gone": "ConnectionBroken", "deleted": "NotFound"}


def test_a_token_that_dies_breaks_the_connection_once_and_is_not_tried_again_until_it_is_mended(
    box: Any, form: AllowedForm
) -> None:
    fill_in(box, "ada")
    box.control.fault(f"401:{LIST}")
    assert [poll_now().error_kind for _ in range(2)] == ["ConnectionBroken"] * 2
    assert box.control.count(LIST) == 1
    assert Event.objects.filter(kind="connection_broken").count() == 1
    box.control.clear_faults()
    connections.mended(form.workspace, "hubspot")
    assert FormPoll.objects.get(form=form).due_at <= timezone.now()
    assert poll_now().found == 1


def test_zero_minutes_turn_it_off(box: Any, form: AllowedForm, settings: Any) -> None:
    settings.POLL_MINUTES = 0
    fill_in(box, "ada")
    assert not polling.is_due()
    polling.poll_due()
    assert box.control.count(LIST) == 0


def test_a_contact_of_whom_an_event_told_is_awaited_before_the_form_is_taken(box: Any, form: AllowedForm) -> None:
    at = timezone.now() - timedelta(minutes=2)
    event = {"subscriptionType": "contact.creation", "portalId": 4242, "objectId": 31, "eventId": 1}
    raw = json.dumps([event | {"occurredAt": ms(at)}]).encode()
    receive(Signed([form.workspace], "v3", {}, raw), parse(raw, timezone.now()))
    fill_in(box, "ada", at=ms(at))
    fill_in(box, "bo", ago=50)
    assert (poll_now().found, who_were_answered()) == (1, ["bo"])
    Submission.objects.filter(source="event").update(received_at=timezone.now() - timedelta(hours=1))
    assert poll_now().found == 1
