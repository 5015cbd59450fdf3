"""What an operator types, and what comes back: text, JSON, exit codes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from leads import checkups, credentials
from leads.engine.steps import REGISTRY
from leads.models import AllowedForm, ApiCall, Connection, Draft, Event, Submission, WorkflowRun, Workspace
from leads.samples import FORMS

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
Write = Callable[[object], str]
FIRST_FORM, SECOND_FORM = FORMS


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left: its exit code, what it printed, what it complained of."""

    code: int
    out: str
    complaint: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def manage(*arguments: str) -> Said:
    """Run a command as `manage.py` would."""
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out)
    except CommandError as error:
        return Said(error.returncode, out.getvalue(), str(error))
    except SystemExit as end:
        return Said(int(end.code or 0), out.getvalue())
    return Said(0, out.getvalue())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: object) -> str:
        path = tmp_path / "lead.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def run_of(said: Said) -> WorkflowRun:
    return WorkflowRun.objects.get(pk=said.json["run"])


# what process_lead does


def test_a_file_becomes_a_draft_and_each_step_is_told(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    said = manage("process_lead", write(lead()))
    run = WorkflowRun.objects.get()
    assert said.code == 0
    assert "Read the submission" in said.out
    assert "Put the draft into the mailbox" in said.out
    assert f"Run {run.pk} is done: the draft was ready" in said.out
    assert f"Subject: {run.draft.subject}" in said.out
    assert len(box.control.created("drafts")["drafts"]) == 1


def test_it_is_told_as_one_json_object(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    said = manage("process_lead", write(lead()), "--json")
    draft = Draft.objects.get()
    assert said.code == 0
    assert said.json["state"] == "done"
    assert said.json["outcome"] == "drafted"
    assert said.json["draft"]["recipient"] == draft.recipient
    assert said.json["draft"]["body"] == draft.body
    assert said.json["draft"]["gmail_draft_id"] == draft.gmail_draft_id != ""


def test_a_lead_comes_from_stdin(box: Any, workspace: Workspace, lead: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(lead(email="stdin@brightfreight.example")).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert manage("process_lead", "-", "--json").json["draft"]["recipient"] == "stdin@brightfreight.example"


def test_a_lead_comes_from_the_command_line(box: Any, workspace: Workspace) -> None:
    names = ("--first-name", "Ada", "--last-name", "Byron", "--company", "Engines", "--message", "What does it cost?")
    said = manage("process_lead", "--email", "Ada@Engines.example", *names, "--json")
    submission = Submission.objects.get()
    assert said.code == 0
    assert submission.source == Submission.Source.COMMAND
    assert submission.payload["fields"] == {
        "email": "ada@engines.example",
        "firstname": "Ada",
        "lastname": "Byron",
        "company": "Engines",
        "message": "What does it cost?",
        "timestamp": submission.payload["fields"]["timestamp"],
    }
    assert "Hi Ada" in said.json["draft"]["body"]


def test_what_is_typed_twice_is_two_submissions(workspace: Workspace) -> None:
    for _ in range(2):
        assert manage("process_lead", "--email", "ada@engines.example", "--queue").code == 0
    assert WorkflowRun.objects.count() == 2


def test_the_same_file_twice_is_one_run(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    first = manage("process_lead", write(lead()), "--json")
    again = manage("process_lead", write(lead()))
    assert again.code == 0
    assert again.out.startswith("It came before")
    assert manage("process_lead", write(lead()), "--json").json["run"] == first.json["run"]
    assert WorkflowRun.objects.count() == 1
    assert len(box.control.created("drafts")["drafts"]) == 1


def test_a_screened_lead_is_done_without_a_draft(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    Workspace.objects.update(suppressed=["brightfreight.example"])
    said = manage("process_lead", write(lead()))
    assert said.code == 0
    assert "screened out, no draft" in said.out
    assert manage("process_lead", write(lead()), "--json").json["draft"] is None
    assert box.control.created("drafts")["drafts"] == []


def test_queued_it_returns_at_once_and_leaves_the_run_to_a_worker(
    workspace: Workspace, write: Write, lead: Make
) -> None:
    said = manage("process_lead", write(lead()), "--queue")
    run = WorkflowRun.objects.get()
    assert said.code == 0
    assert f"manage.py show_run {run.pk} --wait 60" in said.out
    assert run.state == WorkflowRun.State.PENDING
    assert OrmQ.objects.count() == 1


def test_queued_it_can_be_told_as_json(workspace: Workspace, write: Write, lead: Make) -> None:
    said = manage("process_lead", write(lead()), "--queue", "--json")
    assert run_of(said).state == said.json["state"] == "pending"


@pytest.mark.parametrize("wanted", [SECOND_FORM, FORMS[SECOND_FORM]], ids=["by id", "by name"])
def test_it_goes_through_the_form_that_is_named(wanted: str, workspace: Workspace) -> None:
    manage("process_lead", "--email", "ada@engines.example", "--queue", "--form", wanted)
    submission = Submission.objects.get()
    assert submission.form == AllowedForm.objects.get(form_id=SECOND_FORM)
    assert submission.payload["form_name"] == FORMS[SECOND_FORM]


def test_without_a_form_it_goes_through_the_first_one(workspace: Workspace) -> None:
    manage("process_lead", "--email", "ada@engines.example", "--queue")
    assert Submission.objects.get().form == AllowedForm.objects.get(form_id=FIRST_FORM)


def test_a_workspace_without_forms_takes_it_all_the_same(workspace: Workspace) -> None:
    AllowedForm.objects.all().delete()
    assert manage("process_lead", "--email", "ada@engines.example", "--queue").code == 0
    assert Submission.objects.get().form is None


def test_it_goes_into_the_workspace_that_is_named(workspace: Workspace) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    manage("process_lead", "--email", "ada@engines.example", "--queue", "--workspace", "other")
    assert WorkflowRun.objects.get().workspace == other


# what process_lead says of failures


def test_a_run_that_fails_exits_with_1_and_says_why(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    box.control.fault("400:gmail.drafts.create")
    said = manage("process_lead", write(lead()))
    assert said.code == 1
    assert "is dead after 1 attempts at create_draft" in said.out


def test_a_run_that_is_not_done_in_time_exits_with_1_and_says_how_it_goes_on(workspace: Workspace) -> None:
    said = manage("process_lead", "--email", "ada@engines.example", "--wait", "0.1")
    assert said.code == 1
    assert "goes on by itself: HUBSPOT_ACCESS_TOKEN and GOOGLE_CREDENTIALS not set" in said.out


def test_a_failure_is_told_as_json(workspace: Workspace) -> None:
    said = manage("process_lead", "--email", "ada@engines.example", "--wait", "0.1", "--json")
    assert said.code == 1
    assert said.json["state"] == "waiting"
    assert "HUBSPOT_ACCESS_TOKEN" in said.json["error"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("not json", "The body is not JSON"),
        ('{"firstname": "Ada"}', "email: missing"),
        ('{"email": "ada"}', "email: “ada” is not an address"),
        ('[{"email": "a@b.example"}, {"email": "c@d.example"}]', "it holds 2 leads; process_lead takes one"),
        ("[]", "it holds 0 leads"),
        ("3", "must be an object or an array, not int"),
        ('{"fieldValues": {"email": "a@b.example"}}', "fieldValues: must be an array"),
        ('{"email": "a@b.example", "formId": "unknown"}', "formId: unknown is not an allowed form"),
    ],
)
def test_a_file_that_can_not_be_used_exits_with_2(
    content: str, complaint: str, workspace: Workspace, write: Write
) -> None:
    said = manage("process_lead", write(content))
    assert said.code == 2
    assert complaint in said.complaint
    assert WorkflowRun.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Give a FILE (- for stdin), or at least --email."),
        (("/nowhere/lead.json",), "/nowhere/lead.json: No such file or directory"),
        (("/tmp",), "/tmp: Is a directory"),  # noqa: S108  nothing is written there
        (("lead.json", "--email", "a@b.example"), "Give a FILE or the fields of a lead, not both."),
        (("--first-name", "Ada"), "The lead: email: missing"),
        (("--email", "ada"), "The lead: email: “ada” is not an address"),
        (("--email", "a@b.example", "--form", "Nope"), "Allowed: “Contact sales”, “Request a demo”."),
        (("--email", "a@b.example", "--workspace", "nope"), "--workspace: there is no workspace “nope”."),
    ],
)
def test_arguments_that_can_not_be_used_exit_with_2(
    arguments: tuple[str, ...], complaint: str, workspace: Workspace
) -> None:
    said = manage("process_lead", *arguments)
    assert said.code == 2
    assert complaint in said.complaint
    assert WorkflowRun.objects.count() == 0


def test_a_form_that_is_switched_off_is_not_offered(workspace: Workspace) -> None:
    AllowedForm.objects.filter(form_id=SECOND_FORM).update(enabled=False)
    said = manage("process_lead", "--email", "a@b.example", "--form", SECOND_FORM)
    assert said.code == 2
    assert said.complaint.endswith("Allowed: “Contact sales”.")


# show_run


def test_a_run_is_shown_step_by_step_with_its_draft(box: Any, workspace: Workspace, write: Write, lead: Make) -> None:
    run = run_of(manage("process_lead", write(lead()), "--json"))
    said = manage("show_run", str(run.pk))
    assert said.code == 0
    assert len([line for line in said.out.split("\n\n")[0].splitlines() if line.startswith("  ")]) == len(REGISTRY)
    assert run.draft.body.splitlines()[0] in said.out


def test_a_run_that_is_not_done_is_shown_and_exits_with_1(workspace: Workspace) -> None:
    queued = run_of(manage("process_lead", "--email", "ada@engines.example", "--queue", "--json"))
    said = manage("show_run", str(queued.pk), "--wait", "0.2")
    assert said.code == 1
    assert f"Run {queued.pk} is pending." in said.out


@pytest.mark.parametrize("number", ["404", "99999999999999999999"])
def test_a_run_that_does_not_exist_exits_with_2(number: str) -> None:
    said = manage("show_run", number)
    assert (said.code, said.complaint) == (2, f"There is no run {number}.")


# check_secrets

SECRETS = {
    "HUBSPOT_ACCESS_TOKEN": "pat-eu1-0123456789",
    "HUBSPOT_CLIENT_SECRET": "client-secret-0123456789",
    "GOOGLE_CREDENTIALS": json.dumps(
        {
            "type": "service_account",
            "client_email": "robot@northwind.example",
            "private_key": "very-private",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    ),
}


@pytest.fixture
def all_set(workspace: Workspace, settings: Any) -> None:
    for name, value in SECRETS.items():
        setattr(settings, name, value)


def findings() -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["state"], one["hint"]) for one in manage("check_secrets", "--json").json}


@pytest.mark.usefixtures("all_set")
def test_with_everything_set_the_strict_check_passes() -> None:
    said = manage("check_secrets", "--strict")
    assert said.code == 0
    assert {line.split()[0] for line in said.out.splitlines()} == {"ok"}


@pytest.mark.usefixtures("all_set")
@pytest.mark.parametrize("form", [(), ("--json",), ("--strict",)])
def test_no_secret_is_printed(form: tuple[str, ...], settings: Any) -> None:
    settings.HUBSPOT_CLIENT_SECRET = "has a blank"
    settings.GOOGLE_CREDENTIALS = "{very-private"
    said = manage("check_secrets", *form)
    for secret in ("pat-eu1", "has a blank", "very-private", settings.SECRET_KEY, *settings.CREDENTIALS_KEYS):
        assert secret not in said.out


@pytest.mark.usefixtures("all_set")
@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("HUBSPOT_ACCESS_TOKEN", " pat-eu1-0123456789", "it has white space in or around it"),
        ("HUBSPOT_CLIENT_SECRET", "short", "it is too short to be one"),
        ("GOOGLE_CREDENTIALS", "{", "not JSON"),
        ("GOOGLE_CREDENTIALS", '{"type": "external_account"}', "It must be service_account"),
        ("GOOGLE_CREDENTIALS", '{"type": "authorized_user", "client_id": "x"}', "lacks client_secret, refresh_token"),
    ],
)
def test_a_malformed_secret_is_named_with_what_is_wrong(name: str, value: str, hint: str, settings: Any) -> None:
    setattr(settings, name, value)
    state, said = findings()[name]
    assert state == "malformed"
    assert hint in said
    assert manage("check_secrets", "--strict").code == 1
    assert manage("check_secrets").code == 0


