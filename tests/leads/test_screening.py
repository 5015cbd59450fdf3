"""Who gets no draft and why, rule by rule; what can be switched off, overridden by a click, and what never can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leads import overrides, runs, screening
from leads.models import Draft, Event, WorkflowRun, Workspace
from leads.rules import OFF_AT_FIRST, SWITCHED, Rule, rule_of
from leads.screening import Asked, screen
from tests.leads.driving import drive_once, take_in
from tests.writing.office import PROFILE

Make = Callable[..., dict[str, Any]]

LISTS = replace(PROFILE, competitors=("rival.example",), customers=("loyal.example", "one@big.example"))
ALL_ON = replace(LISTS, screening_off=())
WHO = "clara@fjordline.dk"
CASES = [
    (Asked(""), Rule.NO_ADDRESS),
    (Asked("clara@"), Rule.BAD_ADDRESS),
    (Asked("no-reply@fjordline.dk"), Rule.NOBODY_READS),
    (Asked(WHO, opted_out=True), Rule.OPTED_OUT),
    (Asked("no@thanks.example"), Rule.SUPPRESSED),
    (Asked("eve@mail.blocked.example"), Rule.SUPPRESSED_DOMAIN),
    (Asked(WHO, "Please do not contact me again."), Rule.LEFT_ALONE),
    (Asked("ben@northwind.example"), Rule.OWN_PEOPLE),
    (Asked("eve@eu.rival.example", "Book me a demo"), Rule.COMPETITOR),
    (Asked("eve@loyal.example", "It shows an error", needs_help=True), Rule.CUSTOMER_SUPPORT),
    (Asked("ONE@big.example", "It shows an error", needs_help=True), Rule.CUSTOMER_SUPPORT),
    (Asked(WHO, "It shows an error", needs_help=True, is_customer=True), Rule.CUSTOMER_SUPPORT),
    (Asked("eve@mailinator.com", "A demo, please"), Rule.DISPOSABLE),
    (Asked(WHO, "Automatic reply: I am away."), Rule.AUTOMATIC),
    (Asked(WHO, "I am currently out of the office with limited access to mail."), Rule.AUTOMATIC),
    (Asked(WHO, "Out of office\nBack on Monday."), Rule.AUTOMATIC),
    (Asked(WHO, "You have won! Claim your prize at https://x.example"), Rule.SPAM),
    (Asked(WHO, "Please find attached my CV."), Rule.APPLICANT),
    (Asked(WHO, "I have ten years of experience.", form_name="Careers"), Rule.APPLICANT),
    (Asked(WHO, "Our agency can offer you backlinks and SEO."), Rule.VENDOR),
    (Asked(WHO, "We chose another vendor, thanks."), Rule.NOT_BUYING),
]


@pytest.mark.parametrize(("asked", "rule"), CASES)
def test_each_rule_speaks_and_only_that(asked: Asked, rule: Rule) -> None:
    assert screen(asked, LISTS) is rule
    others = tuple(other for other in SWITCHED if other is not rule)
    assert screen(asked, replace(LISTS, screening_off=others)) is rule


@pytest.mark.parametrize(("asked", "rule"), CASES)
def test_a_rule_that_is_off_says_nothing_unless_it_is_firm(asked: Asked, rule: Rule) -> None:
    assert screen(asked, screening.waived(LISTS)) is (rule if rule.firm else None)
    assert (screen(asked, replace(LISTS, never_screened=(asked.email,))) is None) is not bool(rule.firm)


@pytest.mark.parametrize(
    "asked",
    [
        Asked("clara@gmail.com", "What does it cost?"),
        Asked("eve@loyal.example", "What do ten more seats cost?"),
        Asked(WHO, "It shows an error", needs_help=True),
        Asked(WHO, "I'm out of office until Friday. Can we talk then?"),
        Asked(WHO, "Out of office staff can't use our old tool. We need a demo."),
        Asked("eve@notrival.example", "A demo, please"),
        Asked(WHO, "We want to buy your product for our hiring team.", form_name="Jobs"),
        Asked(WHO, "It looks good.", form_name="Demo for job shops"),
        Asked(WHO, "It looks good.", form_name="Careers portal: sales"),
    ],
)
def test_a_prospect_in_such_company_is_still_answered(asked: Asked) -> None:
    assert screen(asked, LISTS) is None


def test_what_is_strict_is_off_at_first_and_can_be_switched_on() -> None:
    assert screen(Asked("clara@gmail.com"), ALL_ON) is Rule.FREE_MAIL
    assert screen(Asked("eve@loyal.example", "What does it cost?"), ALL_ON) is Rule.CUSTOMER
    assert {*OFF_AT_FIRST} == {Rule.FREE_MAIL, Rule.CUSTOMER}


def test_every_rule_explains_itself() -> None:
    for rule in Rule:
        assert rule.label
        assert rule.reason.endswith(".")
        assert bool(rule.about) is not bool(rule.firm)
        assert rule_of("", rule.reason) in Rule
        assert len(rule) <= WorkflowRun._meta.get_field("screened_by").max_length


def screened(lead: Make, workspace: Workspace, number: int = 1, **fields: str) -> WorkflowRun:
    run = drive_once(take_in(lead(number, **fields), workspace))
    assert run.outcome == "screened"
    return run


def test_a_run_keeps_the_rule_and_one_click_drafts_it(box: Any, lead: Make, workspace: Workspace) -> None:
    run = screened(lead, workspace, message="Our agency can offer you backlinks and SEO.")
    assert run.screened_by == "vendor"
    again = overrides.draft_anyway(run, actor="olga")
    assert drive_once(again).outcome == "drafted"
    assert Draft.objects.get().run == again
    assert again.waived_by == "olga"
    event = Event.objects.get(kind="screening_overridden")
    assert (event.actor, event.run, event.facts) == ("olga", run, {"again": again.pk, "rule": "vendor"})
    workspace.refresh_from_db()
    assert workspace.never_screened == []


def test_whoever_is_exempted_is_not_screened_the_next_time(box: Any, lead: Make, workspace: Workspace) -> None:
    pitch = "Our agency can offer you backlinks and SEO."
    run = screened(lead, workspace, message=pitch)
    overrides.draft_anyway(run, actor="olga", never_again=True)
    workspace.refresh_from_db()
    assert workspace.never_screened == ["brightfreight.example"]
    assert (
        drive_once(take_in(lead(2, email="sam@brightfreight.example", message=pitch), workspace)).outcome == "drafted"
    )


@pytest.mark.parametrize(
    "fields", [{"email": "no-reply@brightfreight.example"}, {"message": "Please do not contact me again."}]
)
def test_who_must_not_be_written_to_is_not_drafted_by_a_click(
    box: Any, lead: Make, workspace: Workspace, fields: dict[str, str]
) -> None:
    run = screened(lead, workspace, **fields)
    assert overrides.obstacle(run)
    with pytest.raises(runs.NotPossible):
        overrides.draft_anyway(run, actor="olga")
    assert WorkflowRun.objects.count() == 1


def test_an_opt_out_holds_for_an_overridden_run_too(box: Any, lead: Make, workspace: Workspace) -> None:
    who = "elodie@atelier-marchand.example"
    run = screened(lead, workspace, email=who, message="Our agency can offer you backlinks and SEO.")
    again = drive_once(overrides.draft_anyway(run, actor="olga"))
    assert (again.outcome, again.screened_by) == ("screened", "opted_out")
    assert overrides.obstacle(again)


def test_a_customer_by_lifecycle_stage_gets_no_sales_draft_on_a_problem(
    box: Any, lead: Make, workspace: Workspace
) -> None:
    customer = {"email": "amelia.hart@harborline.example"}
    problem = "It stopped working and shows an error message."
    assert screened(lead, workspace, **customer, message=problem).screened_by == "customer_support"
    assert (
        drive_once(take_in(lead(2, **customer, message="What do ten more seats cost?"), workspace)).outcome == "drafted"
    )
    assert drive_once(take_in(lead(3, message=problem), workspace)).outcome == "drafted"


def test_screened_runs_are_counted_by_rule(lead: Make, box: Any, workspace: Workspace) -> None:
    screened(lead, workspace, message="Please find attached my CV.")
    screened(lead, workspace, 2, message="You have won! Claim your prize at https://x.example")
    screened(lead, workspace, 3, message="You have won! Claim your prize at https://y.example")
    assert overrides.lately(workspace) == {"applicant": 1, "spam": 2}
