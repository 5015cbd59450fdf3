"""What a draft was written without, as reviewers read it. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

import leads.steps  # noqa: F401  fills the registry
from connectors.errors import PermissionDenied
from leads import codec
from leads.advice import TO_GRANT
from leads.engine.steps import REGISTRY
from leads.facts import Lack
from leads.models import Draft


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that could not be read: what it is, what that means for the draft, the error, and how to mend it."""

    what: str
    so: str
    why: str
    do: str


def lacks_of(draft: Draft) -> tuple[Lack, ...]:
    """As the run noted them; empty for a draft that has all it should."""
    return codec.decode(draft.lacks, tuple[Lack, ...])


def missing_in(draft: Draft) -> list[Missing]:
    """The same in words, in the order of the workflow."""
    noted = {lack.step: lack for lack in lacks_of(draft)}
    return [
        Missing(step.without.lacks, step.without.so, noted[name].why, advised(noted[name]))
        for name, step in REGISTRY.items()
        if name in noted and step.without
    ]


def advised(lack: Lack) -> str:
    return f"{TO_GRANT[lack.step]}." if lack.error == PermissionDenied.__name__ and lack.step in TO_GRANT else ""


def summed_up(missing: list[Missing]) -> str:
    """Like “documents and meeting times”; each thing once."""
    *most, last = dict.fromkeys(one.what for one in missing)
    return f"{', '.join(most)} and {last}" if most else last
