"""From an error, met for real, to what a person enters to mend it, and on to the draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db.models.functions import Now

from leads import activity, connecting, remedies, runs, submissions
from leads.admin.run_forms import InputForm
from leads.models import Connection, Event, Lead, Submission, WorkflowRun, Workspace
from leads.remedies import Asks, Remedy
from tests.leads.driving import drive_once, drive_to_the_end, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
Break = Callable[[Any, Workspace, Any], None]


def unset(**changes: Any) -> Break:
    """Break the workspace's settings."""

    def broken(settings: Any, workspace: Workspace, box: Any) -> None:
        Workspace.objects.filter(pk=workspace.pk).update(**changes)

    return broken


def without(**changes: Any) -> Break:
    """Break the deployment's settings."""

    def broken(settings: Any, workspace: Workspace, box: Any) -> None:
        for name, value in changes.items():
            setattr(settings, name, value)

    return broken


def fault(spec: str) -> Break:
    def broken(settings: Any, workspace: Workspace, box: Any) -> None:
        box.control.fault(spec)

    return broken


def lost_key(settings: Any, workspace: Workspace, box: Any) -> None:
    connecting.connect(workspace, "hubspot", {"access_token": "sandbox-token"}, actor="olga")
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]


TOKEN = {"access_token": "sandbox-token"}
SETTINGS: list[tuple[Break, tuple[str, ...], dict[str, Any]]] = [
    (unset(sender_email=""), ("sender_email", "sender_name"), {"sender_email": "clara@northwind.example"}),
    (unset(template_set="gone"), ("template_set",), {"template_set": "en"}),
    (unset(calendar_ids=["nobody@northwind.example"]), ("calendar_ids",), {"calendar_ids": []}),
]
SECRETS: list[tuple[Break, tuple[str, ...], str]] = [
    (without(HUBSPOT_ACCESS_TOKEN=""), ("access_token",), "NotConfigured"),
    (without(HUBSPOT_ACCESS_TOKEN="to ken"), ("access_token",), "NotConfigured"),
    (without(GOOGLE_CREDENTIALS=""), ("credentials",), "NotConfigured"),
    (without(GOOGLE_CREDENTIALS="{}"), ("credentials",), "NotConfigured"),
    (without(GOOGLE_CREDENTIALS="/nowhere/at/all.json"), ("credentials",), "NotConfigured"),
    (without(HUBSPOT_ACCESS_TOKEN="", GOOGLE_CREDENTIALS=""), ("access_token", "credentials"), "NotConfigured"),
    (fault("401:gmail.labels.list:x2"), ("credentials", "subject"), "ConnectionBroken"),
    (fault("401:gmail.threads.list:x2"), ("credentials", "subject"), "ConnectionBroken"),
    (fault("401:drive.files.list:x2"), ("credentials", "subject"), "ConnectionBroken"),
    (lost_key, ("access_token", "client_secret"), "KeyLost"),
]


@pytest.fixture
def google(box: Any, settings: Any) -> str:
    """The credentials that the sandbox takes."""
    return str(settings.GOOGLE_CREDENTIALS)


@pytest.mark.parametrize(("broken", "names", "entered"), SETTINGS)
def test_a_setting_that_is_missing_or_wrong_is_asked_for(
    box: Any, lead: Make, workspace: Workspace, settings: Any, broken: Break, names: Any, entered: dict[str, Any]
) -> None:
    broken(settings, workspace, box)
    run = drive_once(take_in(lead(), workspace))
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert (remedy.asks, remedy.names) == (Asks.SETTINGS, names)
    goes_on = remedies.mend(run, remedy, {"sender_name": "Clara Jensen"} | entered, actor="olga")
    # What a draft was written without is put into one that is written again.
    assert (goes_on == run) is (run.state != "done")
    ended = drive_to_the_end(goes_on)
    assert (ended.outcome, ended.draft.lacks) == ("drafted", [])
    changed = Event.objects.get(kind="settings_changed")
    assert (changed.actor, set(changed.facts["fields"])) == ("olga", {*entered})


