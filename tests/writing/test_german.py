"""German in, German out: what is read, and letters that a German rep would send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.facts import Intent, Letter
from leads.writing import compose
from leads.writing.languages import language_of
from leads.writing.letter import core
from leads.writing.prose import sentences
from tests.writing.german_leads import MESSAGES, anfrage
from tests.writing.office import PROFILE, Desk

ANSWERS = {
    "pricing": "Die Preise beginnen bei 49 EUR pro Nutzer und Monat, abgerechnet wird jährlich. Ab 50 Nutzern gilt ein "
    "niedrigerer Satz. Eine Einrichtungsgebühr gibt es nicht.",
    "integration": "Salesforce, HubSpot und SAP binden wir ohne Zusatzaufwand an. Für alles andere gibt es eine offene "
    "API.",
    "security": "Alle Daten liegen in Frankfurt, und wir schließen einen Vertrag zur Auftragsverarbeitung. Single "
    "Sign-on geht mit Okta und Entra.",
}
SPEAKS_BOTH = replace(PROFILE, answers_in={"de": ANSWERS})
DESK = Desk(profile=SPEAKS_BOTH)


def failed(letter: Letter) -> list[tuple[str, str]]:
    return [(check.name, check.reason) for check in letter.checks if not check.passed]


@pytest.mark.parametrize(("text", "intents"), MESSAGES.items())
def test_a_german_message_is_read(text: str, intents: tuple[Intent, ...]) -> None:
    enquiry = DESK.enquiry(anfrage(text))
    assert (enquiry.language, enquiry.intents, enquiry.screened) == ("de", intents, "")


@pytest.mark.parametrize("text", MESSAGES)
def test_every_german_lead_gets_a_german_letter_that_passes_every_check(text: str) -> None:
    letter = DESK.letter(anfrage(text))
    assert failed(letter) == []
    assert (letter.language, letter.writer) == ("de", "templates de")


@pytest.mark.parametrize("text", MESSAGES)
def test_without_german_answers_the_questions_are_kept_for_the_meeting_and_no_english_is_said(text: str) -> None:
    brief = Desk().brief(anfrage(text))
    letter = compose(brief)
    assert failed(letter) == []
    said = [part for part in sentences(core(letter.body, brief)) if language_of(part) == "en"]
    assert said == []
    assert "Plans start" not in letter.body
