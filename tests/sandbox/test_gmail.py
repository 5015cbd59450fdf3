"""The sandbox's Gmail, through Google's own client."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from connectors import sandbox

RAW = Callable[..., dict[str, Any]]
ME = "clara@northwind.example"


def headers(message: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in message["payload"]["headers"]}


def refused(call: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as error:
        call.execute()
    return error.value.resp.status, error.value.error_details[0]["reason"]


def thread_of(gmail: Any, query: str) -> dict[str, Any]:
    found = gmail.threads().list(userId="me", q=query).execute()["threads"]
    thread: dict[str, Any] = gmail.threads().get(userId="me", id=found[0]["id"]).execute()
    return thread


@pytest.mark.parametrize(
    "query",
    [
        "from:marcus@tallpine.example OR to:marcus@tallpine.example",
        "{from:marcus@tallpine.example to:marcus@tallpine.example}",
        "(from:(marcus@tallpine.example) OR to:marcus@tallpine.example) newer_than:30d",
        "from:marcus@tallpine.example -subject:security",
        'subject:"pricing for 40 seats"',
        "from:tallpine.example salesforce",
    ],
)
def test_a_thread_is_found_by_what_gmail_would_find_it_by(gmail: Any, query: str) -> None:
    thread = thread_of(gmail, query)
    assert next(headers(one)["Subject"] for one in thread["messages"]) == "Pricing for 40 seats"
    assert [("SENT" in one["labelIds"]) for one in thread["messages"]] == [False, True, False]


def test_a_search_without_matches_leaves_the_list_out(gmail: Any) -> None:
    assert gmail.threads().list(userId="me", q="from:nobody@acme.example").execute() == {"resultSizeEstimate": 0}


def test_a_newest_thread_comes_first_and_lists_come_in_pages(gmail: Any) -> None:
    first = gmail.threads().list(userId="me", maxResults=4).execute()
    rest = gmail.threads().list(userId="me", maxResults=100, pageToken=first["nextPageToken"]).execute()
    assert len(first["threads"]) == 4
    assert len({one["id"] for one in [*first["threads"], *rest["threads"]]}) == 10


def test_an_out_of_office_says_that_a_machine_wrote_it(gmail: Any) -> None:
    last = thread_of(gmail, "from:sofie.lindqvist@nordvik.example")["messages"][-1]
    assert headers(last)["Auto-Submitted"] == "auto-replied"


def test_a_draft_keeps_our_header_and_gets_gmails_message_id(box: sandbox.Running, gmail: Any, letter: RAW) -> None:
    body = letter(X_Sales_Agent_Run="run-1", Message_ID="<ours@northwind.example>", text="Grüße\n")
    made = gmail.drafts().create(userId="me", body=body).execute()
    kept = headers(gmail.drafts().get(userId="me", id=made["id"]).execute()["message"])
    assert kept["X-Sales-Agent-Run"] == "run-1"
    assert kept["Message-ID"].endswith("@mail.gmail.com>")
    entry = box.control.created("drafts")["drafts"][0]
    assert (entry["run"], entry["to"], entry["text"]) == ("run-1", "jane@acme.example", "Grüße\n")


def test_the_switches_turn_both_header_rules_round(box: sandbox.Running, gmail: Any, letter: RAW) -> None:
    box.control.settings(rewrite_message_id=False, strip_x_headers=True)
    body = letter(X_Sales_Agent_Run="run-1", Message_ID="<ours@northwind.example>")
    made = gmail.drafts().create(userId="me", body=body).execute()
    kept = headers(gmail.drafts().get(userId="me", id=made["id"], format="metadata").execute()["message"])
    assert kept["Message-ID"] == "<ours@northwind.example>"
    assert "X-Sales-Agent-Run" not in kept


def test_a_draft_that_fits_its_thread_lands_in_it(gmail: Any, letter: RAW) -> None:
    thread = thread_of(gmail, "from:marcus@tallpine.example")
    last = headers(thread["messages"][-1])["Message-ID"]
    body = letter("marcus@tallpine.example", "Re: Pricing for 40 seats", thread_id=thread["id"], In_Reply_To=last)
    assert gmail.drafts().create(userId="me", body=body).execute()["message"]["threadId"] == thread["id"]


@pytest.mark.parametrize(
    ("subject", "reference"),
    [("Something else", "{last}"), ("Re: Pricing for 40 seats", "<unknown@acme.example>")],
)
def test_a_draft_that_does_not_fit_its_thread_starts_another(
    gmail: Any, letter: RAW, subject: str, reference: str
) -> None:
    thread = thread_of(gmail, "from:marcus@tallpine.example")
    last = headers(thread["messages"][-1])["Message-ID"]
    body = letter(subject=subject, thread_id=thread["id"], References=reference.format(last=last))
    assert gmail.drafts().create(userId="me", body=body).execute()["message"]["threadId"] != thread["id"]


def test_what_gmail_refuses_is_refused(gmail: Any, letter: RAW) -> None:
    create = gmail.drafts().create
    assert refused(create(userId="me", body=letter(to=""))) == (400, "invalidArgument")
    assert refused(create(userId="me", body=letter(to="nobody at all"))) == (400, "invalidArgument")
    assert refused(create(userId="me", body={"message": {"raw": "++//"}})) == (400, "badRequest")
    assert refused(create(userId="me", body={"message": {}})) == (400, "invalidArgument")
    assert refused(create(userId="me", body=letter(thread_id="ffff"))) == (404, "notFound")
    assert refused(gmail.drafts().list(userId="someone@northwind.example")) == (403, "forbidden")


def test_an_edited_draft_keeps_its_id_and_gets_a_new_message(gmail: Any, letter: RAW) -> None:
    made = gmail.drafts().create(userId="me", body=letter()).execute()
    edited = gmail.drafts().update(userId="me", id=made["id"], body=letter(text="Better.\n")).execute()
    assert edited["id"] == made["id"]
    assert edited["message"]["id"] != made["message"]["id"]
    assert edited["message"]["threadId"] == made["message"]["threadId"]
    found = gmail.drafts().list(userId="me", q="to:jane@acme.example newer_than:2d").execute()["drafts"]
    assert [one["message"]["id"] for one in found] == [edited["message"]["id"]]
    renamed = gmail.drafts().update(userId="me", id=made["id"], body=letter(subject="Another")).execute()
    assert renamed["message"]["threadId"] != made["message"]["threadId"]


def test_a_sent_draft_is_gone_and_its_message_stands_in_the_thread(
    box: sandbox.Running, gmail: Any, letter: RAW
) -> None:
    made = gmail.drafts().create(userId="me", body=letter(X_Sales_Agent_Run="run-1")).execute()
    sent = gmail.drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert refused(gmail.drafts().send(userId="me", body={"id": made["id"]})) == (404, "notFound")
    thread = gmail.threads().get(userId="me", id=made["message"]["threadId"]).execute()
    assert [(one["id"], one["labelIds"]) for one in thread["messages"]] == [(sent["id"], ["SENT"])]
    assert [one["run"] for one in box.control.created()["sent"]] == ["run-1"]


def test_a_deleted_draft_is_gone(box: sandbox.Running, gmail: Any, letter: RAW) -> None:
    made = gmail.drafts().create(userId="me", body=letter()).execute()
    gmail.drafts().delete(userId="me", id=made["id"]).execute()
    assert refused(gmail.drafts().get(userId="me", id=made["id"])) == (404, "notFound")
    assert box.control.created()["drafts"][0]["state"] == "deleted"


def test_a_label_is_made_once_and_put_on_a_thread(box: sandbox.Running, gmail: Any) -> None:
    made = gmail.labels().create(userId="me", body={"name": "Sales Agent"}).execute()
    assert refused(gmail.labels().create(userId="me", body={"name": "sales agent"})) == (409, "aborted")
    assert made["id"] in {one["id"] for one in gmail.labels().list(userId="me").execute()["labels"]}
    thread = thread_of(gmail, "from:marcus@tallpine.example")
    change = {"addLabelIds": [made["id"]]}
    for _ in range(2):
        gmail.threads().modify(userId="me", id=thread["id"], body=change).execute()
    found = gmail.threads().list(userId="me", labelIds=[made["id"]]).execute()["threads"]
    assert [one["id"] for one in found] == [thread["id"]]
    assert [one["changed"] for one in box.control.created()["label_changes"]] == [True, False]
    unknown = gmail.threads().modify(userId="me", id=thread["id"], body={"addLabelIds": ["Label_99"]})
    assert refused(unknown) == (400, "invalidArgument")


def test_history_tells_what_arrived_since(box: sandbox.Running, gmail: Any) -> None:
    since = gmail.getProfile(userId="me").execute()["historyId"]
    assert "history" not in gmail.history().list(userId="me", startHistoryId=since).execute()
    thread = thread_of(gmail, "from:marcus@tallpine.example")
    arrived = box.control.mail("marcus@tallpine.example", "One more thing.", thread_id=thread["id"])
    news = gmail.history().list(userId="me", startHistoryId=since, historyTypes=["messageAdded"]).execute()
    assert [one["messagesAdded"][0]["message"]["id"] for one in news["history"]] == [arrived["id"]]
    newest = thread_of(gmail, f"rfc822msgid:{arrived['messageId']}")["messages"][-1]
    assert urlsafe_b64decode(newest["payload"]["body"]["data"]).decode() == "One more thing.\n"
    assert refused(gmail.history().list(userId="me", startHistoryId="1")) == (404, "notFound")


def test_the_mailbox_may_send_as_its_owner(gmail: Any) -> None:
    alias = gmail.settings().sendAs().list(userId=ME).execute()["sendAs"][0]
    assert (alias["sendAsEmail"], alias["displayName"]) == (ME, "Clara Jensen")


def test_a_message_is_listed_read_raw_and_labelled(gmail: Any) -> None:
    found = gmail.messages().list(userId="me", q="from:priya.raman@brightwell.example").execute()["messages"]
    raw = gmail.messages().get(userId="me", id=found[0]["id"], format="raw").execute()["raw"]
    assert b"SOC 2" in urlsafe_b64decode(raw)
    change = {"removeLabelIds": ["UNREAD"], "addLabelIds": ["STARRED"]}
    labelled = gmail.messages().modify(userId="me", id=found[0]["id"], body=change).execute()
    assert labelled["labelIds"] == ["INBOX", "STARRED"]
