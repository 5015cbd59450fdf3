"""Messages to the team: written with what they tell of, sent over real HTTP, tried again, given up in plain sight."""

from __future__ import annotations

import io
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now

from leads import drafts, messages, notices, outbox, problems, runs
from leads import sending as sender
from leads.alerts import watch
from leads.causes import Cause
from leads.engine.beside import Beside
from leads.engine.drain import Drain
from leads.models import AlertRule, Draft, Event, Notice, NoticeAddress, WorkflowRun, Workspace
from leads.supervisor import Supervisor
from tests.leads.driving import cluster, drive_once, take_in, until
from tests.leads.listener import Listener, listening

Make = Callable[..., Any]
State = Notice.State


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def olga(db: None) -> User:
    """May review drafts."""
    user = User.objects.create_user("olga", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_draft", "review_draft"]))
    return user


@pytest.fixture
def address(listener: Listener, workspace: Workspace, olga: User) -> NoticeAddress:
    return notices.add(workspace, url=listener.url, name="Sales", by=olga)


@pytest.fixture(autouse=True)
def same_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender's own thread would close, and must not share, the test's connection."""
    monkeypatch.setattr("leads.outbox.connection.close", lambda: None)


def drafted(lead: Make, workspace: Workspace, **said: str) -> WorkflowRun:
    run = drive_once(take_in(lead(**said) | {"formSubmissionId": str(uuid4())}, workspace))
    assert run.outcome == "drafted"
    return run


def died(box: Any, lead: Make, workspace: Workspace, **said: str) -> WorkflowRun:
    box.control.fault("403:gmail.drafts.create:x1")
    run = drive_once(take_in(lead(**said) | {"formSubmissionId": str(uuid4())}, workspace))
    assert run.state == "dead"
    return run


def alerts() -> None:
    """What the rules find now."""
    AlertRule.objects.update(due_at=Now())
    watch.look()


def due_again() -> None:
    Notice.objects.filter(state=State.QUEUED).update(due_at=Now())


def only() -> Notice:
    return Notice.objects.get()


def test_a_draft_that_is_ready_is_told(box: Any, lead: Make, address: NoticeAddress, listener: Listener) -> None:
    run = drafted(lead, address.workspace, firstname="Wilhelmina", company="Zebrafinch AG")
    assert (only().kind, only().state, only().run) == ("draft_ready", "queued", run)
    outbox.send_due()
    [heard] = listener.heard
    assert heard["title"] == "Draft ready: Wilhelmina at Zebrafinch AG"
    draft = Draft.objects.get()
    assert f"https://sales.northwind.example/admin/review/{draft.pk}/" in heard["message"]
    assert (only().state, only().attempt, only().error) == ("sent", 1, "")


def test_a_dead_run_is_told_with_what_to_do(box: Any, lead: Make, address: NoticeAddress, listener: Listener) -> None:
    run = died(box, lead, address.workspace)
    alerts()
    outbox.send_due()
    [heard] = listener.heard
    assert (heard["title"].startswith("No draft: "), heard["type"]) == (True, "failure")
    assert f"Run {run.pk} gave up" in heard["message"]
    assert "Grant the scope" in heard["message"]
    assert f"/admin/leads/workflowrun/{run.pk}/change/" in heard["message"]


def test_a_message_holds_nothing_of_a_prospect_but_first_name_and_company(
    box: Any, lead: Make, address: NoticeAddress, listener: Listener
) -> None:
    said = {"lastname": "Quartzenberg", "email": "wq@zebrafinch.example", "message": "My xylophone is broken."}
    drafted(lead, address.workspace, **said)
    died(box, lead, address.workspace, **said, phone="7946")
    alerts()
    outbox.send_due()
    told = str(listener.heard).lower()
    assert len(listener.heard) == 2
    assert [word for word in ("quartz", "wq@", "xylophone", "7946") if word in told] == []


def test_what_a_prospect_typed_becomes_no_link_and_no_mention() -> None:
    assert messages.plain("<!channel> https://evil.example/x *bold* [a](b) @here O'Neil & Søn") == (
        "channel https evil example x bold a b here O'Neil & Søn"
    )


def test_a_workspace_that_wants_no_messages_has_none(box: Any, lead: Make, workspace: Workspace) -> None:
    drafted(lead, workspace)
    assert not Notice.objects.exists()


def test_an_address_is_told_only_what_it_wants(
    box: Any, lead: Make, address: NoticeAddress, olga: User, listener: Listener
) -> None:
    notices.change(address, on_draft_ready=False, by=olga)
    drafted(lead, address.workspace)
    died(box, lead, address.workspace, email="other@company.example")
    alerts()
    assert only().kind == "alert"
    assert only().alert.kind == "dead_letter"  # type: ignore[union-attr]


def test_other_workspaces_hear_nothing(box: Any, lead: Make, workspace: Workspace, olga: User) -> None:
    other = Workspace.objects.create(name="Other", slug="other")
    notices.add(other, url="json://127.0.0.1:9", name="Theirs", by=olga)
    drafted(lead, workspace)
    assert not Notice.objects.exists()


def test_a_message_that_is_not_taken_is_tried_again_and_then_given_up(
    address: NoticeAddress, listener: Listener, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ATTEMPTS", 2)
    listener.status = 500
    notices.send_test(address, by=olga)
    outbox.send_due()
    assert (only().state, only().attempt) == ("queued", 1)
    assert not outbox.is_due()
    due_again()
    outbox.send_due()
    assert (only().state, only().attempt) == ("failed", 2)
    assert "500" in only().error
    listener.status = 200
    notices.send_again(only(), by=olga)
    outbox.send_due()
    assert (only().state, len(listener.heard)) == ("sent", 3)
    with pytest.raises(notices.NotPossible):
        notices.send_again(only(), by=olga)


def test_the_pauses_grow() -> None:
    assert timedelta(seconds=20) < outbox.pause(1) < timedelta(seconds=40)
    assert timedelta(hours=1) < outbox.pause(outbox.ATTEMPTS - 1) < timedelta(hours=3)


def test_a_service_that_is_not_there_is_said_without_the_secrets(
    workspace: Workspace, olga: User, caplog: pytest.LogCaptureFixture
) -> None:
    address = notices.add(workspace, url="json://olga:secret-pass@127.0.0.1:9/secret-path", name="Gone", by=olga)
    notices.send_test(address, by=olga)
    outbox.send_due()
    assert only().error
    assert "secret" not in only().error
    assert "secret" not in caplog.text


@pytest.mark.parametrize("url", ["slack://secret-token/bad", "nosuch://olga:secret-pass@host", "msteams://secret/"])
def test_an_address_that_was_mistyped_does_not_get_into_the_log(workspace: Workspace, olga: User, url: str) -> None:
    said = io.StringIO()
    log = logging.StreamHandler(said)  # where the server's own log hangs
    logging.getLogger().addHandler(log)
    try:
        with pytest.raises(notices.BadAddress):
            notices.add(workspace, url=url, name="Mistyped", by=olga)
    finally:
        logging.getLogger().removeHandler(log)
    assert said.getvalue() == ""


def test_a_service_that_does_not_answer_is_not_waited_for(
    address: NoticeAddress, listener: Listener, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "TIMEOUT", 0.2)
    listener.pauses = 1.0
    notices.send_test(address, by=olga)
    began = time.monotonic()
    outbox.send_due()
    assert time.monotonic() - began < 0.9
    assert (only().state, notices.unsent()) == ("queued", 1)
    assert "secret" not in only().error


def test_a_service_that_sends_us_elsewhere_is_not_followed(
    address: NoticeAddress, listener: Listener, olga: User
) -> None:
    listener.status, listener.moved_to = 307, "/elsewhere"
    notices.send_test(address, by=olga)
    outbox.send_due()
    assert (only().state, len(listener.heard)) == ("queued", 1)
    assert "307" in only().error


def test_many_tests_at_once_are_one_message_that_says_so(
    address: NoticeAddress, listener: Listener, olga: User
) -> None:
    for _ in range(4):
        notices.send_test(address, by=olga)
    outbox.send_due()
    assert [heard["title"] for heard in listener.heard] == ["4 tests"]


def test_an_outage_is_told_in_one_message(box: Any, lead: Make, address: NoticeAddress, listener: Listener) -> None:
    for number in range(4):
        died(box, lead, address.workspace, email=f"lead{number}@company.example")
    alerts()
    outbox.send_due()
    [heard] = listener.heard
    assert heard["title"] == "4 runs are dead: PermissionDenied · Put the draft into the mailbox · gmail"


def test_many_drafts_at_once_are_told_in_one_message(
    box: Any, lead: Make, address: NoticeAddress, listener: Listener
) -> None:
    for number in range(4):
        drafted(lead, address.workspace, email=f"lead{number}@company.example")
    outbox.send_due()
    [heard] = listener.heard
    assert heard["title"] == "4 drafts are ready"
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_what_is_no_news_any_more_is_not_sent(
    box: Any, lead: Make, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    drafted(lead, address.workspace)
    run = died(box, lead, address.workspace, email="other@company.example")
    alerts()
    drafts.reject(Draft.objects.earliest("pk"), version=1, reason="no", by=olga)
    runs.retry(run, actor="olga")
    alerts()
    outbox.send_due()
    assert listener.heard == []
    assert set(Notice.objects.values_list("state", flat=True)) == {"dropped"}


def test_a_death_by_a_muted_cause_is_not_told(
    box: Any, lead: Make, address: NoticeAddress, listener: Listener, olga: User
) -> None:
    run = died(box, lead, address.workspace)
    alerts()
    problems.mute(Cause.of(run), until=None, by=olga)
    outbox.send_due()
    assert (listener.heard, only().state) == ([], "dropped")
    died(box, lead, address.workspace, email="other@company.example")
    alerts()
    assert not outbox.is_due()


def test_a_worker_that_must_end_begins_no_message(address: NoticeAddress, listener: Listener, olga: User) -> None:
    notices.send_test(address, by=olga)
    outbox.send_due(lambda: True)
    assert (listener.heard, only().attempt) == ([], 0)


def test_a_message_that_cannot_be_written_is_given_up_and_holds_no_other_up(
    box: Any, lead: Make, address: NoticeAddress, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ATTEMPTS", 1)
    drafted(lead, address.workspace)
    drafted(lead, address.workspace, email="other@company.example")
    broken = Notice.objects.earliest("pk").pk
    written = messages.message
    monkeypatch.setattr(messages, "message", lambda one: {}["no such key"] if one.pk == broken else written(one))
    outbox.send_due()
    assert [(one.state, one.error) for one in Notice.objects.order_by("pk")] == [
        ("failed", "The message could not be written: KeyError."),
        ("sent", ""),
    ]
    assert len(listener.heard) == 1


def test_while_a_message_is_being_sent_no_other_sending_is_queued() -> None:
    may_end = threading.Event()
    begun: list[int] = []

    def send(_stopping: object) -> None:
        begun.append(1)
        may_end.wait(5)

    sender = Beside("outbox", send)
    first = sender.begin(lambda: False)
    assert sender.begin(lambda: False) is first
    may_end.set()
    first.result(5)
    sender.begin(lambda: False).result(5)
    assert len(begun) == 2


def test_what_one_worker_has_claimed_no_other_sends(address: NoticeAddress, olga: User) -> None:
    notices.send_test(address, by=olga)
    [claimed] = outbox.claim()
    assert outbox.claim() == []
    Notice.objects.filter(pk=claimed.pk).update(attempt=5)  # its lease ran out, somebody else took it
    outbox.settle([claimed], "")
    assert only().state == "queued"


def test_what_another_worker_took_while_one_before_it_was_sent_is_not_sent_twice(
    address: NoticeAddress, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (notices.send_test(address, by=olga) for _ in range(2))
    sent: list[str] = []

    def slowly(_: NoticeAddress, message: messages.Message) -> str:
        sent.append(message.title)
        Notice.objects.filter(pk=second.pk).update(attempt=2)
        return ""

    monkeypatch.setattr(outbox, "send", slowly)
    outbox.send_due()
    assert sent == ["This is a test"]
    assert [Notice.objects.get(pk=one.pk).state for one in (first, second)] == ["sent", "queued"]


def test_an_address_is_stored_sealed_and_the_audit_does_not_know_it(
    address: NoticeAddress, olga: User, settings: Any
) -> None:
    assert b"secret" not in bytes(NoticeAddress.objects.get().sealed)
    assert (address.service, notices.unsealed(address)[:7]) == ("JSON", "json://")
    notices.change(address, url="json://127.0.0.1:9/other-secret", by=olga)
    notices.send_test(address, by=olga)
    notices.remove(address, by=olga)
    facts = list(Event.objects.filter(kind__startswith="notice_").order_by("pk").values_list("kind", "facts"))
    assert [kind for kind, _ in facts] == [
        "notice_address_added",
        "notice_address_changed",
        "notice_address_tested",
        "notice_address_removed",
    ]
    assert "secret" not in str(facts)
    assert not Notice.objects.exists()


def test_an_address_whose_key_is_lost_says_so(address: NoticeAddress, olga: User, settings: Any) -> None:
    notices.send_test(address, by=olga)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    outbox.send_due()
    assert "CREDENTIALS_KEYS" in only().error


@pytest.mark.parametrize("url", ["", "nonsense", "http//", "nosuch://x", "syslog://", "dbus://", "https://example.com"])
def test_what_is_no_address_is_refused_in_plain_words(workspace: Workspace, olga: User, url: str) -> None:
    with pytest.raises(notices.BadAddress, match=r"Apprise does not understand|on the server itself"):
        notices.add(workspace, url=url, name="Bad", by=olga)
    assert not NoticeAddress.objects.exists()


INSIDE = ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "localhost", "2130706433"]


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["json", "jsons", "xml", "form"])
def test_production_posts_nothing_to_its_own_network(
    workspace: Workspace, olga: User, settings: Any, scheme: str, host: str
) -> None:
    url = f"{scheme}://{host}/x"
    address = notices.add(workspace, url=url, name="Inside", by=olga)
    settings.PRODUCTION = True
    with pytest.raises(notices.BadAddress, match="may not point to this machine or to a private network"):
        notices.service_of(url)
    notices.send_test(address, by=olga)
    outbox.send_due()
    assert "may not point to this machine" in only().error
    assert notices.service_of(f"{scheme}://1.1.1.1/x")


def test_only_who_may_review_is_sent_a_link_to_approve(
    box: Any, lead: Make, address: NoticeAddress, olga: User, listener: Listener
) -> None:
    run = drafted(lead, address.workspace)
    assert "/approve/" not in messages.message(only()).body  # type: ignore[union-attr]
    notices.change(address, url=listener.url, person=olga, by=olga)
    assert re.search(r"https://sales.northwind.example/approve/\S+", messages.message(only()).body)  # type: ignore[union-attr]
    olga.user_permissions.clear()
    assert "/approve/" not in messages.message(Notice.objects.get(run=run)).body  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_bell_sends_in_a_thread_beside_the_runs(listener: Listener, django_user_model: type[User]) -> None:
    from tests.conftest import default_workspace  # noqa: PLC0415

    address = notices.add(default_workspace(), url=listener.url, name="Sales", by=User.objects.create_user("olga"))
    notices.send_test(address, by=User.objects.get())
    Drain().work(None, 1.0)
    until(lambda: Notice.objects.get().state == "sent")
    assert listener.heard[0]["title"] == "This is a test"


def test_the_supervisor_rings_for_a_message_that_is_due(
    address: NoticeAddress, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[None] = []
    monkeypatch.setattr("leads.supervisor.ring", lambda: rings.append(None))
    monkeypatch.setattr("leads.supervisor.close_old_connections", lambda: None)
    Supervisor()._sweep(cluster(complete=False))
    assert rings == []
    notices.send_test(address, by=olga)
    Supervisor()._sweep(cluster(complete=False))
    assert rings == [None]


def test_a_draft_that_came_back_is_told_without_what_stopped_it(
    box: Any, lead: Make, sending: Workspace, listener: Listener, olga: User
) -> None:
    notices.add(sending, url=listener.url, name="Sales", by=olga, on_draft_ready=False)
    draft = drafted(lead, sending, firstname="Wilhelmina", company="Zebrafinch AG").draft
    drafts.approve(draft, version=draft.version, by=olga)
    sender.give_back(draft, "They replied: not interested", cause="replied")
    outbox.send_due()
    [heard] = listener.heard
    assert heard["title"] == "Back in review: Wilhelmina at Zebrafinch AG"
    assert f"/admin/review/{draft.pk}/" in heard["message"]
    assert "interested" not in heard["message"]


def test_who_puts_a_draft_back_themselves_is_not_told(box: Any, lead: Make, sending: Workspace, olga: User) -> None:
    notices.add(sending, url="json://192.0.2.1/x", name="Sales", by=olga, on_draft_ready=False)
    draft = drafted(lead, sending).draft
    drafts.approve(draft, version=draft.version, by=olga)
    assert sender.give_back(draft, "Stop.", cause="draft_only", actor="olga")
    assert not Notice.objects.exists()


def test_a_draft_that_may_have_been_sent_is_told_until_somebody_has_said(
    box: Any, lead: Make, sending: Workspace, listener: Listener, olga: User
) -> None:
    notices.add(sending, url=listener.url, name="Sales", by=olga, on_draft_ready=False)
    run = drafted(lead, sending, firstname="Wilhelmina", company="Zebrafinch AG")
    Draft.objects.update(status="uncertain")
    for _ in range(2):
        notices.tell_of_sending(Notice.Kind.SEND_UNCERTAIN, run)
    outbox.send_due()
    assert {heard["title"] for heard in listener.heard} == {"May have been sent: Wilhelmina at Zebrafinch AG"}
    notices.tell_of_sending(Notice.Kind.SEND_UNCERTAIN, run)
    Draft.objects.update(status="ready")
    outbox.send_due()
    assert Notice.objects.latest("pk").state == "dropped"