@pytest.mark.usefixtures("all_set")
@pytest.mark.parametrize("name", list(SECRETS))
def test_a_missing_secret_is_named_with_where_to_set_it(name: str, settings: Any) -> None:
    setattr(settings, name, "")
    assert findings()[name] == ("missing", "set it in the environment, or in the admin under Settings, Connections")
    assert manage("check_secrets", "--strict").code == 1


@pytest.mark.usefixtures("all_set")
def test_a_workspace_that_the_environment_does_not_reach_is_not_told_to_set_it_there() -> None:
    Workspace.objects.create(slug="other", name="Other")
    hints = {one["hint"] for one in manage("check_secrets", "--json").json if one["workspace"] == "other"}
    assert hints == {"set it in the admin under Settings, Connections", "set it in the admin, under Settings, Voice"}


@pytest.mark.usefixtures("all_set")
def test_a_key_file_that_is_not_there_is_named(settings: Any) -> None:
    settings.GOOGLE_CREDENTIALS = "/nowhere/key.json"
    state, hint = findings()["connections"]
    assert state == "malformed"
    assert "/nowhere/key.json, which can't be read: No such file or directory" in hint


def test_credentials_sealed_with_a_lost_key_are_named(workspace: Workspace, settings: Any) -> None:
    credentials.seal(workspace, "hubspot", {"access_token": "pat-eu1-0123456789"})
    settings.CREDENTIALS_KEYS = ["b25seS1mb3ItY29sbGVjdHN0YXRpYy1pbi1hLWJ1aWw="]
    assert "Put the old key back into CREDENTIALS_KEYS" in findings()["connections"][1]


