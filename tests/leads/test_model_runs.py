"""Runs in which a language model writes: within their time, whatever it does; what it cost; and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from leads import model_account
from leads.briefs import dossier_of, times_of
from leads.models import ApiCall, Draft, ModelSpend, WorkflowRun, Workspace
from leads.offers import on_offer
from leads.secret_checks import of_model
from tests.leads.driving import beside, drive_once, take_in

pytestmark = pytest.mark.django_db(transaction=True)

Lead = Callable[..., dict[str, Any]]


@pytest.fixture
def workspace(workspace: Workspace, box: Any, settings: Any) -> Workspace:
    settings.LLM_BASE_URL = f"{box.url}/v1"
    settings.LLM_API_KEY = "a-key"
    settings.LLM_MODEL = f"sandbox-of-{time.monotonic_ns()}"  # a name of its own has no failures of other tests
    settings.LLM_SECONDS = 6.0
    settings.LLM_INPUT_PRICE = 2.0
    settings.LLM_OUTPUT_PRICE = 8.0
    Workspace.objects.filter(pk=workspace.pk).update(writer=Workspace.Writer.MODEL)
    workspace.refresh_from_db()
    return workspace


def drafted(workspace: Workspace, payload: Any) -> Draft:
    run = drive_once(take_in(payload, workspace))
    assert (run.state, run.error) == (WorkflowRun.State.DONE, "")
    return Draft.objects.get(run=run)


def test_a_run_keeps_what_the_model_wrote_and_what_it_cost(workspace: Workspace, box: Any, lead: Lead) -> None:
    draft = drafted(workspace, lead())
    assert draft.writer.startswith("model sandbox-of-")
    assert draft.is_sound
    use = draft.model_use
    assert use["model"].startswith("sandbox-of-")
    assert len(use["prompt_hash"]) == 16
    assert (use["answers"], use["fell_back"]) == (1, "")
    assert use["cost"] == 2 * use["tokens_in"] + 8 * use["tokens_out"] > 0
    assert use["ms"] > 0
    account = ModelSpend.objects.get(workspace=workspace)
    assert (account.cost, account.letters, account.month) == (use["cost"], 1, model_account.this_month())
    call = ApiCall.objects.get(run=draft.run, service="llm")
    assert (call.step, call.endpoint, call.status) == ("write_draft", "chat.completions", 200)
    assert box.control.created("drafts")["drafts"]


@pytest.mark.parametrize("trouble", ["503:chat", "timeout:chat:seconds=60", "slow:chat:seconds=60", "html:chat"])
def test_an_endpoint_in_trouble_costs_a_run_a_little_time_and_nothing_else(
    workspace: Workspace, box: Any, lead: Lead, trouble: str
) -> None:
    box.control.fault(trouble)
    began = time.monotonic()
    draft = drafted(workspace, lead())
    assert time.monotonic() - began < 9
    assert draft.writer == "templates"
    assert [one for one in draft.checks if not one["passed"]] == []
    assert draft.model_use["fell_back"].startswith("llm chat.completions")
    assert not ModelSpend.objects.exists()


@pytest.mark.parametrize("mode", ["invented-price", "links", "broken-json", "gullible-promises", "promise"])
def test_a_model_that_lies_leaves_a_good_draft(workspace: Workspace, box: Any, lead: Lead, mode: str) -> None:
    box.control.settings(chat=mode)
    draft = drafted(workspace, lead())
    assert draft.writer == "templates"
    assert [one for one in draft.checks if not one["passed"]] == []
    assert draft.model_use["fell_back"]
    assert draft.model_use["answers"] == 2
    assert ModelSpend.objects.get().cost == draft.model_use["cost"] > 0, "lies are paid, too"


def test_templates_ask_no_model(workspace: Workspace, box: Any, lead: Lead) -> None:
    Workspace.objects.update(writer=Workspace.Writer.TEMPLATES)
    draft = drafted(workspace, lead())
    assert draft.model_use is None
    assert Draft.objects.filter(model_use__isnull=True).exists()
    assert box.control.count("chat.completions.create") == 0


def test_where_no_model_is_set_up_templates_write_and_say_so(workspace: Workspace, lead: Lead, settings: Any) -> None:
    settings.LLM_BASE_URL = ""
    assert "LLM_BASE_URL" in drafted(workspace, lead()).model_use["fell_back"]


def test_a_budget_that_is_used_up_keeps_the_model_from_being_asked(workspace: Workspace, box: Any, lead: Lead) -> None:
    Workspace.objects.update(model_budget=Decimal("0.01"))
    numbers = iter(range(1, 9))
    while drafted(workspace, lead(next(numbers))).writer != "templates":
        pass
    asked = box.control.count("chat.completions.create")
    held = drafted(workspace, lead(next(numbers)))
    assert held.model_use["fell_back"] == "this month's budget is used up"
    assert box.control.count("chat.completions.create") == asked
    Workspace.objects.update(model_budget=0)
    assert drafted(workspace, lead(next(numbers))).writer.startswith("model ")


def test_those_who_spend_at_the_same_time_lose_nothing(workspace: Workspace) -> None:
    def spend() -> None:
        for _ in range(10):
            model_account.spend(workspace.pk, 5)

    with beside(spend), beside(spend), beside(spend):
        spend()
    account = ModelSpend.objects.get()
    assert (account.cost, account.letters) == (200, 40)


def test_what_the_model_leaves_out_of_the_plan_is_not_on_offer(
    workspace: Workspace, lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sandbox.letters.Asked.slot_ids", property(lambda _asked: ["s2"]))
    draft = drafted(workspace, lead())
    dossier = dossier_of(draft.run)
    [offered] = times_of(draft, dossier)
    assert on_offer([draft.pk]) == {draft.pk: (offered,)}
    assert dossier.time_line(offered) in draft.body
    assert len(dossier.times) == 3
    assert dossier.check(draft.subject, draft.body, [offered], draft.asset_ids)


@pytest.mark.parametrize(
    ("name", "value"), [("LLM_BASE_URL", "llm.example"), ("LLM_MODEL", ""), ("LLM_API_KEY", "a b")]
)
def test_a_setting_of_the_model_that_is_wrong_is_found_before_a_run_does(
    workspace: Workspace, settings: Any, name: str, value: str
) -> None:
    assert ("ok", "") in [(found.state, found.hint) for found in of_model()]
    setattr(settings, name, value)
    [found] = of_model()
    assert found.state == "malformed"
    assert name in found.hint
