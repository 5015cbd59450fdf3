"""What operators may write in the place of the shipped sentences, and what they are told where it can't be used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.facts import Letter, Wording
from leads.writing import phrases
from leads.writing.wording import differing, sayings, trouble_with, trouble_with_body
from tests.writing.office import PROFILE, Desk

SAYINGS = {saying.name: saying for saying in sayings("en")}
SHIPPED = phrases.order("en")
ASKED = {"email": "ana@fjordline.dk", "firstname": "Ana", "message": "How much is it for 40 people?"}


def letter(**wordings: Wording) -> Letter:
    return Desk().but(profile=replace(PROFILE, wordings=wordings)).letter(ASKED)


@pytest.mark.parametrize("template_set", phrases.template_sets())
def test_what_is_shipped_can_be_saved_as_it_is(template_set: str) -> None:
    assert [trouble_with(saying, saying.shipped) for saying in sayings(template_set)] == [""] * len(
        sayings(template_set)
    )
    assert trouble_with_body(phrases.order(template_set)) == ""


@pytest.mark.parametrize(
    ("name", "way", "told"),
    [
        ("opening.new", "Thanks for {{ secrets }}.", "{{ secrets }} is not known here. There are: {{ about }}."),
        ("opening.new", "Thanks for {{ about|upper }}.", "not known here"),
        ("opening.new", "Thanks for {% include 'x' %}.", "a brace that belongs to no variable"),
        ("opening.new", "Thanks for {{ about.", "a brace that belongs to no variable"),
        ("answer.one", "We do that.", "leaves out {{ text }}"),
        ("ask.pick_one", "x" * 301, "has 301 characters"),
    ],
)
def test_a_sentence_that_can_not_be_used_is_refused_with_what_to_do(name: str, way: str, told: str) -> None:
    assert told in trouble_with(SAYINGS[name], (way,))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (SHIPPED + "{% load static %}", "{% load static %} can't be used here"),
        (SHIPPED + "{% include 'leads/x' %}", "can't be used here"),
        (SHIPPED + "{{ settings.SECRET_KEY }}", "“settings.SECRET_KEY” is no part of a draft"),
        (SHIPPED + "{{ closing|safe }}", "“closing|safe” is no part of a draft"),
        (SHIPPED + "{% if closing.x %}{% endif %}", "“closing.x” is no part of a draft"),
        (SHIPPED.replace("{{ signature }}", ""), "{{ signature }} is left out"),
        (SHIPPED + "{% if extra %}", "This can't be read"),
        (SHIPPED + "{# why #}", "no comments"),
    ],
)
def test_an_order_that_can_not_be_used_is_refused_with_what_to_do(body: str, told: str) -> None:
    assert told in trouble_with_body(body)


def test_only_what_differs_from_the_shipped_wording_is_kept() -> None:
    ways = {name: saying.shipped for name, saying in SAYINGS.items()}
    assert differing("en", ways) == {}
    assert differing("en", ways | {"goal.stated": ("So {{ goal }}.",), "ask.pick_one": ()}) == {
        "goal.stated": ["So {{ goal }}."]
    }


def test_a_draft_says_it_as_the_workspace_does_and_knows_the_version() -> None:
    worded = letter(en=Wording(7, 3, {"opening.new": ("Good that you ask about {{ about }}!",)}))
    assert "Good that you ask about pricing for 40 people!" in worded.body
    assert (worded.template_version, worded.writer) == (7, "templates en, version 3")
    assert (letter().template_version, letter().writer) == (None, "templates")


def test_a_draft_has_its_parts_in_the_order_of_the_workspace() -> None:
    order = "{{ greeting }}\n\n{{ ask }}\n{% for line in slot_lines %}- {{ line }}\n{% endfor %}\n{{ opening }}\n\n"
    order += "{% for answer in answers %}{{ answer }}\n\n{% endfor %}"
    order += (
        "{% for asset in assets %}- {{ asset.title }}: {{ asset.url }}\n{% endfor %}\n{{ closing }}\n{{ signature }}\n"
    )
    assert trouble_with_body(order) == ""
    asks = {"ask.pick_several": ("Shall we talk?",)}
    ours, shipped = letter(en=Wording(1, 1, asks, order)).body, letter(en=Wording(1, 1, asks)).body
    assert ours.index("Shall we talk?") < ours.index("pricing for 40 people")
    assert shipped.index("pricing for 40 people") < shipped.index("Shall we talk?")


def test_the_wording_of_one_set_leaves_the_others_alone() -> None:
    own = {"en-direct": Wording(1, 1, {"opening.new": ("Ahoy about {{ about }}.",)})}
    assert "Ahoy" not in letter(**own).body