def test_a_connection_that_fails_and_an_older_key_are_named(box: Any, workspace: Workspace, settings: Any) -> None:
    credentials.seal(workspace, "hubspot", {"access_token": "pat-eu1-0123456789"})
    checkups.run(workspace, "hubspot", actor="olga")
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode(), *settings.CREDENTIALS_KEYS]
    found = findings()
    assert found["HubSpot test"][0] == "failing"
    assert found["HubSpot credentials"] == (
        "failing",
        "sealed with an older key: run `manage.py rotate_credentials`",
    )


def test_half_an_oauth_client_is_named(workspace: Workspace, settings: Any) -> None:
    assert "GOOGLE_OAUTH_CLIENT_ID" not in findings()
    settings.GOOGLE_OAUTH_CLIENT_ID = "our-client"
    assert findings()["GOOGLE_OAUTH_CLIENT_ID"][0] == "ok"
    assert findings()["GOOGLE_OAUTH_CLIENT_SECRET"][0] == "missing"


# rotate_credentials


def test_keys_are_rotated_once_and_the_old_one_can_be_taken_away(workspace: Workspace, settings: Any) -> None:
    credentials.seal(workspace, "hubspot", {"access_token": "pat-eu1-0123456789"}, by="olga")
    old, new = settings.CREDENTIALS_KEYS[0], Fernet.generate_key().decode()
    before = Connection.objects.get()
    settings.CREDENTIALS_KEYS = [new, old]
    assert "1 sealed with the newest key, 0 were already." in manage("rotate_credentials").out
    assert "0 sealed with the newest key, 1 were already." in manage("rotate_credentials").out
    settings.CREDENTIALS_KEYS = [new]
    after = Connection.objects.get()
    assert credentials.unseal(after) == {"access_token": "pat-eu1-0123456789"}
    assert (after.changed_at, after.changed_by) == (before.changed_at, "olga")
    assert Event.objects.get(kind="credentials_resealed").facts == {"resealed": 1}


