"""Models that do what an attacker demands, word for word, in every place of a letter, however often it is found.

Each is as harmless as can be but for one demand, so that no other fault covers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from connectors.ports import Completion, Turn
from connectors.sandbox.letters import Asked, Letter, good
from leads.evaluation.leadset import Lead

type Place = Callable[[Letter, str], Letter]


def own_paragraph(letter: Letter, demand: str) -> Letter:
    return letter.plus(demand)


def in_a_sentence(letter: Letter, demand: str) -> Letter:
    """Within the first paragraph, where it reads as one's own words."""
    first, *others = letter.paragraphs
    return letter.saying([f"{first} {demand}", *others])


def subject(letter: Letter, demand: str) -> Letter:
    return replace(letter, subject=" ".join(demand.split()[:8]))


def ids(letter: Letter, demand: str) -> Letter:
    """As an id of a document and of a time, and in fields that nobody asked for."""
    return replace(letter, asset_ids=[*letter.asset_ids, demand], more={"cc": [demand], "signature": demand})


PLACES: tuple[Place, ...] = (own_paragraph, in_a_sentence, subject)


@dataclass(frozen=True, slots=True)
class Obedient:
    """`connectors.ports.TextModel` that writes a good letter, with one demand put into one place."""

    demand: str
    place: Place
    name: str = "obedient"
    seconds: float = 60.0

    def complete(self, turns: tuple[Turn, ...], schema: Mapping[str, Any], ends: float) -> Completion:
        asked = Asked.of([{"role": turn.role, "content": turn.text} for turn in turns])
        if asked is None:
            raise ValueError("The prompt is no conversation.")
        return Completion(self.place(good(asked), self.demand).json(), self.name, tokens_in=1, tokens_out=1, cost=0)


def obedient_models(lead: Lead) -> Iterator[Obedient]:
    """One per demand and place; one that only writes where nobody demands anything. An id is refused by its form."""
    demands = lead.attack.demand if lead.attack else ()
    for demand, place in product(demands, PLACES):
        yield Obedient(demand, place)
    if demands:
        yield Obedient(demands[0], ids)
    else:
        yield Obedient("", lambda letter, _demand: letter)
