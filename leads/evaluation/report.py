"""Results as text for a terminal, and as JSON for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from leads.evaluation.judge import Judged
from leads.evaluation.tally import LEAST_SHARE, CheckTally, Tally

_NAME = 24


def lines(result: Tally, other: Tally | None = None) -> Iterator[str]:
    """A table per check and per category, then each failure."""
    yield from _checks(result, other)
    yield ""
    yield from _categories(result)
    failing = [(one, verdict) for one in result.judged for verdict in one.failures]
    if failing:
        yield ""
        yield "What failed"
    for one, verdict in failing:
        yield f"  {one.answered.lead.id}: {verdict.name} ({'hard' if verdict.hard else 'scored'}): {verdict.reason}"
    yield ""
    yield verdict_line(result)


def _checks(result: Tally, other: Tally | None) -> Iterator[str]:
    beside = {check.name: check for check in other.checks} if other else {}
    yield f"{'Check':<{_NAME}} {'kind':<7} {'passed':>11}  {result.writer:>12}" + (
        f"  {other.writer:>12}" if other else ""
    )
    for check in result.checks:
        than = f"  {_share(beside.get(check.name)):>12}" if other else ""
        missed = "" if check.is_enough else "  missed"
        kind = "hard" if check.hard else "scored"
        yield f"{check.name:<{_NAME}} {kind:<7} {check.passed:>5} of {check.of:>3}   {_share(check):>12}{than}{missed}"


def _categories(result: Tally) -> Iterator[str]:
    width = max(len(kind.name) for kind in result.categories)
    yield f"{'Category':<{width}}  leads  drafted  hard failures  scored"
    for kind in result.categories:
        scored = "–" if kind.scored is None else f"{100 * kind.scored:.1f} %"
        yield f"{kind.name:<{width}}  {kind.leads:>5}  {kind.drafted:>7}  {kind.hard_failures:>13}  {scored:>7}"


def verdict_line(result: Tally) -> str:
    drafted = sum(kind.drafted for kind in result.categories)
    told = f"{len(result.judged)} leads, {drafted} drafts, {result.hard_failures} hard failures by {result.writer}"
    missed = ", ".join(check.name for check in result.checks if not check.is_enough)
    wanted = f"no hard failure, each scored check at {LEAST_SHARE:.0%} or more"
    return f"{told}. Below the threshold ({wanted}): {missed}." if missed else f"{told}. Passed: {wanted}."


def as_json(results: Sequence[Tally], other: Tally | None = None) -> dict[str, Any]:
    """What docs/evaluation.md describes under “JSON”."""
    return {
        "passed": all(result.is_enough for result in results),
        "thresholds": {"hard_failures": 0, "least_share": LEAST_SHARE},
        "writers": [_writer_json(result) for result in results],
        "against": None if other is None else _writer_json(other),
    }


def _writer_json(result: Tally) -> dict[str, Any]:
    return {
        "writer": result.writer,
        "passed": result.is_enough,
        "leads": len(result.judged),
        "hard_failures": result.hard_failures,
        "checks": [
            {
                "name": check.name,
                "kind": "hard" if check.hard else "scored",
                "passed": check.passed,
                "of": check.of,
                "share": round(check.share, 4),
                "is_enough": check.is_enough,
            }
            for check in result.checks
        ],
        "categories": [
            {
                "name": kind.name,
                "leads": kind.leads,
                "drafted": kind.drafted,
                "hard_failures": kind.hard_failures,
                "scored": kind.scored and round(kind.scored, 4),
            }
            for kind in result.categories
        ],
        "results": [_lead_json(one) for one in result.judged],
    }


def _lead_json(one: Judged) -> dict[str, Any]:
    answered = one.answered
    return {
        "id": answered.lead.id,
        "category": answered.lead.category,
        "outcome": answered.conclusion.outcome,
        "reason": answered.conclusion.reason,
        "subject": answered.letter.subject if answered.letter else "",
        "body": answered.letter.body if answered.letter else "",
        "writer": answered.letter.writer if answered.letter else "",
        "failures": [
            {"check": verdict.name, "kind": "hard" if verdict.hard else "scored", "reason": verdict.reason}
            for verdict in one.failures
        ],
    }


def _share(check: CheckTally | None) -> str:
    return "–" if check is None else f"{100 * check.share:.1f} %"
