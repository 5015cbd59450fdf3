"""The settings' tab about screening: each rule with its switch, and how often it spoke lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from leads import overrides
from leads.models import Workspace
from leads.rules import SWITCHED, Rule


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a row of the tab. `count` is of the newest screened runs; `runs` is the list of them."""

    rule: Rule
    is_on: bool
    count: int
    runs: str


def rows_of(workspace: Workspace, form: Any) -> dict[str, list[RuleRow]]:
    """Those that can be switched, as the form has them, and those that always count."""
    counts = overrides.lately(workspace)
    on = set(form["rules_on"].value() or ())
    rows = [
        RuleRow(rule, bool(rule.firm) or rule.value in on, counts.get(rule.value, 0), runs_by(rule, workspace))
        for rule in Rule
    ]
    return {
        "switched": [row for row in rows if row.rule in SWITCHED],
        "firm": [row for row in rows if row.rule not in SWITCHED],
    }


def runs_by(rule: Rule, workspace: Workspace) -> str:
    query = {"rule": rule.value, "workspace__id__exact": workspace.pk}
    return f"{reverse('admin:leads_workflowrun_changelist')}?{urlencode(query)}"
