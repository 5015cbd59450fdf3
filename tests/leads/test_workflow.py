"""A lead from the form to the mailbox: what the thirteen steps leave, here and at the vendors."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import connections

from leads import workflow
from leads.engine.drain import Drain
from leads.engine.steps import REGISTRY
from leads.models import ApiCall, Draft, Effect, Event, Lead, StepRun, Submission, Workspace
from leads.timeline import StepState, timeline
from tests.leads.driving import calls, drive_once, drive_to_the_end, made, take_in

pytestmark = pytest.mark.django_db

Make = Callable[..., dict[str, Any]]


def listed_layers() -> list[list[str]]:
    """The steps that `answer_lead` calls, in the order of its text; those handed to one call of the run together."""
    tree = ast.parse(inspect.getsource(workflow.answer_lead))
    layers: list[tuple[int, list[str]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"do", "together"}:
            named = [
                step.func.id for step in node.args if isinstance(step, ast.Call) and isinstance(step.func, ast.Name)
            ]
            layers.append((node.lineno, named))
    return [names for _, names in sorted(layers)]


def event_of(contact_id: int) -> list[dict[str, Any]]:
    """A subscription batch of one: no form, no address."""
    return [
        {
            "eventId": 1,
            "portalId": 4242,
            "occurredAt": 1_700_000_000_000,
            "subscriptionType": "contact.creation",
            "attemptNumber": 0,
            "objectId": contact_id,
        }
    ]


def test_a_lead_ends_as_a_draft_in_the_mailbox(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_once(take_in(lead(), workspace))
    assert (run.state, run.outcome, run.error) == ("done", "drafted", "")
    assert run.drafted_at is not None
    assert run.finished_at is not None
    assert (run.lease, run.holder, run.attempt, run.claims) == (None, "", 0, 0)
    assert made(box) == {"drafts": 1}


def test_the_code_lists_thirteen_steps_and_defines_them_in_that_order() -> None:
    listed = [name for layer in listed_layers() for name in layer]
    assert len(listed) == 13
    assert listed == list(REGISTRY)


def test_what_a_run_records_is_what_the_code_lists(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(), sending))
    rows = {row.name: row for row in StepRun.objects.filter(run=run)}
    layers = listed_layers()
    assert set(rows) == {name for layer in layers for name in layer}
    assert {row.state for row in rows.values()} == {"done"}
    assert {row.attempt for row in rows.values()} == {1}
    for earlier, later in pairwise(layers):
        assert max(rows[name].finished_at for name in earlier) <= min(rows[name].started_at for name in later)
    assert [step.name for step in timeline(run)] == list(REGISTRY)


def test_with_every_lock_open_each_outside_write_is_made_once(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(), sending))
    found = {effect.kind: effect for effect in Effect.objects.filter(run=run)}
    assert {effect.state for effect in found.values()} == {"done"}
    assert {effect.withheld for effect in found.values()} == {""}
    assert set(found) == {
        *("create_contact", "create_company", "create_draft", "create_note", "create_task"),
        *("create_label", "label_thread"),
    }
    assert dict(calls(box, writes=True)) == {
        "hubspot.contacts.create": 1,
        "hubspot.companies.create": 1,
        "gmail.drafts.create": 1,
        "hubspot.notes.create": 1,
        "hubspot.tasks.create": 1,
        "gmail.labels.create": 1,
        "gmail.threads.modify": 1,
    }


def test_what_is_made_belongs_together(box: Any, lead: Make, sending: Workspace) -> None:
    drive_once(take_in(lead(), sending))
    created = box.control.created()
    contact, company = created["contacts"][0]["id"], created["companies"][0]["id"]
    note, task = created["notes"][0]["id"], created["tasks"][0]["id"]
    ties = {(tie["from_id"], tie["to_id"]) for tie in created["associations"]}
    assert {frozenset(tie) for tie in ties} == {
        frozenset(pair)
        for pair in [(company, contact), (note, contact), (note, company), (task, contact), (task, company)]
    }
    change = created["label_changes"][0]
    assert change["thread_id"] == created["drafts"][0]["thread_id"]
    assert change["added"] == [created["labels"][0]["id"]]


def test_who_is_known_already_is_found_and_not_made_again(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(email="hannah.weiss@kornfeld-bau.example", company="Kornfeld Bau"), sending))
    assert run.outcome == "drafted"
    kinds = made(box)
    assert "contacts" not in kinds
    assert "companies" not in kinds
    assert (kinds["drafts"], kinds["notes"], kinds["tasks"]) == (1, 1, 1)
    known = Lead.objects.get()
    assert (known.hubspot_contact_id, known.hubspot_company_id) == ("109", "207")


def test_a_new_person_of_a_known_company_is_tied_to_it(box: Any, lead: Make, sending: Workspace) -> None:
    drive_once(take_in(lead(email="new.hire@nordvik.example", company="Nordvik"), sending))
    created = box.control.created()
    assert len(created["contacts"]) == 1
    assert created["companies"] == []
    tied = [tie for tie in created["associations"] if tie["from_type"] == "contacts" and tie["to_type"] == "companies"]
    assert [(tie["from_id"], tie["to_id"]) for tie in tied] == [(created["contacts"][0]["id"], "205")]


def test_a_free_mail_address_makes_no_company(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(email="mara.okafor.example@gmail.com"), sending))
    assert run.outcome == "drafted"
    assert "companies" not in made(box)
    assert StepRun.objects.get(run=run, name="resolve_company").result is None
    assert made(box)["notes"] == 1


def test_a_conversation_goes_on_in_its_thread(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_once(take_in(lead(email="marcus@tallpine.example", firstname="Marcus", lastname="Oyelaran"), workspace))
    thread = StepRun.objects.get(run=run, name="load_thread").result
    draft = box.control.created("drafts")["drafts"][0]
    assert thread["thread_id"]
    assert draft["thread_id"] == thread["thread_id"]
    assert Draft.objects.get().gmail_thread_id == thread["thread_id"]
    assert Draft.objects.get().subject == "Re: Pricing for 40 seats"
    mail = Effect.objects.get(run=run, kind="create_draft").args["mail"]
    assert mail["in_reply_to"] == thread["messages"][-1]["message_id"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"email": "no-reply@brightfreight.example"}, "Nobody reads mail"),
        ({"message": "You have won! Claim your prize, online casino bonus at https://x.example"}, "spam"),
        ({"email": "colleague@northwind.example"}, "one of our own people"),
    ],
)
def test_whoever_is_screened_out_gets_no_draft_and_no_further_step(
    box: Any, lead: Make, sending: Workspace, fields: dict[str, str], why: str
) -> None:
    run = drive_once(take_in(lead(**fields), sending))
    assert (run.state, run.outcome) == ("done", "screened")
    assert why in run.reason
    steps = timeline(run)
    assert [step.name for step in steps if step.state == StepState.DONE] == ["validate_submission"]
    assert {step.state for step in steps[1:]} == {StepState.NOT_NEEDED}
    assert not Draft.objects.exists()
    assert not calls(box)


def test_who_opted_out_in_hubspot_gets_no_draft(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(email="elodie@atelier-marchand.example"), sending))
    assert (run.outcome, run.drafted_at) == ("screened", None)
    assert "opted out" in run.reason
    assert made(box) == {}
    assert {step.state for step in timeline(run)[7:]} == {StepState.NOT_NEEDED}


def test_who_opted_out_is_left_alone_by_a_second_attempt_too(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    box.control.fault("500:gmail.threads.list:x1")
    run = drive_once(take_in(lead(email="elodie@atelier-marchand.example"), sending))
    assert run.state == "waiting"
    assert drive_once(run).outcome == "screened"
    assert made(box) == {}


def test_an_event_fetches_the_contact_that_it_lacks(box: Any, workspace: Workspace) -> None:
    run = drive_once(take_in(event_of(104), workspace))
    assert run.outcome == "drafted"
    assert run.lead is not None
    assert (run.lead.email, run.lead.hubspot_contact_id) == ("marcus@tallpine.example", "104")
    assert Submission.objects.get().lead == run.lead
    assert Draft.objects.get().recipient == "marcus@tallpine.example"


def test_an_event_of_a_contact_that_is_gone_is_screened_out(box: Any, workspace: Workspace) -> None:
    run = drive_once(take_in(event_of(999_999), workspace))
    assert (run.state, run.outcome, run.error) == ("done", "screened", "")
    assert run.reason
    assert run.lead is None


def test_an_event_of_somebody_who_opted_out_is_screened_out(box: Any, sending: Workspace) -> None:
    run = drive_once(take_in(event_of(107), sending))
    assert run.outcome == "screened"
    assert "drafts" not in made(box)


def test_an_event_of_a_contact_whose_form_came_too_leaves_the_answer_to_the_form(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    first = take_in(event_of(104), workspace)
    form = take_in(lead(email="marcus@tallpine.example") | {"timestamp": 1_700_000_000_000 - 3000}, workspace)
    told, answered = drive_once(first), drive_once(form)
    assert (told.outcome, answered.outcome) == ("screened", "drafted")
    assert f"submission {answered.submission_id}" in told.reason
    assert len(made(box)) == 1


def test_the_lead_is_what_the_form_says_of_them(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(), sending))
    kept, created = Lead.objects.get(), box.control.created()
    assert run.lead == kept
    assert (kept.first_name, kept.last_name, kept.company) == ("Mara", "Okafor", "Bright Freight")
    assert (kept.email, kept.domain) == ("mara.okafor+1@brightfreight.example", "brightfreight.example")
    assert kept.hubspot_contact_id == created["contacts"][0]["id"]
    assert kept.hubspot_company_id == created["companies"][0]["id"]


def test_a_form_that_says_less_erases_nothing(box: Any, lead: Make, workspace: Workspace) -> None:
    drive_once(take_in(lead(), workspace))
    again = lead(company=None, lastname=None) | {"formSubmissionId": "another"}
    drive_once(take_in(again, workspace))
    kept = Lead.objects.get()
    assert (kept.last_name, kept.company) == ("Okafor", "Bright Freight")


def test_the_draft_here_is_the_draft_there(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_once(take_in(lead(), workspace))
    here, there = Draft.objects.get(run=run), box.control.created("drafts")["drafts"][0]
    assert here.gmail_draft_id == there["draft_id"]
    assert here.gmail_thread_id == there["thread_id"]
    assert here.recipient == "mara.okafor+1@brightfreight.example"
    assert here.lead == run.lead
    assert here.is_sound
    assert here.checks
    assert "pricing" in here.intents
    assert there["run"] == str(run.key)


def test_every_call_and_every_turn_of_a_run_is_on_record(box: Any, lead: Make, sending: Workspace) -> None:
    run = drive_once(take_in(lead(), sending))
    recorded = ApiCall.objects.filter(run=run)
    vendor_calls = {name: times for name, times in calls(box).items() if not name.startswith("oauth.")}
    assert len(recorded) == sum(vendor_calls.values())
    assert {call.step for call in recorded} <= set(REGISTRY)
    kinds = list(Event.objects.filter(run=run).order_by("pk").values_list("kind", flat=True))
    assert kinds[:2] == ["run_accepted", "run_started"]
    assert kinds[-1] == "run_done"
    assert kinds.count("effect_done") == Effect.objects.filter(run=run).count()


def test_a_second_lead_of_the_same_person_finds_what_the_first_one_made(
    box: Any, lead: Make, sending: Workspace
) -> None:
    first = drive_once(take_in(lead(), sending))
    second = drive_once(take_in(lead() | {"formSubmissionId": "another"}, sending))
    assert (first.outcome, second.outcome) == ("drafted", "drafted")
    assert first.lead == second.lead
    kinds = made(box)
    assert (kinds["contacts"], kinds["companies"], kinds["labels"]) == (1, 1, 1)
    assert (kinds["drafts"], kinds["notes"], kinds["tasks"]) == (2, 2, 2)


def test_a_vendor_that_fails_now_and_then_changes_nothing_in_the_end(
    box: Any, lead: Make, sending: Workspace, hasty: None
) -> None:
    for spec in ("500:hubspot:0.1:seed=1", "503:gmail:0.1:seed=2", "drop-before:*:0.05:seed=3"):
        box.control.fault(spec)
    run = drive_to_the_end(take_in(lead(), sending), most=40)
    assert run.outcome == "drafted"
    kinds = made(box)
    assert (kinds["contacts"], kinds["companies"], kinds["labels"]) == (1, 1, 1)
    assert (kinds["drafts"], kinds["notes"], kinds["tasks"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_bell_drives_everything_that_is_due(
    box: Any, lead: Make, sending: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The drain's threads keep their connections for the next bell; the test's database must be let go of.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    runs = [take_in(lead(number), sending) for number in range(6)]
    Drain().work(runs[0].pk, 20.0)
    for run in runs:
        run.refresh_from_db()
    assert {run.outcome for run in runs} == {"drafted"}
    kinds = made(box)
    assert (kinds["contacts"], kinds["drafts"], kinds["notes"], kinds["tasks"]) == (6, 6, 6, 6)
    assert (kinds["companies"], kinds["labels"]) == (1, 1)


def test_times_are_offered_in_the_zone_that_hubspot_knows(box: Any, lead: Make, workspace: Workspace) -> None:
    run = drive_once(take_in(lead(email="marcus@tallpine.example", country=None, phone=None), workspace))
    free = StepRun.objects.get(run=run, name="propose_slots").result
    assert (free["zone"], free["zone_is_guess"]) == ("US/Eastern", False)