def test_what_no_key_opens_is_named_and_left(workspace: Workspace, settings: Any) -> None:
    credentials.seal(workspace, "hubspot", {"access_token": "pat-eu1-0123456789"})
    sealed = bytes(Connection.objects.get().sealed)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    said = manage("rotate_credentials")
    assert said.code == 1
    assert "HubSpot of Northwind: no key in CREDENTIALS_KEYS opens it." in said.out
    assert bytes(Connection.objects.get().sealed) == sealed


def test_each_workspace_is_checked_by_itself(workspace: Workspace) -> None:
    Workspace.objects.create(slug="other", name="Other")
    said = manage("check_secrets")
    assert "missing    HUBSPOT_ACCESS_TOKEN (default)" in said.out
    assert "missing    HUBSPOT_ACCESS_TOKEN (other)" in said.out
    assert "missing    sender address (other)" in said.out


def test_sending_outside_production_is_a_finding(workspace: Workspace, settings: Any) -> None:
    settings.WORKFLOW_MODE = "SEND"
    assert findings()["ENVIRONMENT"][0] == "malformed"


# smoke


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("leads").get_models()}


def test_the_smoke_test_passes_in_the_sandbox_and_keeps_nothing_but_the_audit(workspace: Workspace) -> None:
    before = rows()
    said = manage("smoke")
    assert said.code == 0, said.out
    assert "Hard checks: " in said.out
    assert "nothing was kept" in said.out
    after = rows()
    assert after.pop("Event") > before.pop("Event")
    assert after == before


