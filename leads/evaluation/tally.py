"""What a set of judged leads comes to: per check, per category, and whether it is good enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from leads.evaluation.judge import Judged
from leads.facts import Check

LEAST_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class CheckTally:
    """How often one check passed. A hard one must always pass."""

    name: str
    hard: bool
    passed: int
    of: int

    @property
    def share(self) -> float:
        return self.passed / self.of

    @property
    def percent(self) -> float:
        return 100 * self.share

    @property
    def is_enough(self) -> bool:
        return self.passed == self.of if self.hard else self.share >= LEAST_SHARE


@dataclass(frozen=True, slots=True)
class CategoryTally:
    """One kind of leads. `scored` is the mean share of its scored checks, or None where nothing was scored."""

    name: str
    leads: int
    drafted: int
    hard_failures: int
    scored: float | None

    @property
    def percent(self) -> float | None:
        return None if self.scored is None else 100 * self.scored


@dataclass(frozen=True, slots=True)
class Tally:
    """A writer's results over a set."""

    writer: str
    judged: tuple[Judged, ...]
    checks: tuple[CheckTally, ...]
    categories: tuple[CategoryTally, ...]

    @property
    def hard_failures(self) -> int:
        return sum(check.of - check.passed for check in self.checks if check.hard)

    @property
    def is_enough(self) -> bool:
        return all(check.is_enough for check in self.checks)


def tally(writer: str, judged: Sequence[Judged]) -> Tally:
    kinds: dict[str, list[Judged]] = {}
    for one in judged:
        kinds.setdefault(one.answered.lead.category, []).append(one)
    verdicts = [verdict for one in judged for verdict in one.verdicts]
    return Tally(
        writer=writer,
        judged=tuple(judged),
        checks=tuple(sorted(_per_check(verdicts), key=lambda check: not check.hard)),
        categories=tuple(
            _category(kind, [one for one in judged if one.answered.lead.category == kind]) for kind in kinds
        ),
    )


def _per_check(verdicts: Iterable[Check]) -> list[CheckTally]:
    passed: dict[tuple[str, bool], list[bool]] = {}
    for verdict in verdicts:
        passed.setdefault((verdict.name, verdict.hard), []).append(verdict.passed)
    return [CheckTally(name, hard, sum(found), len(found)) for (name, hard), found in passed.items()]


def _category(name: str, judged: Sequence[Judged]) -> CategoryTally:
    verdicts = [verdict for one in judged for verdict in one.verdicts]
    scored = [verdict.passed for verdict in verdicts if not verdict.hard]
    return CategoryTally(
        name=name,
        leads=len(judged),
        drafted=sum(one.answered.letter is not None for one in judged),
        hard_failures=sum(verdict.hard and not verdict.passed for verdict in verdicts),
        scored=fmean(scored) if scored else None,
    )
