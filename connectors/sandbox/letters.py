"""What the sandbox's model is asked, and the good letter that it writes from the facts in the question."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

_DECODER = json.JSONDecoder()
MOST_WORDS = 55  # of the answers that are taken up


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation so far. `facts` is the JSON object in the first message of the user; `turn` counts answers."""

    system: str
    facts: dict[str, Any]
    turn: int
    latest: str

    @classmethod
    def of(cls, messages: object) -> Self | None:
        """None for what is no conversation."""
        if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
            return None
        said = [(str(one.get("role")), str(one.get("content", ""))) for one in messages]
        users = [text for role, text in said if role == "user"] or [""]
        system = "\n".join(text for role, text in said if role == "system")
        return cls(system, _object_in(users[0]), sum(role == "assistant" for role, _ in said), users[-1])

    @property
    def ours(self) -> dict[str, Any]:
        return _dict(self.facts.get("ours"))

    @property
    def theirs(self) -> dict[str, Any]:
        return _dict(self.facts.get("theirs"))

    @property
    def slot_ids(self) -> list[str]:
        return _ids(self.facts.get("slots"))

    @property
    def asset_ids(self) -> list[str]:
        return _ids(self.facts.get("assets"))


@dataclass(frozen=True, slots=True)
class Letter:
    """An answer in the form that was asked for, and perhaps more."""

    subject: str
    paragraphs: list[str]
    slot_ids: list[str] = field(default_factory=list)
    asset_ids: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def json(self) -> str:
        said = {"subject": self.subject, "paragraphs": self.paragraphs}
        return json.dumps({**said, "slot_ids": self.slot_ids, "asset_ids": self.asset_ids, **self.more})

    def plus(self, *texts: str) -> Letter:
        """With more paragraphs before the last."""
        return replace(self, paragraphs=[*self.paragraphs[:-1], *texts, *self.paragraphs[-1:]])

    def saying(self, paragraphs: list[str]) -> Letter:
        return replace(self, paragraphs=paragraphs)

    def pointing(self, slot_ids: list[str], asset_ids: list[str]) -> Letter:
        return replace(self, slot_ids=slot_ids, asset_ids=asset_ids)


EN = {
    "subject": "Your question to {organisation}",
    "thanks": "Thank you for your message. It is good to hear from you.",
    "open": "Let's go through your other points on the call, so that you get a full answer to each of them.",
    "sorry": "Thank you for telling us, and sorry for the trouble. We want to get this working for you again soon.",
    "more": "We will keep it short, and you are welcome to bring along whoever works with this every day. "
    "If there is one thing you need to know first, tell me, and I will have it ready for you.",
    "pick_a_time": "Which of these times suits you for a first call?",
    "suggest_a_time": "Which day this week or next suits you for a first call?",
    "continue_thread": "What would help you most as a next step?",
    "describe_problem": "Could you tell me what you see, and since when?",
}
DE = {
    "subject": "Ihre Frage an {organisation}",
    "thanks": "vielen Dank für Ihre Nachricht. Schön, dass Sie sich bei uns melden.",
    "open": "Ihre weiteren Punkte gehen wir am besten im Gespräch durch, damit Sie auf alles eine Antwort bekommen.",
    "sorry": "vielen Dank für den Hinweis. Es tut uns leid, dass Sie Ärger damit haben. Wir kümmern uns gern darum.",
    "more": "Das Gespräch halten wir kurz, und Sie können gern alle mitbringen, die damit jeden Tag arbeiten. "
    "Wenn Sie vorab etwas wissen möchten, sagen Sie es mir gern, dann habe ich es für Sie bereit.",
    "pick_a_time": "Welcher dieser Termine passt Ihnen für ein erstes Gespräch?",
    "suggest_a_time": "Welcher Tag passt Ihnen für ein erstes Gespräch?",
    "continue_thread": "Was hilft Ihnen als nächster Schritt am meisten?",
    "describe_problem": "Können Sie mir sagen, was Sie sehen, und seit wann?",
}


def good(asked: Asked) -> Letter:
    """The team's own answers to what was asked, between a thanks and the one question."""
    says = DE if asked.facts.get("language") == "de" else EN
    step = str(asked.ours.get("next_step", "suggest_a_time"))
    known, about = _dict(asked.ours.get("answers")), asked.theirs.get("about") or []
    wanted = [] if step == "describe_problem" else [known[topic] for topic in about if topic in known]
    answers = list(_fitting(wanted))
    opening = says["sorry" if step == "describe_problem" else "thanks"]
    opened = [says["open"]] if step in {"pick_a_time", "suggest_a_time"} and asked.theirs.get("questions") else []
    body = [opening, *answers, *opened, says.get(step, says["suggest_a_time"])]
    if len(" ".join(body).split()) < 60:
        body.insert(-1, says["more"])
    subject = str(
        asked.facts.get("subject") or says["subject"].format(organisation=asked.ours.get("organisation", "us"))
    )
    return Letter(subject, body, asked.slot_ids, asked.asset_ids)


def _fitting(answers: Iterable[object]) -> Iterable[str]:
    """As many whole answers as there is room for, and the first in any case."""
    left = MOST_WORDS
    for place, answer in enumerate(map(str, answers)):
        left -= len(answer.split())
        if left < 0 and place:
            return
        yield answer


def _object_in(text: str) -> dict[str, Any]:
    """The first JSON object in a text."""
    start = text.find("{")
    try:
        return _dict(_DECODER.raw_decode(text, start)[0]) if start >= 0 else {}
    except ValueError:
        return {}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _ids(listed: object) -> list[str]:
    return [str(one.get("id")) for one in listed if isinstance(one, dict)] if isinstance(listed, Sequence) else []
