"""The rules: what each watches for, and what it is set to until somebody sets it otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from leads.alerts import findings
from leads.alerts.findings import Found
from leads.models import AlertRule

Kind = AlertRule.Kind
SOON, SELDOM = timedelta(seconds=4), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What people are told of it, how it looks, and its first settings. Without a `unit` it has no threshold."""

    about: str
    look: Callable[[AlertRule], Found]
    over: str
    unit: str = ""
    threshold: int = 1
    most: int = 10_000
    quiet_minutes: int = 60
    every: timedelta = SOON


RULES: dict[str, Rule] = {
    Kind.DEAD_LETTER: Rule(
        "Runs gave up, and need a person. One alert for each cause, which counts up.",
        findings.dead_letters,
        "No dead letter of this cause is left, or too few to tell of.",
        "dead runs",
        quiet_minutes=15,
    ),
    Kind.CONNECTION_BROKEN: Rule(
        "HubSpot or Google refuses the credentials, and runs wait.",
        findings.connections,
        "It is connected again, and what waited goes on.",
    ),
    Kind.BREAKER_OPEN: Rule(
        "Most calls to a service failed, so it is left alone; runs wait or do without. It is tried by itself.",
        findings.circuits,
        "It answers again, and what waited goes on.",
    ),
    Kind.UNKNOWN_ERROR: Rule(
        "A vendor answered what it is not known to answer. The runs try again, and somebody should look.",
        findings.unknown_errors,
        "No run stands still because of it.",
    ),
    Kind.ERROR_RATE: Rule(
        f"Of the runs of the last {findings.LATELY.seconds // 60} minutes, so many have failed and not recovered. "
        f"Fewer than {findings.ENOUGH} runs say nothing.",
        findings.error_rate,
        "Of the newest runs fewer fail, or too few came to tell.",
        "% of runs",
        threshold=25,
        most=100,
    ),
    Kind.BACKLOG: Rule(
        "Runs have been due for so long, and nobody takes them.",
        findings.backlog,
        "What is due is taken again.",
        "minutes",
        threshold=5,
    ),
    Kind.NO_WORKER: Rule(
        "No worker has said for so long that it is alive. Seen by the web process, and told by it.",
        findings.no_worker,
        "A worker is alive.",
        "minutes",
    ),
    Kind.SPEED_TO_LEAD: Rule(
        "So many leads are without a draft for longer than the target allows.",
        findings.slow_leads,
        "No lead is over its target, or too few to tell of.",
        "leads",
    ),
    Kind.DRAFT_WAITING: Rule(
        "A draft is ready, and nobody reviews it.",
        findings.waiting_drafts,
        "No draft waits that long.",
        "working hours",
        threshold=4,
        quiet_minutes=240,
        every=SELDOM,
    ),
    Kind.NO_DELIVERIES: Rule(
        "Submissions used to come, by webhook or by poll, and none has for so long.",
        findings.no_deliveries,
        "Submissions come again.",
        "working hours",
        threshold=16,
        quiet_minutes=480,
        every=SELDOM,
    ),
    Kind.MODEL_BUDGET: Rule(
        "What the language model may cost a month is used up.",
        findings.budget,
        "The model writes again.",
        every=SELDOM,
    ),
}
SLOW = [kind for kind, rule in RULES.items() if rule.every == SELDOM]
