"""Gmail, through Google's own client, against the sandbox."""

from __future__ import annotations

import email
import email.policy
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.accounts import open_accounts
from connectors.calls import Call
from connectors.errors import Ambiguous, Permanent
from connectors.gmail import DRAFTS_CREATE
from connectors.gmail_mime import raw_mail
from connectors.ports import Accounts, OutgoingMail

REP = "rep@northwind.example"


def written(mail: OutgoingMail) -> email.message.EmailMessage:
    raw = urlsafe_b64decode(raw_mail(mail, DRAFTS_CREATE))
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_threads_with_a_person_are_found_newest_first(accounts: Accounts, box: Any) -> None:
    newest = box.control.mail("ann@acme.example", "One more thing", subject="Later")
    threads = accounts.mail.search_threads("ann@acme.example")
    assert len(threads) == 2
    assert threads[0].id == newest["threadId"]


@pytest.mark.parametrize(
    "hostile", ["a) OR from:(boss@x.example", 'a"b@x.example', "-in:inbox@x.example", "a b@x.example", "", "{a@b}"]
)
def test_what_is_no_address_never_reaches_the_search(accounts: Accounts, heard: list[Call], hostile: str) -> None:
    with pytest.raises(Permanent):
        accounts.mail.search_threads(hostile)
    assert heard == []


def test_somebody_unknown_has_no_threads(accounts: Accounts) -> None:
    assert accounts.mail.search_threads("o'brien+x@else.example") == ()


def test_a_thread_is_loaded_oldest_first_and_knows_who_wrote(accounts: Accounts) -> None:
    (summary,) = accounts.mail.search_threads("ann@acme.example")
    thread = accounts.mail.load_thread(summary.id)
    assert thread is not None
    first, second = thread.messages
    assert (first.sender, first.sender_name, first.outgoing) == ("ann@acme.example", "Ann Lee", False)
    assert (first.text, first.subject, first.recipients) == ("What does it cost?", "Pricing", (REP,))
    assert first.message_id == "<first@acme.example>"
    assert (second.text, second.outgoing) == ("It depends.", True)
    assert first.sent_at < second.sent_at


def test_a_thread_that_is_gone_is_none(accounts: Accounts) -> None:
    assert accounts.mail.load_thread("0000000000000001") is None


def test_an_out_of_office_reply_is_marked(accounts: Accounts, box: Any) -> None:
    arrived = box.control.mail("ann@acme.example", "I am away", headers={"Auto-Submitted": "auto-replied"})
    thread = accounts.mail.load_thread(arrived["threadId"])
    assert thread is not None
    assert thread.messages[-1].auto_submitted


def test_what_somebody_has_sent_since_is_heard_newest_first(accounts: Accounts, box: Any) -> None:
    box.control.mail("ann@acme.example", "An hour ago", hours_ago=1)
    since = datetime.now(UTC) - timedelta(seconds=1)  # Gmail's times are cut to the millisecond
    for text in ("One thing", "One more thing"):
        box.control.mail("ann@acme.example", text, sender_name="Ann Lee", headers={"Auto-Submitted": "no"})
    box.control.mail("bob@acme.example", "Not she")
    newest, earlier = accounts.mail.heard_from("ann@acme.example", since)
    assert earlier.sent_at <= newest.sent_at
    assert (newest.sender_name, newest.auto_submitted, newest.outgoing) == ("Ann Lee", False, False)
    assert accounts.mail.heard_from("ann@acme.example", newest.sent_at) == ()


def test_a_draft_lands_in_the_thread_and_is_no_message_of_it(accounts: Accounts, mail: OutgoingMail) -> None:
    (summary,) = accounts.mail.search_threads("ann@acme.example")
    reply = replace(
        mail, thread_id=summary.id, in_reply_to="<first@acme.example>", references=("<first@acme.example>",)
    )
    saved = accounts.mail.create_draft(reply)
    assert saved.thread_id == summary.id
    thread = accounts.mail.load_thread(summary.id)
    assert thread is not None
    assert len(thread.messages) == 2


def test_a_draft_alone_is_not_a_thread_with_that_person(accounts: Accounts, mail: OutgoingMail) -> None:
    accounts.mail.create_draft(replace(mail, to="bo@initech.example", subject="Hello"))
    assert accounts.mail.search_threads("bo@initech.example") == ()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rewrite_message_id": True},
        {"strip_x_headers": True},
        {"rewrite_message_id": True, "strip_x_headers": True},
    ],
)
def test_a_draft_is_found_again_whatever_gmail_keeps_of_its_headers(
    accounts: Accounts, box: Any, mail: OutgoingMail, changes: dict[str, bool]
) -> None:
    box.control.settings(**changes)
    other = replace(mail, subject="Another", marker="run-18", message_id="<run-18@northwind.example>")
    accounts.mail.create_draft(other)
    saved = accounts.mail.create_draft(mail)
    accounts.mail.create_draft(replace(other, text="Something else"))
    assert accounts.mail.draft_marked(mail) == saved