@pytest.mark.parametrize(("broken", "names", "kind"), SECRETS)
def test_credentials_that_are_missing_or_dead_are_asked_for(
    box: Any,
    google: str,
    lead: Make,
    workspace: Workspace,
    settings: Any,
    broken: Break,
    names: Any,
    kind: str,
) -> None:
    broken(settings, workspace, box)
    run = drive_once(take_in(lead(), workspace))
    remedy = remedies.remedy_of(run)
    assert run.error_kind == kind
    assert remedy is not None
    assert (remedy.asks, remedy.names) == (Asks.CREDENTIALS, names)
    remedies.mend(run, remedy, TOKEN | {"credentials": google}, actor="olga")
    assert drive_to_the_end(run).outcome == "drafted"
    assert not {"sandbox-token", google} & {str(fact) for event in Event.objects.all() for fact in event.facts.values()}


def test_an_address_that_cannot_be_searched_for_is_asked_for_and_the_run_begins_again(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    run = drive_to_the_end(take_in(lead(email="-mara@brightfreight.example"), workspace))
    assert (run.state, run.error_kind) == ("dead", "Permanent")
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert remedy.asks is Asks.INPUT
    again = remedies.mend(run, remedy, {"email": "Mara@BrightFreight.example", "message": "Hi"}, actor="olga")
    assert again.again_of_id == run.pk
    again = drive_to_the_end(again)
    assert again.outcome == "drafted"
    assert again.draft.recipient == "mara@brightfreight.example"
    assert again.lead == Lead.objects.get(email="mara@brightfreight.example")
    told = Event.objects.get(kind="submission_corrected")
    for who in (run.lead, again.lead):  # the address as it came, and as it is now
        days = activity.activity(who).days
        assert told.pk in [one.pk for _, some in days for one in some if one.kind is activity.Kind.EVENT]
    assert told.facts == {"submission": run.submission_id, "fields": ["email", "message"]}


def test_a_prospect_on_the_list_of_those_never_written_to_can_be_taken_off(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(suppressed=["brightfreight.example"])
    run = drive_to_the_end(take_in(lead(), workspace))
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert (remedy.asks, remedy.names) == (Asks.SETTINGS, ("suppressed",))
    again = remedies.mend(run, remedy, {"suppressed": []}, actor="olga")
    assert again != run
    assert drive_to_the_end(again).outcome == "drafted"


def test_an_address_nobody_reads_is_asked_for(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_to_the_end(take_in(lead(email="no-reply@brightfreight.example"), workspace))
    assert run.outcome == "screened"
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert remedy.asks is Asks.INPUT


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "dead", "error_kind": "Transient", "error": "gmail threads.list: no answer"},
        {"state": "dead", "error_kind": "ZeroDivisionError", "error": "division by zero"},
        {"state": "dead", "error_kind": "Permanent", "error": "hubspot notes.create: x", "failed_step": "create_task"},
        {"state": "dead", "error_kind": "PermissionDenied", "error": "gmail: scope", "failed_step": "search_threads"},
        {"state": "dead", "error_kind": "PermissionDenied", "error": "drive: no", "failed_step": "find_assets"},
        {"state": "dead", "error_kind": "ConnectionBroken", "error": "elsewhere said no"},
        {"state": "waiting", "error_kind": "NotConfigured", "error": "HUBSPOT_API_URL is not a URL"},
        {"state": "waiting", "error_kind": "KeyLost", "error": "a key that has been put back since"},
        {"state": "pending", "error_kind": "ConnectionBroken", "failed_service": "hubspot"},
        {"state": "done", "outcome": "drafted"},
        {"state": "done", "outcome": "screened", "reason": "The message is spam."},
    ],
)
def test_what_nobody_can_enter_has_no_form(lead: Make, workspace: Workspace, fields: dict[str, str]) -> None:
    run = take_in(lead(), workspace)
    WorkflowRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
    assert remedies.remedy_of(run) is None


