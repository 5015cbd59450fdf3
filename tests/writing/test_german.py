"""German in, German out: what is read, and letters that a German rep would send."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from connectors.ports import Thread
from leads.facts import Intent, Letter, Wording
from leads.writing import check as checked
from leads.writing import compose, phrases, write
from leads.writing.languages import language_of
from leads.writing.letter import core
from leads.writing.prose import grade, sentences
from leads.writing.topics import TOPICS
from leads.writing.wording import sayings, trouble_with
from tests.writing.german_leads import MESSAGES, NOT_SCREENED, SCREENED, anfrage
from tests.writing.leads import lead
from tests.writing.office import PROFILE, Desk, file, message

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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Preis?", "de"),
        ("Preisliste bitte", "de"),
        ("Angebot für 20 Nutzer", "de"),
        ("Bitte um Rückruf", "de"),
        ("hi, was kost das pro monat", "de"),
        ("Hi, pricing für 20 user bitte, und habt ihr SSO?", "de"),
        ("We are a German company. Können Sie uns bitte Preise schicken? Best regards, Hans", "de"),
        ("What does it cost? Mit freundlichen Grüßen, Jörg Müller", "en"),
        ("Could you send me your pricing for the Straßenverkehrsamt München?", "en"),
        ("Thema: Preise\nWe need a quote for 20 seats and would like to see a demo next week.", "en"),
        ("Hi, my name is Jürgen Großmann. How much is it?", "en"),
        ("Wat kost het voor ons team?", "nl"),
        ("Demo", ""),
        ("Müller GmbH", ""),
    ],
)
def test_the_language_of_short_and_mixed_messages(text: str, code: str) -> None:
    assert language_of(text) == code


def test_who_wrote_nothing_is_written_to_in_the_language_of_the_workspace() -> None:
    assert DESK.letter(anfrage("")).language == "en"
    german = replace(SPEAKS_BOTH, voice=replace(PROFILE.voice, language="de", greeting="Hallo {first_name}!"))
    letter = Desk(profile=german).letter(anfrage(""))
    assert letter.language == "de"
    assert letter.body.startswith("Hallo Anna!\n\n")
    assert letter.body.split("\n\n")[1][0].isupper()
    assert failed(letter) == []


def test_a_language_without_texts_is_answered_in_the_workspaces_and_the_check_says_why() -> None:
    german = replace(SPEAKS_BOTH, voice=replace(PROFILE.voice, language="de"))
    letter = Desk(profile=german).letter(
        lead("Bonjour, combien coûte votre logiciel pour une équipe de 15 personnes ?")
    )
    assert letter.language == "de"
    assert failed(letter) == [
        (
            "language",
            "The draft is in German, and the prospect reads French. There are no texts in French: translate it, or "
            "answer by hand.",
        )
    ]


def test_every_text_that_there_is_in_english_is_there_in_german() -> None:
    english, german = (phrases._phrases(name) for name in ("en", "de"))
    for section, texts in english.items():
        assert german[section].keys() >= texts.keys() - german["goals"].keys() or section == "goals", section


def test_what_a_topic_is_called_is_found_again_by_the_checks() -> None:
    for topic in TOPICS:
        assert topic.is_settled_by(phrases.label("de", "topics", topic.key)), topic.key


def texts_of(section: dict[str, object]) -> list[str]:
    return [text for value in section.values() for text in (value if isinstance(value, list) else [str(value)])]


def test_no_german_text_is_english() -> None:
    texts = [text for section in phrases._phrases("de").values() for text in texts_of(section)]
    assert [text for text in texts if language_of(re.sub(r"{{.*?}}", "", text)) == "en"] == []


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("Das kostet 1.200 € im Monat.", "prices"),
        ("Sie sparen 12,5 Prozent.", "prices"),
        ("Wir melden uns am 24.11. bei Ihnen.", "dates"),
        ("Das klären wir am 3. Dezember.", "dates"),
        ("Bis Donnerstag wissen wir mehr.", "dates"),
        ("Ich rufe Sie morgen an.", "dates"),
        ("Die Preisliste finden Sie im Anhang.", "attachments"),
        ("Anbei das Angebot.", "attachments"),
        ("Der erste Monat ist kostenlos.", "promises"),
        ("Wir garantieren Ihnen das.", "promises"),
        ("Sie bekommen von uns einen Rabatt.", "promises"),
        ("Wir antworten innerhalb von 24 Stunden.", "promises"),
        ("Wir sind nach ISO zertifiziert.", "promises"),
        ("Frau Schulze kümmert sich darum.", "names"),
        ("Die Bauer GmbH nutzt das auch.", "names"),
        ("Als KI kann ich dazu nichts sagen.", "instructions"),
        ("Wir sehen uns um 17 Uhr.", "times_offered"),
        ("Für 3.500 Nutzer gilt etwas anderes.", "numbers"),
    ],
)
def test_what_a_german_draft_must_not_say(text: str, check: str) -> None:
    brief = DESK.brief(anfrage("Was kostet das für 40 Nutzer?"))
    subject, body = write(brief)
    found = {one.name for one in checked(subject, body.replace("\n\n", f"\n\n{text}\n\n", 1), brief) if not one.passed}
    assert check in found


@pytest.mark.parametrize(
    "text",
    [
        "Ab 1.000 Nutzern gilt etwas anderes.",
        "Das sind 49,50 Euro.",
        "Bis zum 24. November gilt das.",
        "Guten Morgen nach Hamburg.",
        "Frau Weber fragt nach dem Preis.",
    ],
)
def test_what_a_german_draft_may_say_as_its_facts_say_it(text: str) -> None:
    answers = {"pricing": "Es sind 49,50 Euro im Monat, ab 1000 Nutzern weniger. Das gilt bis 24. November."}
    brief = Desk(profile=replace(PROFILE, answers_in={"de": answers})).brief(anfrage("Was kostet das?"))
    subject, body = write(brief)
    assert [
        (one.name, one.reason)
        for one in checked(subject, body.replace("\n\n", f"\n\n{text}\n\n", 1), brief)
        if one.hard and not one.passed
    ] == []


def test_a_hard_german_text_is_told_from_an_easy_one() -> None:
    easy = "Wir zeigen Ihnen gern, wie das geht. Das dauert nicht lang. Dann sehen wir weiter."
    hard = (
        "Die Inbetriebnahme der Schnittstellenkonfiguration erfordert grundsätzlich umfangreiche Abstimmungen zwischen "
        "sämtlichen beteiligten Fachabteilungen, insbesondere hinsichtlich datenschutzrechtlicher Anforderungen."
    )
    assert grade(easy, "de") < 4
    assert grade(hard, "de") > 12


def test_a_date_within_a_german_sentence_does_not_end_it() -> None:
    assert len(sentences("Wir sprechen am 24. November mit Dr. Weiß, z. B. am Telefon. Passt das?")) == 2


def test_a_list_of_questions_is_read_item_by_item() -> None:
    text = "Bitte nennen Sie uns:\n1. Preis je Nutzer\n2. Kündigungsfrist\n3. Schnittstelle zu DATEV\nVielen Dank\nAnna"
    enquiry = DESK.enquiry(anfrage(text))
    assert enquiry.questions == ("Preis je Nutzer", "Kündigungsfrist", "Schnittstelle zu DATEV")
    body = DESK.letter(anfrage(text)).body
    assert "Zur Vertragslaufzeit" in body
    assert "DATEV" in body


@pytest.mark.parametrize("subject", ["AW: Ihre Anfrage", "Re: AW: Ihre Anfrage", "Ihre Anfrage"])
def test_a_german_thread_keeps_its_subject(subject: str) -> None:
    prospect = "a.weber@weber-logistik.de"
    mails = (
        replace(message("Unsere Antwort", outgoing=True, day=9, prospect=prospect), subject=subject),
        replace(message("Klingt gut", prospect=prospect), subject=subject),
    )
    letter = DESK.but(thread=Thread("t1", mails)).letter(anfrage("Was kostet das für 25 Nutzer?"))
    assert letter.subject == "Re: Ihre Anfrage"
    assert failed(letter) == []


def test_the_usual_greeting_and_closing_of_a_language_can_be_worded_otherwise() -> None:
    ways = {"letter.greeting": ("Hallo {first_name},",), "letter.closing": ("Herzliche Grüße",)}
    desk = Desk(profile=replace(SPEAKS_BOTH, wordings={"de": Wording(7, 1, ways)}))
    letter = desk.letter(anfrage("Was kostet das?"))
    assert letter.body.startswith("Hallo Anna,\n")
    assert "\nHerzliche Grüße\n" in letter.body
    assert failed(letter) == []


def test_a_worded_greeting_may_name_them_and_nothing_else() -> None:
    saying = next(one for one in sayings("de") if one.name == "letter.greeting")
    assert trouble_with(saying, ("Moin {name},", "Hallo {first_name}!")) == ""
    assert "brace" in trouble_with(saying, ("Moin {nick},",))


def test_german_documents_are_found_for_german_questions() -> None:
    desk = DESK.but(files=(file("Preisübersicht 2026.pdf"), file("Datenschutz bei Northwind.pdf"), file("Menü.pdf")))
    body = desk.letter(anfrage("Was kostet das, und wie ist es mit dem Datenschutz?")).body
    assert "- Preisübersicht 2026: https://" in body
    assert "- Datenschutz bei Northwind: https://" in body
    assert "Menü" not in body


def test_a_contract_for_data_protection_is_no_question_about_terms() -> None:
    letter = Desk(profile=SPEAKS_BOTH).letter(anfrage("Schließen Sie einen Vertrag zur Auftragsverarbeitung?"))
    assert "Datenschutz" in letter.body
    assert "Vertragslaufzeit" not in letter.body
