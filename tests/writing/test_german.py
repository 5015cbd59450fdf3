"""German in, German out: what is read, and letters that a German rep would send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leads.facts import Intent, Letter
from leads.writing import compose
from leads.writing.languages import language_of
from leads.writing.letter import core
from leads.writing.prose import sentences
from tests.writing.german_leads import MESSAGES, NOT_SCREENED, SCREENED, anfrage
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


@pytest.mark.parametrize(("text", "reason"), SCREENED.items())
def test_what_is_no_german_enquiry_is_screened_with_a_reason(text: str, reason: str) -> None:
    assert reason in DESK.enquiry(anfrage(text)).screened


@pytest.mark.parametrize("text", NOT_SCREENED)
def test_who_asks_in_german_is_answered_even_if_it_sounds_otherwise(text: str) -> None:
    assert DESK.enquiry(anfrage(text)).screened == ""


@pytest.mark.parametrize(
    ("fields", "greeting"),
    [
        ({}, "Guten Tag Anna Weber,"),
        ({"salutation": "Frau"}, "Guten Tag Frau Weber,"),
        (
            {"anrede": "Herr", "firstname": "JÖRG", "lastname": "MÜLLER-LÜDENSCHEIDT"},
            "Guten Tag Herr Müller-Lüdenscheidt,",
        ),
        ({"salutation": "Mr.", "lastname": "von der Heide"}, "Guten Tag Herr von der Heide,"),
        ({"salutation": "Frau Dr.", "lastname": "weiß"}, "Guten Tag Frau Dr. Weiß,"),
        ({"firstname": "Dr. Anna"}, "Guten Tag Dr. Anna Weber,"),
        ({"firstname": "", "lastname": "Herr Prof. Dr. Schäfer"}, "Guten Tag Herr Prof. Dr. Schäfer,"),
        ({"salutation": "Divers"}, "Guten Tag Anna Weber,"),
        ({"salutation": "Frau", "lastname": ""}, "Guten Tag Anna,"),
        ({"firstname": "anna-lena", "lastname": "SCHMIDT ROTTLUFF"}, "Guten Tag Anna-Lena Schmidt Rottluff,"),
        ({"firstname": "Jörn", "lastname": "Großmann"}, "Guten Tag Jörn Großmann,"),
        ({"firstname": "", "lastname": "", "email": "einkauf@weber-logistik.de"}, "Guten Tag,"),
    ],
)
def test_a_german_greeting_guesses_nobodys_sex(fields: dict[str, str], greeting: str) -> None:
    letter = DESK.letter(anfrage("Was kostet das?", **fields))
    assert letter.body.splitlines()[0] == greeting
    assert failed(letter) == []


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "Dienstag, 24. November, 14:00–14:30 Uhr (MEZ, UTC+1)"),
        ({"country": "Denmark"}, "Dienstag, 24. November, 14:00–14:30 Uhr (MEZ, UTC+1)"),
        (
            {"country": "", "phone": "+45 12345678", "email": "x@x.dk"},
            "Dienstag, 24. November, 14:00–14:30 Uhr (Ortszeit Kopenhagen und Berlin, UTC+1)",
        ),
        ({"country": "", "timezone": "Asia/Tokyo"}, "Uhr (JST, UTC+9)"),
        ({"country": "United States"}, "Uhr Ortszeit New York (EST, UTC-5), "),
    ],
)
def test_times_are_printed_in_german(fields: dict[str, str], line: str) -> None:
    letter = DESK.letter(anfrage("Was kostet das?", **fields))
    assert line in letter.body
    assert failed(letter) == []
