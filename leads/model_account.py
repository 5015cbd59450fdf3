"""Which language model writes for a workspace, what it has cost this month, and whether the budget bears more.

What a letter cost is counted in the transaction that keeps it. Letters under way when the budget ends are still paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from connectors.errors import NotConfigured
from connectors.llm import ModelConfig, open_model
from connectors.ports import TextModel, Turn
from leads.models import ModelSpend, Workspace
from leads.writing.modelled import NotAsked

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Withheld:
    """Stands for a model that must not be asked now: who does is told why."""

    name: str
    why: str
    seconds: float = 0.0

    def complete(self, turns: tuple[Turn, ...], schema: Mapping[str, Any], ends: float) -> NoReturn:
        raise NotAsked(self.why)


def config() -> ModelConfig:
    """The deployment's model."""
    return ModelConfig(
        url=settings.LLM_BASE_URL,
        model=settings.LLM_MODEL,
        api_key=settings.LLM_API_KEY,
        connect_timeout=settings.HTTP_CONNECT_TIMEOUT,
        seconds=settings.LLM_SECONDS,
        input_price=settings.LLM_INPUT_PRICE,
        output_price=settings.LLM_OUTPUT_PRICE,
    )


def is_set_up() -> bool:
    return bool(settings.LLM_BASE_URL and settings.LLM_MODEL)


def model_of(workspace: Workspace) -> TextModel | None:
    """Who is asked to write this workspace's letters; None where templates do."""
    return model_for(workspace) if workspace.writer == Workspace.Writer.MODEL else None


def model_for(workspace: Workspace) -> TextModel:
    """The model on this workspace's account, or one that says why it isn't to be asked."""
    if not is_set_up():
        return Withheld(settings.LLM_MODEL or "none", "no model is set up here: LLM_BASE_URL and LLM_MODEL are needed")
    try:
        model = open_model(config())
    except NotConfigured as error:
        return Withheld(settings.LLM_MODEL, str(error))
    if statement(workspace).is_used_up:
        return Withheld(model.name, "this month's budget is used up")
    return model


@dataclass(frozen=True, slots=True)
class Statement:
    """What a workspace's model has cost this month, in the currency of the prices."""

    spent: Decimal
    letters: int
    budget: Decimal

    @property
    def is_used_up(self) -> bool:
        return bool(self.budget) and self.spent >= self.budget


def statement(workspace: Workspace) -> Statement:
    account = ModelSpend.objects.filter(workspace=workspace, month=this_month()).first()
    cost, letters = (account.cost, account.letters) if account else (0, 0)
    return Statement(Decimal(cost) / MILLION, letters, workspace.model_budget)


def this_month() -> date:
    """Its first day; in UTC, as the vendors' months are."""
    return timezone.now().date().replace(day=1)


def spend(workspace_id: int, cost: int) -> dict[str, Any]:
    """Put millionths on this month's account. A projection of the journal: it changes nothing in the run's own row."""
    account, _ = ModelSpend.objects.get_or_create(workspace_id=workspace_id, month=this_month())
    ModelSpend.objects.filter(pk=account.pk).update(cost=F("cost") + cost, letters=F("letters") + 1)
    return {}