def test_a_draft_of_another_run_is_not_taken_for_ours(accounts: Accounts, mail: OutgoingMail) -> None:
    accounts.mail.create_draft(replace(mail, marker="run-18", message_id="<run-18@northwind.example>"))
    assert accounts.mail.draft_marked(mail) is None


@pytest.mark.parametrize(("fault", "done"), [("drop-after", 1), ("drop-before", 0)])
def test_after_a_lost_create_the_lookup_tells_whether_there_is_a_draft(
    accounts: Accounts, box: Any, mail: OutgoingMail, fault: str, done: int
) -> None:
    box.control.fault(f"{fault}:gmail.drafts.create:x1")
    with pytest.raises(Ambiguous):
        accounts.mail.create_draft(mail)
    found = accounts.mail.draft_marked(mail)
    assert (found is not None) == bool(done)
    assert box.control.count("gmail.drafts.create") == 1


def test_labels_are_made_once_and_found_whatever_their_case(accounts: Accounts) -> None:
    assert accounts.mail.label_id("Sales agent") == ""
    made = accounts.mail.create_label("Sales agent")
    assert accounts.mail.create_label("sales AGENT") == made
    assert accounts.mail.label_id("SALES agent") == made


def test_a_thread_is_labelled(accounts: Accounts, box: Any) -> None:
    (summary,) = accounts.mail.search_threads("ann@acme.example")
    accounts.mail.label_thread(summary.id, accounts.mail.label_id("Hot"))
    assert box.control.created("label_changes")["label_changes"][0]["thread_id"] == summary.id


def test_sixteen_threads_share_a_connector_and_fetch_one_token(box: Any, config_for: Any, mail: OutgoingMail) -> None:
    fresh = open_accounts(config_for(box.url, read_timeout=5.0))
    before = box.control.count("oauth.token")

    def work(number: int) -> bool:
        if number % 4:
            return len(fresh.mail.search_threads("ann@acme.example")) == 1
        return bool(fresh.mail.create_draft(replace(mail, marker=f"run-{number}", to="bo@initech.example")).draft_id)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(320)))
    assert box.control.count("oauth.token") - before <= 1


@pytest.mark.parametrize(
    "hostile",
    [
        "\r\nBcc: eve@evil.example",
        "\n\nbody",
        "\x00\x85\u2028Bcc: eve@evil.example",
        "=?utf-8?q?x=0D=0ABcc:_eve=40evil.example?=",
    ],
)
def test_a_line_break_in_a_value_never_begins_a_header(mail: OutgoingMail, hostile: str) -> None:
    message = written(
        replace(
            mail,
            subject=mail.subject + hostile,
            to_name=mail.to_name + hostile,
            sender_name=hostile,
            marker=mail.marker + hostile,
            in_reply_to="<a@b>" + hostile,
            references=("<a@b>" + hostile,),
        )
    )
    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["To"].addresses] == ["ann@acme.example"]
    assert message.get_content().splitlines() == mail.text.splitlines()


@pytest.mark.parametrize(
    "name", ["Lee, Ann <eve@evil.example>", 'Müller, "Ann" <eve@evil.example>' * 3, "=?utf-8?q?x=2C_eve=40evil?=", ""]
)
def test_a_name_never_becomes_an_address(mail: OutgoingMail, name: str) -> None:
    message = written(replace(mail, to_name=name))
    assert [one.addr_spec for one in message["To"].addresses] == ["ann@acme.example"]


def test_names_and_subjects_in_any_script_survive(mail: OutgoingMail) -> None:
    message = written(replace(mail, to_name="Łukasz Żółć", subject="Preise für 株式会社: " + "lang " * 30))
    assert message["To"].addresses[0].display_name == "Łukasz Żółć"
    assert " ".join(message["Subject"].split()) == "Preise für 株式会社: " + " ".join(["lang"] * 30)
    assert message["Message-ID"] == mail.message_id
    assert message["X-Sales-Agent-Run"] == "run-17"


def test_an_international_domain_is_written_in_its_ascii_form(mail: OutgoingMail) -> None:
    assert written(replace(mail, to="ann@bücher.example"))["To"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"


def test_a_draft_to_an_international_domain_is_known_as_ours(accounts: Accounts, mail: OutgoingMail) -> None:
    abroad = replace(mail, to="ann@münchen.example")
    saved = accounts.mail.create_draft(abroad)
    assert accounts.mail.draft_now(saved.draft_id, abroad) == (saved, abroad)
