"""What operators may change in a template set, and whether what they wrote can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from leads.writing import phrases

MOST_WAYS = 20
LONGEST_WAY = 300  # characters
LONGEST_BODY = 4000
# Sentences and subjects. The other sections are words that code puts into them, and bends to fit.
SECTIONS = {
    "subject": "The subject",
    "letter": "Greeting and closing, where the voice speaks another language",
    "greeting": "The greeting where no name is known",
    "opening": "The first sentence",
    "goal": "What they want to achieve",
    "answer": "How an answer is given",
    "open": "What is left to talk about",
    "assets": "Before documents",
    "ask": "The question at the end",
    "fallback": "If no time fits",
    "extra": "A courtesy, where there is room",
    "support": "A problem report",
}
# When each is said; what isn't here says so by its key.
TITLES = {
    "subject.about": "They asked about something",
    "subject.about_company": "They asked about something, and their company is known",
    "subject.demo": "They asked for a demo",
    "subject.demo_company": "They asked for a demo, and their company is known",
    "subject.vague": "They asked about nothing in particular",
    "subject.vague_company": "They asked about nothing in particular, and their company is known",
    "subject.support": "They reported a problem",
    "letter.greeting": "Greeting; {first_name} and {name}, the form of address, are filled in",
    "letter.closing": "Closing",
    "greeting.neutral": "No name is known",
    "opening.new": "They wrote for the first time",
    "opening.vague": "They wrote for the first time, about nothing in particular",
    "opening.them": "They had written last in the thread",
    "opening.them_vague": "They had written last, and now about nothing in particular",
    "opening.us": "We had written last in the thread",
    "opening.us_vague": "We had written last, and they wrote about nothing in particular",
    "opening.auto": "Their automatic reply came last",
    "opening.auto_vague": "Their automatic reply came last, and they wrote about nothing in particular",
    "opening.support": "They reported a problem",
    "goal.stated": "They said what they want",
    "answer.one": "They asked one thing",
    "answer.several": "They asked several things",
    "open.topics": "Subjects without an answer",
    "open.quoted_only": "A question of which the subject is not known, quoted",
    "open.quoted_rest": "Such a question, and more points",
    "open.topics_quoted": "Subjects, and a question that is quoted",
    "open.topics_rest": "Subjects, and more points",
    "open.support_first": "They also reported a problem",
    "open.rest_one": "A question that can't be quoted",
    "open.rest_only": "Points that can't be quoted",
    "open.others": "They asked what others get",
    "open.colleague": "They want to bring a colleague",
    "assets.one": "One document",
    "assets.several": "Several documents",
    "ask.pick_one": "One time is offered",
    "ask.pick_several": "Several times are offered",
    "ask.suggest_a_time": "No time is offered",
    "ask.continue_us": "The thread goes on, and we had written last",
    "ask.continue_them": "The thread goes on, and they had written last",
    "ask.describe_problem": "They reported a problem",
    "fallback.pick": "Several times are offered",
    "fallback.pick_single": "One time is offered",
    "support.known": "They told enough to begin with",
}
# What a reader would miss: the answer itself, and what they asked.
KEPT = {"answer": {"text"}, "open": {"open", "quoted"}, "goal": {"goal"}}
PARTS = (
    *("greeting", "opening", "goal", "answers", "answer", "open", "assets", "assets_intro", "asset", "asset.title"),
    *("asset.url", "extra", "extra_last", "ask", "slot_lines", "line", "fallback", "closing", "signature"),
)
NEEDED = ("greeting", "opening", "answer", "ask", "line", "asset.url", "closing", "signature")
TAGS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})

_VARIABLE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_TAG = re.compile(r"\{%\s*(.*?)\s*%\}")
_FILLED_IN = re.compile(r"(?<!\{)\{(?:first_)?name\}(?!\})")
_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)*", re.IGNORECASE)
_LOGIC = frozenset({"and", "or", "not", "in"})


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that drafts say: the shipped ways to say it, and the variables that may stand in them."""

    section: str
    key: str
    shipped: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"

    @property
    def title(self) -> str:
        """When it is said."""
        return TITLES.get(self.name, self.key.replace("_", " ").capitalize())


