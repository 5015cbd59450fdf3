"""Every kind of lead, from the form to the checked letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.ports import Contact, Thread
from leads.facts import Action, Patterns
from leads.writing import Brief, compose, write
from leads.writing.letter import core
from leads.writing.phrases import template_sets
from tests.writing.leads import ENGLISH, FOREIGN, SCREENED, lead
from tests.writing.office import PROFILE, Desk, message, speaking

DESK = Desk()
WITH_US = Thread("t1", (message("hello", day=9), message("our answer", outgoing=True)))
WITH_THEM = Thread("t1", (message("our mail", outgoing=True, day=9), message("sounds good")))
WITH_ROBOT = Thread("t1", (message("our mail", outgoing=True, day=9), message("I am away", auto=True)))


@pytest.mark.parametrize("kind", ENGLISH)
def test_every_english_lead_gets_a_letter_that_passes_every_check(kind: str) -> None:
    brief = DESK.brief(ENGLISH[kind])
    letter = compose(brief)
    assert brief.enquiry.screened == ""
    assert [(check.name, check.reason) for check in letter.checks if not check.passed] == []


@pytest.mark.parametrize("template_set", sorted(name for name in template_sets() if name.startswith("en-")))
@pytest.mark.parametrize("kind", ENGLISH)
def test_every_template_set_writes_letters_that_pass_every_check(kind: str, template_set: str) -> None:
    brief = DESK.brief(ENGLISH[kind])
    letter = compose(replace(brief, profile=replace(brief.profile, template_set=template_set)))
    assert [(check.name, check.reason) for check in letter.checks if not check.passed] == []
    assert letter.writer == f"templates {template_set}"


def test_another_template_set_says_the_same_in_another_order() -> None:
    brief = DESK.brief(ENGLISH["two questions"])
    usual = compose(brief).body
    direct = compose(replace(brief, profile=replace(brief.profile, template_set="en-direct"))).body
    assert usual.index("Plans start at") < usual.index("30")
    assert direct.index("30") < direct.index("Plans start at") < direct.index("Best regards")


@pytest.mark.parametrize("language", sorted({*FOREIGN} - {"de"}))
def test_a_lead_in_another_language_fails_the_language_check_and_no_other_hard_one(language: str) -> None:
    brief = DESK.brief(FOREIGN[language])
    letter = compose(brief)
    assert brief.enquiry.language == language
    assert [check.name for check in letter.checks if check.hard and not check.passed] == ["language"]
    assert not letter.is_sound
    assert any("There are no texts in" in check.reason for check in letter.checks)


@pytest.mark.parametrize("kind", SCREENED)
def test_what_is_no_enquiry_is_screened_with_a_reason(kind: str) -> None:
    fields, reason = SCREENED[kind]
    assert reason in DESK.enquiry(fields).screened


@pytest.mark.parametrize("kind", ENGLISH)
def test_the_same_facts_give_the_same_letter(kind: str) -> None:
    assert DESK.letter(ENGLISH[kind]) == DESK.letter(ENGLISH[kind])


def test_twenty_drafts_to_twenty_people_do_not_look_alike() -> None:
    bodies = {DESK.letter(lead("What does it cost?", email=f"p{number}@fjordline.dk")).body for number in range(20)}
    assert len(bodies) >= 12


@pytest.mark.parametrize("thread", [WITH_US, WITH_THEM, WITH_ROBOT])
@pytest.mark.parametrize("text", ["", "What does it cost for 25 users?", "Can we have a demo?"])
def test_a_letter_in_a_thread_keeps_its_subject_and_passes_every_check(thread: Thread, text: str) -> None:
    letter = DESK.but(thread=thread).letter(lead(text))
    assert letter.subject == "Re: Your fleet planning"
    assert [(check.name, check.reason) for check in letter.checks if not check.passed] == []


def test_a_letter_after_our_own_last_word_follows_up_on_it() -> None:
    assert "last email" in DESK.but(thread=WITH_US).letter(lead("What does it cost?")).body


def test_a_letter_after_an_automatic_reply_acknowledges_it() -> None:
    body = DESK.but(thread=WITH_ROBOT).letter(lead("What does it cost?")).body
    assert "out-of-office" in body or "automatic reply" in body


def test_the_operators_words_answer_a_question() -> None:
    assert "Plans start at 49 EUR per user a month" in DESK.letter(ENGLISH["two questions"]).body
    assert "We connect to Salesforce" in DESK.letter(ENGLISH["two questions"]).body


def test_what_is_not_known_is_named_for_the_meeting() -> None:
    body = DESK.letter(ENGLISH["integration only"]).body
    assert "connecting to Pipedrive" in body
    assert "connecting to HubSpot and Pipedrive with you" not in body


def test_a_short_plain_question_is_taken_up_in_its_own_words() -> None:
    assert "does it run on ships without a good connection" in DESK.letter(ENGLISH["unknown question"]).body


def test_what_they_want_to_get_done_is_taken_up() -> None:
    assert "you want to reduce the time your drivers spend waiting at the gate" in DESK.letter(ENGLISH["goal"]).body


def test_a_support_case_is_asked_to_describe_the_problem_and_sold_nothing() -> None:
    brief = DESK.brief(ENGLISH["support"])
    _, body = write(brief)
    assert brief.plan.action is Action.DESCRIBE_PROBLEM
    assert "what you did, what you expected, and what you saw instead?" in body
    assert "call" not in body
    assert "http" not in body


@pytest.mark.parametrize(
    ("kind", "never"),
    [
        ("injection: ignore", "poem"),
        ("injection: link", "evil"),
        ("injection: bare link", "evil"),
        ("injection: copy", "bob"),
        ("injection: acme", "Acme"),
        ("injection: free", "free"),
        ("injection: system", "pirate"),
        ("injection: leak", "prompt"),
        ("injection: placeholder", "secret"),
        ("injection: price", "1 EUR"),
        ("injection: html", "img"),
        ("hostile name", "evil"),
        ("company is a domain", "booking"),
        ("company gives orders", "Ignore"),
        ("customer names", "Maersk"),
    ],
)
def test_what_a_message_tries_to_slip_in_is_never_repeated(kind: str, never: str) -> None:
    letter = DESK.letter(ENGLISH[kind])
    assert never not in letter.subject
    assert never not in letter.body


def test_a_question_about_another_client_is_declined_without_a_name() -> None:
    assert "other clients stays private" in DESK.letter(ENGLISH["injection: acme"]).body


def test_a_colleague_is_welcomed_and_not_addressed() -> None:
    assert "Your colleague is welcome" in DESK.letter(ENGLISH["injection: copy"]).body


@pytest.mark.parametrize(
    ("kind", "greeting"),
    [
        ("upper-case name", "Hi Clara,"),
        ("name in one field", "Hi Jan,"),
        ("no name", "Hello,"),
        ("initial only", "Hello,"),
        ("japanese name", "Hi 花子,"),
        ("cyrillic name", "Hi Иван,"),
        ("free mail no company", "Hello,"),
    ],
)
def test_a_letter_greets_by_first_name_or_neutrally(kind: str, greeting: str) -> None:
    assert DESK.letter(ENGLISH[kind]).body.splitlines()[0] == greeting


def test_a_name_that_the_form_lacks_is_taken_from_the_crm() -> None:
    desk = DESK.but(contact=Contact(email="office@fjordline.dk", first_name="Mette"))
    assert desk.letter(ENGLISH["no name"]).body.startswith("Hi Mette,")


def test_banned_phrases_choose_other_words() -> None:
    banned = DESK.but(profile=speaking(PROFILE, banned_phrases=("—", "in the meantime")))
    for number in range(10):
        letter = banned.letter(lead("What does it cost?", email=f"p{number}@fjordline.dk"))
        assert "in the meantime" not in letter.body


def test_an_em_dash_in_an_answer_becomes_a_comma() -> None:
    desk = DESK.but(profile=replace(PROFILE, answers={"pricing": "It is cheap — and good."}))
    letter = desk.letter(lead("What does it cost?"))
    assert "It is cheap, and good." in letter.body
    assert letter.is_sound


def test_a_very_long_answer_is_cut_at_a_sentence_and_the_letter_stays_short() -> None:
    long_answer = " ".join(f"This is sentence number {number} of what we say about it." for number in range(30))
    desk = DESK.but(profile=replace(PROFILE, answers={"pricing": long_answer}))
    brief = desk.brief(lead("What does it cost?"))
    _, body = write(brief)
    assert len(core(body, brief).split()) <= 130
    assert "number 1 of what we say about it." in body
    assert "number 20" not in body


def test_without_any_answers_every_question_is_kept_for_the_meeting() -> None:
    desk = DESK.but(profile=replace(PROFILE, answers={}))
    letter = desk.letter(ENGLISH["many questions"])
    assert [check.reason for check in letter.checks if not check.passed] == []


def test_without_free_times_the_prospect_is_asked_for_one() -> None:
    brief = DESK.but(profile=replace(PROFILE, workdays=())).brief(lead("What does it cost?"))
    letter = compose(brief)
    assert brief.plan.action is Action.SUGGEST_A_TIME
    assert [check.reason for check in letter.checks if not check.passed] == []


def test_an_ask_that_worked_before_is_used_again() -> None:
    desk = DESK.but(patterns=Patterns(ask="suggest_a_time", approved=5))
    assert desk.brief(lead("What does it cost?")).plan.action is Action.SUGGEST_A_TIME


def test_a_draft_needs_no_more_than_the_brief() -> None:
    brief = DESK.brief(lead("What does it cost?"))
    bare = Brief(profile=brief.profile, enquiry=brief.enquiry, plan=brief.plan, slots=brief.slots, now=brief.now)
    assert compose(bare).is_sound
