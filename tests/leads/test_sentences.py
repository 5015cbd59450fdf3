"""The audit in sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from leads.models import Event
from leads.sentences import LONGEST, SENTENCES, Reference, references, sentence

LEADS = Path(__file__).resolve().parents[2] / "leads"
RECORDED = re.compile(r'(?:record|event|decide|tell)\(\s*(?:cause, |update, )?"([a-z_]+)"|kind="([a-z_]+)"')


def said(kind: str, *, actor: str = "", run: int | None = 7, **facts: Any) -> str:
    return sentence(Event(kind=kind, actor=actor, run_id=run, facts=facts))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said("run_accepted", submission=3), "Run 7 was accepted for submission 3."),
        (said("run_done", outcome="screened"), "Run 7 is done: screened."),
        (
            said("run_waits", error="Transient", seconds=4.0, step="resolve_contact"),
            "Run 7 failed for now (Transient in “Find the contact, or plan it”) and goes on in 4.0 s.",
        ),
        (said("run_waits", error="Transient", seconds=90), "and goes on in 1 min 30 s."),
        (said("run_retried", actor="olga"), "olga let run 7 go on from the step that failed."),
        (said("effect_failed", effect="create_draft", error="Ambiguous", may_be_done=True), "create draft failed"),
        (said("draft_only_switched", actor="olga", on=False, reason="Launch"), "olga turned DRAFT_ONLY off: Launch"),
        (
            said(
                "settings_changed",
                actor="olga",
                noun="workspace",
                id=1,
                action="changed",
                fields={"timezone": ["Europe/Berlin", "Europe/Paris"], "signature": None},
            ),
            "olga changed workspace 1: timezone: Europe/Berlin → Europe/Paris signature",
        ),
        (
            said("delivery_replayed", actor="olga", delivery=5, replay=9, verdict="accepted", runs=[2]),
            "olga replayed delivery 5 as 9: accepted.",
        ),
        (said("error_assigned", actor="olga", error="AuthFailed", step="", to=None), "olga gave AuthFailed to nobody."),
        (said("something_new", actor="olga", colour="green"), "olga: something new. colour: green"),
    ],
)
def test_an_event_is_one_sentence(event: str, expected: str) -> None:
    assert expected in event


@pytest.mark.parametrize("kind", SENTENCES)
@pytest.mark.parametrize("facts", [{}, {"fields": 3, "seconds": "x", "runs": "y", "step": None, "to": {}}])
def test_facts_that_are_missing_or_odd_are_no_harm(kind: str, facts: dict[str, Any]) -> None:
    text = said(kind, run=None, **facts)
    assert text
    assert "\n" not in text


def test_a_sentence_is_no_longer_than_a_line_or_two() -> None:
    assert len(said("draft_only_switched", reason="x" * 3000)) == LONGEST


def test_every_kind_that_is_recorded_has_its_sentence() -> None:
    recorded = {
        first or second
        for path in LEADS.rglob("*.py")
        if "models" not in path.parts and "migrations" not in path.parts
        for first, second in RECORDED.findall(path.read_text())
        if (first or second).startswith(("run_", "draft_", "error_", "step_", "effect_", "delivery_", "submission_"))
    }
    assert {"run_started", "draft_edited", "error_muted", "delivery_replayed"} <= recorded
    assert recorded - set(SENTENCES) == set()


def test_an_event_refers_to_what_it_is_about() -> None:
    event = Event(kind="x", run_id=7, workspace_id=1, facts={"draft": 3, "runs": [8, "y"], "delivery": True})
    assert references(event) == [
        Reference("Run 7", "workflowrun", 7),
        Reference("Draft 3", "draft", 3),
        Reference("Run 8", "workflowrun", 8),
        Reference("Workspace 1", "workspace", 1),
    ]
