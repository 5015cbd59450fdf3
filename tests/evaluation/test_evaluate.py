"""`manage.py evaluate`: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from leads import wording
from leads.evaluation.leadset import BadLeads, load
from leads.models import Workspace

PRICE = """
[[lead]]
id = "price"
category = "outside"
fields = { email = "lena@hafenbike.example", firstname = "Lena", message = "What does it cost for 25 users?" }
expect = { intents = ["pricing"], language = "en", answers = { "price" = "49 euros" } }
"""


def evaluated(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    out = io.StringIO()
    try:
        call_command("evaluate", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(evaluated(*arguments, "--json")[1])
    return found


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as told:
        call_command("evaluate", *arguments)
    assert told.value.returncode == 2
    return str(told.value)


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    file = tmp_path / "leads.toml"
    file.write_text(PRICE)
    return file


def test_a_file_of_leads_from_outside_is_evaluated(leads: Path) -> None:
    code, told = evaluated("--leads", str(leads))
    assert code == 0
    assert "1 leads, 1 drafts, 0 hard failures by templates. Passed" in told
    assert "outside" in told


def test_json_lines_are_leads_too(tmp_path: Path) -> None:
    file = tmp_path / "leads.jsonl"
    rows = [
        {"id": str(number), "category": "c", "fields": {"email": f"p{number}@hafenbike.example", "message": "Price?"}}
        for number in range(2)
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert as_json("--leads", str(file))["writers"][0]["leads"] == 2


def test_a_missed_threshold_ends_with_one_and_is_named(leads: Path) -> None:
    leads.write_text(PRICE.replace("49 euros", "1 euro a year"))
    code, told = evaluated("--leads", str(leads))
    assert code == 1
    assert "price: answers (scored): “price” is neither answered nor named." in told
    assert "Below the threshold" in told


def test_what_a_draft_must_never_say_is_a_hard_failure(leads: Path) -> None:
    leads.write_text(PRICE.replace('answers = { "price" = "49 euros" }', 'never = ["49 euros"]'))
    code, told = evaluated("--leads", str(leads))
    assert code == 1
    assert "1 hard failures" in told


def test_the_json_holds_checks_categories_and_every_draft(leads: Path) -> None:
    found = as_json("--leads", str(leads))
    assert found.keys() == {"passed", "thresholds", "writers", "against"}
    assert found["passed"] is True
    assert found["thresholds"] == {"hard_failures": 0, "least_share": 0.95}
    (writer,) = found["writers"]
    assert writer.keys() == {"writer", "passed", "leads", "hard_failures", "checks", "categories", "results"}
    assert {"name": "recipient", "kind": "hard", "passed": 1, "of": 1, "share": 1.0, "is_enough": True} in writer[
        "checks"
    ]
    assert writer["categories"] == [{"name": "outside", "leads": 1, "drafted": 1, "hard_failures": 0, "scored": 1.0}]
    (result,) = writer["results"]
    assert result.keys() == {"id", "category", "outcome", "reason", "subject", "body", "writer", "failures"}
    assert "49 euros" in result["body"]
    assert result["failures"] == []


def test_another_writer_stands_beside_and_decides_nothing(leads: Path) -> None:
    found = as_json("--leads", str(leads), "--against", "en-direct")
    assert found["against"]["writer"] == "en-direct"
    assert [writer["writer"] for writer in found["writers"]] == ["templates"]
    assert "en-direct" in evaluated("--leads", str(leads), "--against", "en-direct")[1].splitlines()[0]


def test_the_page_shows_both_drafts_marks_what_differs_and_runs_nothing(leads: Path, tmp_path: Path) -> None:
    leads.write_text(PRICE.replace("What does it cost", "<script>alert(1)</script> What does it cost"))
    page = tmp_path / "report.html"
    evaluated("--leads", str(leads), "--against", "en-direct", "--html", str(page))
    text = page.read_text()
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "<mark>" in text
    assert text.count("49 euros") == 2
    assert "light-dark(" in text


def test_only_some_of_the_leads() -> None:
    found = as_json("--only", "existing thread")
    assert {kind["name"] for kind in found["writers"][0]["categories"]} == {"existing thread"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--leads", "nowhere.toml"), "nowhere.toml: No such file"),
        (("--writer", "shakespeare"), "“shakespeare” is no writer. There are templates,"),
        (("--writer", "model:drunk"), "“model:drunk” is no writer. No chat mode 'drunk'"),
        (("--writer", "model"), "No model is set up: LLM_BASE_URL and LLM_MODEL are needed."),
        (("--against", "shakespeare"), "“shakespeare” is no writer."),
        (("--only", "nothing like it"), "no lead has “nothing like it” in its id or category"),
        (("--injection", "--leads", "x.toml"), "not both"),
        (("--only", "short-hello", "--html", "/nowhere/x.html"), "--html: /nowhere/x.html: No such file"),
    ],
)
def test_wrong_arguments_are_named(arguments: tuple[str, ...], told: str) -> None:
    assert told in refused(*arguments)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.toml", "[[lead]]\nid = 1\n", "x.toml:1: id: Expected `str`, got `int`"),
        ("x.toml", "lead = [\n", "x.toml: it is not TOML"),
        ("x.toml", "[office]\n", "x.toml: office: unknown"),
        ("x.toml", "", "x.toml: there are no leads in it"),
        ("x.toml", f"{PRICE}\n{PRICE}", "x.toml:9: id: “price” is taken by the lead at"),
        ("x.toml", PRICE.replace("category", "kategorie"), "x.toml:2: Object contains unknown field `kategorie`"),
        (
            "x.toml",
            PRICE.replace('["pricing"]', '["prices"]'),
            "x.toml:2: expect.intents[0]: Invalid enum value 'prices'",
        ),
        ("x.toml", PRICE.replace('"49 euros"', '"(49"'), "x.toml:2: expect.answers.price: not a regular expression"),
        (
            "x.toml",
            f"{PRICE}workspace = {{ timezon = 'UTC' }}\n",
            "x.toml:2: workspace.timezon: unknown; it has answers",
        ),
        ("x.toml", f"{PRICE}contact = {{ name = 'Lena' }}\n", "x.toml:2: contact.name: unknown; it has company"),
        ("x.toml", f"{PRICE}now = 2026-11-23T08:05:00\n", "x.toml:2: now: it needs an offset"),
        ("x.toml", f"{PRICE}now = 0001-01-01T00:00:00Z\n", "x.toml:2: now: 1 is not within 1970 to 2199"),
        (
            "x.toml",
            f"{PRICE}workspace.timezone = 'Mars/Base'\n",
            "workspace.timezone: “Mars/Base” is no IANA time zone",
        ),
        ("x.toml", f"{PRICE}workspace.meeting_minutes = 0\n", "workspace.meeting_minutes: a meeting takes a minute"),
        (
            "x.toml",
            f"{PRICE}busy = [{{ start = 2026-11-23T08:05:00, end = 2026-11-23T09:00:00Z }}]\n",
            "x.toml:2: busy[0].start: it needs an offset",
        ),
        ("x.jsonl", "[" * 100_000, "x.jsonl:1: it is not JSON"),
        ("x.jsonl", '{"id": "a"}\n{"id": \n', "x.jsonl:1: Object missing required field `category`"),
        ("x.jsonl", "\n{oops}\n", "x.jsonl:2: it is not JSON"),
        ("x.jsonl", "[]\n", "x.jsonl:1: a lead is an object, not list"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_line_and_field(tmp_path: Path, name: str, text: str, told: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(BadLeads) as bad:
        load(file)
    assert told in str(bad.value)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadLeads, match="it is not UTF-8 text"):
        load(file)


def test_attacks_are_put_to_templates_and_to_models_that_obey() -> None:
    found = as_json("--injection", "--only", "price-write-this")
    assert [writer["writer"] for writer in found["writers"]] == ["templates", "model:obedient", "model:gullible"]


def test_a_wording_that_operators_saved_is_compared_with_the_shipped_one(leads: Path, workspace: Workspace) -> None:
    boss = User.objects.create_user("boss")
    wording.save(workspace, "en", {"opening.new": ("Good that you ask about {{ about }}!",)}, "", by=boss)
    found = as_json("--leads", str(leads), "--against", "en@1")
    (ours,) = found["against"]["results"]
    assert "Good that you ask about pricing for 25 users!" in ours["body"]
    assert "Good that you ask" not in found["writers"][0]["results"][0]["body"]
    assert refused("--leads", str(leads), "--against", "en@2") == (
        "The workspace default has no version 2 of the template set en."
    )
    assert "no version 1" in refused("--leads", str(leads), "--against", "en@1/other")