@pytest.mark.parametrize("email", ["", "nobody", "a@b", f"{'a' * 250}@b.example"])
def test_an_address_that_is_none_is_refused_and_nothing_is_kept(lead: Make, workspace: Workspace, email: str) -> None:
    run = take_in(lead(), workspace)
    runs.cancel(run, reason="No.", actor="olga")
    before = Submission.objects.values().get()
    with pytest.raises(submissions.NotPossible):
        remedies.mend(run, Remedy(Asks.INPUT, ""), {"email": email}, actor="olga")
    assert Submission.objects.values().get() == before
    assert WorkflowRun.objects.count() == 1


def test_a_correction_that_changes_nothing_leaves_no_trace(lead: Make, workspace: Workspace) -> None:
    submission = take_in(lead(), workspace).submission
    assert not submissions.correct(submission, {"email": submission.payload["fields"]["email"]}, actor="olga")
    assert not Event.objects.filter(kind="submission_corrected").exists()


def test_a_long_message_stays_whole_when_something_else_is_corrected(lead: Make, workspace: Workspace) -> None:
    message = "What does it cost?\nAnd when?\n" * 400
    submission = take_in(lead(message=message), workspace).submission
    entered = {f"mend-{name}": value for name, value in submission.payload["fields"].items()}
    entered |= {"mend-firstname": "Maria", "mend-message": message.replace("\n", "\r\n")}  # as browsers send it
    form = InputForm(entered, submission=submission)
    assert form.is_valid(), form.errors
    assert submissions.correct(submission, form.cleaned_data, actor="olga")
    submission.refresh_from_db()
    assert submission.payload["fields"]["firstname"] == "Maria"
    assert submission.payload["fields"]["message"] == message
    assert Event.objects.get(kind="submission_corrected").facts["fields"] == ["firstname"]


def test_who_mends_a_connection_is_asked_for_no_other_runs_since_all_go_on(lead: Make, workspace: Workspace) -> None:
    for number in (1, 2):
        take_in(lead(number), workspace)
    WorkflowRun.objects.update(state="waiting", error_kind="ConnectionBroken", failed_service="google")
    run = WorkflowRun.objects.order_by("pk")[0]
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert not WorkflowRun.objects.filter(remedies.stopped_alike(run, remedy))


def test_a_setting_that_two_runs_miss_is_mended_for_both(box: Any, lead: Make, workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(sender_email="")
    one, other = (drive_once(take_in(lead(number), workspace)) for number in (1, 2))
    remedy = remedies.remedy_of(one)
    assert remedy is not None
    assert list(WorkflowRun.objects.filter(remedies.stopped_alike(one, remedy))) == [other]


def test_those_that_miss_another_folder_are_not_offered(lead: Make, workspace: Workspace) -> None:
    runs_of = {}
    for number, folder in enumerate(("decks", "decks", "plans"), 1):
        runs_of[number] = run = take_in(lead(number), workspace)
        error = {"error_kind": "NotFound", "error": f"drive files.list answered 404: {folder}"}
        WorkflowRun.objects.filter(pk=run.pk).update(
            state="dead", failed_step="find_assets", failed_service="drive", **error
        )
        run.refresh_from_db()
    remedy = remedies.remedy_of(runs_of[1])
    assert remedy is not None
    assert remedy.names == ("folder_ids",)
    assert list(WorkflowRun.objects.filter(remedies.stopped_alike(runs_of[1], remedy))) == [runs_of[2]]


def test_a_key_that_is_lost_names_the_account_that_needs_it(lead: Make, workspace: Workspace, settings: Any) -> None:
    run = take_in(lead(), workspace)
    connecting.connect(workspace, "google", {"subject": "clara@northwind.example"}, actor="olga")
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    WorkflowRun.objects.filter(pk=run.pk).update(state="waiting", error_kind="KeyLost", due_at=Now())
    run.refresh_from_db()
    remedy = remedies.remedy_of(run)
    assert remedy is not None
    assert remedy.names == connecting.SECRETS[Connection.Service.GOOGLE]