def test_the_smoke_test_fails_when_a_draft_does_not_pass(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.management.commands.smoke.sample", spam)
    said = manage("smoke")
    assert said.code == 1
    assert "screened out" in said.out


def spam(number: object) -> dict[str, Any]:
    """A submission that no draft answers."""
    values = {"email": "replaced", "firstname": "x", "message": "cheap seo backlinks casino viagra http://spam.example"}
    return {
        "formSubmissionId": str(number),
        "fieldValues": [{"name": name, "value": value} for name, value in values.items()],
    }


def test_live_it_uses_the_configured_accounts_and_writes_one_draft_whatever_the_switches_say(
    box: Any, workspace: Workspace, settings: Any
) -> None:
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    said = manage("smoke", "--live")
    assert said.code == 0, said.out
    assert "Wrote one draft into clara@northwind.example" in said.out
    assert {kind for kind, made in box.control.created().items() if made} == {"drafts"}
    assert set(ApiCall.objects.values_list("service", flat=True)) == {"hubspot", "gmail", "drive", "calendar"}


def test_live_without_accounts_it_says_what_is_missing_and_leaves_no_run_waiting(workspace: Workspace) -> None:
    said = manage("smoke", "--live")
    assert said.code == 1
    assert "bad   HubSpot: Credentials: HUBSPOT_ACCESS_TOKEN not set" in said.out
    assert "bad   Google: Credentials: GOOGLE_CREDENTIALS" in said.out
    assert "read HubSpot" not in said.out
    assert not WorkflowRun.objects.exists()


def test_live_each_missing_scope_is_named_before_anything_is_run(box: Any, workspace: Workspace) -> None:
    box.control.settings(hubspot_scopes=["crm.objects.contacts.read", "crm.objects.contacts.write", "forms"])
    said = manage("smoke", "--live")
    assert said.code == 1
    assert "[crm.objects.companies.read]" in said.out
    assert "good  Google: Open the mailbox" in said.out
    assert not WorkflowRun.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--live", "--workspace", "nope"), "There is no workspace “nope”."),
        (("--workspace", "default"), "give both, or neither"),
    ],
)
def test_a_smoke_test_of_nothing_is_refused(arguments: tuple[str, ...], complaint: str, workspace: Workspace) -> None:
    said = manage("smoke", *arguments)
    assert said.code == 2
    assert complaint in said.complaint


# sandbox


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--fault", "nonsense"), "unknown kind 'nonsense'; allowed: 400, 401"),
        (("--fault", "500:hubspot:x0"), "unknown rate 'x0'"),
        (("--fault", "429:facebook"), "unknown match 'facebook'"),
        (("--fault", "slow:seconds=long"), "unknown seconds 'long'"),
        (("--seed", "/nowhere/seed.json"), "--seed /nowhere/seed.json: No such file or directory"),
        (("--port", "99999"), "port must be 0-65535"),
    ],
)
def test_a_sandbox_that_can_not_be_served_says_why(arguments: tuple[str, ...], complaint: str) -> None:
    said = manage("sandbox", "--port", "0", *arguments)
    assert said.code == 2
    assert complaint in said.complaint


@pytest.mark.parametrize("content", ["{", '{"files": 3}', '{"surprise": []}'])
def test_a_seed_that_can_not_be_read_is_named(content: str, write: Write) -> None:
    said = manage("sandbox", "--port", "0", "--seed", path := write(content))
    assert said.code == 2
    assert f"{path} is not a seed" in said.complaint


def test_a_port_that_is_taken_is_named(shared_box: Any) -> None:
    said = manage("sandbox", "--port", shared_box.url.rpartition(":")[2])
    assert said.code == 2
    assert "address already in use" in said.complaint


# prepare_demo


def test_the_demo_does_not_overwrite_somebodys_workspace(workspace: Workspace) -> None:
    Workspace.objects.update(name="Acme", sender_email="sales@acme.com")
    said = manage("prepare_demo")
    assert said.code == 1
    assert "The default workspace is Acme's" in said.complaint
