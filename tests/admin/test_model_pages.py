"""What the screens say of a language model: who writes and what it costs, what it did to a draft, and in the lab."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from connectors import sandbox
from leads import model_account
from leads.facts import ModelUse
from leads.models import Draft, Event, ModelSpend, Workspace
from tests.leads.driving import drive_once, take_in

pytestmark = pytest.mark.django_db

WRITER = "/admin/settings/default/writer/"
USE = ModelUse("gpt-test", "0123456789abcdef", 2, 1500, 240, 6300, 4200)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def model(settings: Any) -> None:
    settings.LLM_BASE_URL = "https://llm.example/v1"
    settings.LLM_MODEL = "gpt-test"
    settings.LLM_INPUT_PRICE = 3.0
    settings.LLM_OUTPUT_PRICE = 15.0


def post(client: Client, workspace: Workspace, **changes: Any) -> Any:
    workspace.refresh_from_db()
    told = {"writer": "model", "model_budget": "12.50", "revision": workspace.revision} | changes
    return client.post(WRITER, told)


@pytest.mark.usefixtures("model")
def test_a_manager_lets_the_model_write_within_a_budget(admin_client: Client, workspace: Workspace) -> None:
    assert post(admin_client, workspace).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.writer, workspace.model_budget) == ("model", Decimal("12.50"))
    facts = Event.objects.filter(kind="settings_changed").latest("pk").facts
    assert facts["fields"] == {"writer": ["templates", "model"], "model_budget": ["20.00", "12.50"]}


def test_the_model_can_not_be_chosen_where_there_is_none(admin_client: Client, workspace: Workspace) -> None:
    assert "Set LLM_BASE_URL" in post(admin_client, workspace).content.decode()
    workspace.refresh_from_db()
    assert workspace.writer == "templates"
    assert "None is set up for this installation" in page(admin_client, WRITER)


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("budget", ["-1", "none", "NaN", "99999999"])
def test_a_budget_that_is_none_is_refused(admin_client: Client, workspace: Workspace, budget: str) -> None:
    assert post(admin_client, workspace, model_budget=budget).status_code == 200
    workspace.refresh_from_db()
    assert workspace.model_budget == 20


@pytest.mark.usefixtures("model")
def test_the_tab_says_what_was_spent_this_month_and_when_it_is_used_up(
    admin_client: Client, workspace: Workspace
) -> None:
    ModelSpend.objects.create(workspace=workspace, month=model_account.this_month(), cost=1_234_000, letters=41)
    said = page(admin_client, WRITER)
    assert "1.23 USD of 20.00, 41 letters" in said
    assert "The budget of this month" not in said
    Workspace.objects.update(model_budget=1)
    assert "The budget of this month is used up." in page(admin_client, WRITER)


@pytest.mark.usefixtures("model")
def test_a_model_without_prices_says_that_no_budget_holds(
    admin_client: Client, workspace: Workspace, settings: Any
) -> None:
    settings.LLM_INPUT_PRICE = settings.LLM_OUTPUT_PRICE = 0.0
    assert "no budget holds" in page(admin_client, WRITER)


@pytest.mark.parametrize("where", ["/admin/review/{draft}/", "/admin/leads/workflowrun/{run}/change/"])
@pytest.mark.parametrize("why", ["", "its text failed: prices: The amount <b>7 euros</b> is in none of the answers."])
def test_a_draft_says_what_the_model_did(
    admin_client: Client, workspace: Workspace, box: Any, lead: Any, where: str, why: str
) -> None:
    run = drive_once(take_in(lead(), workspace))
    draft = Draft.objects.get(run=run)
    Draft.objects.filter(pk=draft.pk).update(
        model_use={
            "model": USE.model,
            "prompt_hash": USE.prompt_hash,
            "answers": USE.answers,
            "tokens_in": USE.tokens_in,
            "tokens_out": USE.tokens_out,
            "cost": USE.cost,
            "ms": USE.ms,
            "fell_back": why,
        }
    )
    said = page(admin_client, where.format(draft=draft.pk, run=run.pk))
    for fact in ("gpt-test", "1,500 asked, 240 answered", "0.0063 USD", "4.2 s", USE.prompt_hash):
        assert fact in said
    assert ("Templates wrote this, not gpt-test" in said) == bool(why)
    assert ("&lt;b&gt;7 euros" in said) == bool(why)


def test_the_lab_shows_what_the_model_would_have_written(
    admin_client: Client, workspace: Workspace, box: sandbox.Running, lead: Any, settings: Any
) -> None:
    run = drive_once(take_in(lead(), workspace))
    settings.LLM_BASE_URL = f"{box.url}/v1"
    settings.LLM_MODEL = "sandbox-of-the-lab"
    settings.LLM_API_KEY = "key"
    settings.LLM_OUTPUT_PRICE = 10.0
    address = f"/admin/replay/?run={run.pk}"
    form = admin_client.get(address).context["form"]
    assert box.control.count("chat.completions.create") == 0, "to look costs nothing"
    entered = {name: form[name].value() for name in form.fields} | {"writer": "model"}
    entered |= {name: "\n".join(value) for name, value in entered.items() if isinstance(value, list | tuple)}
    answer = admin_client.post(address, entered)
    assert not answer.context["form"].errors
    before, after = answer.context["sides"]
    assert before["letter"].writer == "templates"
    assert after["letter"].writer == "model sandbox-of-the-lab"
    assert "sandbox-of-the-lab wrote the paragraphs" in " ".join(answer.content.decode().split())
    assert ModelSpend.objects.get(workspace=workspace).letters == 1