@cache
def sayings(template_set: str) -> tuple[Saying, ...]:
    """All that can be worded otherwise, in the order of `SECTIONS`."""
    return tuple(
        Saying(section, key, shipped, variables_of(section, key))
        for section in SECTIONS
        for key in phrases.keys(template_set, section)
        if (shipped := phrases.sources(template_set, section, key))
    )


@cache
def variables_of(section: str, key: str) -> tuple[str, ...]:
    """What the code gives to a saying: all that any shipped set uses there."""
    known = (
        source
        for template_set in phrases.template_sets()
        if key in phrases.keys(template_set, section)
        for source in phrases.sources(template_set, section, key)
    )
    return tuple(sorted({name for source in known for name in _VARIABLE.findall(source)}))


def differing(template_set: str, ways: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Of what was entered, by name, that which is not as shipped; nothing at all counts as shipped."""
    shipped = {saying.name: saying.shipped for saying in sayings(template_set)}
    return {name: list(said) for name, said in ways.items() if said and said != shipped[name]}


def trouble_with(saying: Saying, ways: tuple[str, ...]) -> str:
    """Why these ways to say it can't be used; "" if they can."""
    if len(ways) > MOST_WAYS:
        return f"At most {MOST_WAYS} ways, one per line."
    return next(filter(None, (_trouble_in(saying, way) for way in ways)), "")


def _trouble_in(saying: Saying, way: str) -> str:
    if len(way) > LONGEST_WAY:
        return f"“{way[:30]}…” has {len(way)} characters; a sentence has at most {LONGEST_WAY}."
    found = _VARIABLE.findall(way)
    if re.search(r"[{}]", _VARIABLE.sub("", _FILLED_IN.sub("", way) if saying.section == "letter" else way)):
        return f"“{way[:60]}” has a brace that belongs to no variable. Variables are written {{{{ name }}}}."
    if unknown := [name for name in found if name not in saying.variables]:
        known = ", ".join(f"{{{{ {name} }}}}" for name in saying.variables) or "none"
        return f"{{{{ {unknown[0]} }}}} is not known here. There are: {known}."
    kept = KEPT.get(saying.section, set()) & _always(saying)
    if left_out := kept - set(found):
        return f"“{way[:60]}” leaves out {{{{ {min(left_out)} }}}}, which a reader would miss."
    return ""


def _always(saying: Saying) -> set[str]:
    """The variables that every shipped way has."""
    return set.intersection(*(set(_VARIABLE.findall(source)) for source in saying.shipped))


def trouble_with_body(body: str) -> str:
    """Why this order of the parts can't be used; "" if it can."""
    if len(body) > LONGEST_BODY or "{#" in body:
        return f"The order of the parts has at most {LONGEST_BODY} characters, and no comments."
    if unknown := [tag for tag in _TAG.findall(body) if tag.partition(" ")[0] not in TAGS]:
        return f"{{% {unknown[0]} %}} can't be used here. There are: {', '.join(sorted(TAGS))}."
    if unknown := [name for name in _names(body) if name not in PARTS]:  # a filter makes its name unknown
        return f"“{unknown[0]}” is no part of a draft. There are: {', '.join(PARTS)}."
    if left_out := [part for part in NEEDED if part not in _VARIABLE.findall(body)]:
        return f"{{{{ {left_out[0]} }}}} is left out. Every draft needs: {', '.join(NEEDED)}."
    return phrases.syntax_error(body)


def _names(body: str) -> Iterator[str]:
    """All that stands for a value; a filter makes its name one that nobody knows."""
    yield from _VARIABLE.findall(body)
    for tag in _TAG.findall(body):
        yield from (word for word in tag.split()[1:] if word not in _LOGIC)
