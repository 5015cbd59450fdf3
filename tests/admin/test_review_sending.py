"""The Review page of drafts that are approved, on their way, back again, or through: what it says and offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client

from leads import drafts, sending
from leads.models import AllowedForm, Draft, Event, Sending, Workspace
from tests.leads.driving import drive_to_the_end, take_in

MakeDraft = Callable[..., Draft]
PAGE = "/admin/review/"


def at(draft: Draft, what: str = "") -> str:
    return f"{PAGE}{draft.pk}/{what + '/' if what else ''}"


@pytest.fixture
def approved(make_draft: MakeDraft, boss: User) -> Callable[[], Draft]:
    """One that olga approved a moment ago."""

    def make() -> Draft:
        draft = Draft.objects.select_related("workspace", "run", "lead").get(pk=make_draft().pk)
        drafts.approve(draft, version=draft.version, by=boss)
        return Draft.objects.select_related("workspace", "run", "lead").get(pk=draft.pk)

    return make


def panes(client: Client, draft: Draft) -> str:
    return " ".join(client.get(at(draft, "panes")).content.decode().split())


def test_before_approving_it_is_said_whether_that_sends(
    client: Client, make_draft: MakeDraft, unlocked: Workspace
) -> None:
    draft = make_draft()
    page = client.get(at(draft)).content.decode()
    assert "Sent 30 s after you approve" in page
    assert client.post(at(draft, "here")).json()["sends"]
    AllowedForm.objects.update(draft_only=True)
    told = client.post(at(draft, "here")).json()
    assert (told["approving"], told["sends"]) == ("Approving does not send: the form is draft-only", False)
    Workspace.objects.update(draft_only=True)
    assert "the workspace is DRAFT_ONLY" in client.post(at(draft, "here")).json()["approving"]


def test_approving_says_when_it_goes_and_can_be_undone(
    client: Client, make_draft: MakeDraft, unlocked: Workspace
) -> None:
    draft = make_draft()
    told = client.post(at(draft, "approve"), {"version": 1}).json()
    assert (told["status"], told["said"]) == ("scheduled", "It is sent in 30 s.")
    assert told["due"] is not None
    page = panes(client, draft)
    assert 'data-style="left"' in page
    assert "Approved by olga" in page
    assert "Undo <kbd" in page
    assert 'data-undo="yes"' in page
    again = client.post(at(draft, "reopen"), {"version": told["version"]}).json()
    assert again["status"] == "ready"
    assert not Sending.objects.exists()


def test_what_puts_it_off_is_said(client: Client, approved: Callable[[], Draft], unlocked: Workspace) -> None:
    draft = approved()
    Sending.objects.update(waits_for="working hours, from Mon 09:00")
    assert "Waits for working hours, from Mon 09:00" in panes(client, draft)
    told = client.get(at(draft, "standing")).json()
    assert told["said"] == "To Mara Okafor: waits for working hours, from Mon 09:00"
    assert told["may_undo"]


def test_what_was_approved_under_draft_only_is_sent_when_somebody_says_so(
    client: Client, approved: Callable[[], Draft], settings: Any
) -> None:
    draft = approved()
    page = panes(client, draft)
    assert "It stays in Gmail’s drafts: WORKFLOW_MODE is DRAFT_ONLY." in page
    assert 'data-act="send"' not in page
    assert client.post(at(draft, "send"), {"version": draft.version}).status_code == 422
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    assert 'data-act="send"' in panes(client, draft)
    told = client.post(at(draft, "send"), {"version": draft.version}).json()
    assert (told["status"], told["said"]) == ("scheduled", "It is sent in 30 s.")


def test_a_draft_that_came_back_is_read_first_and_says_why(
    client: Client, make_draft: MakeDraft, approved: Callable[[], Draft], unlocked: Workspace
) -> None:
    make_draft(subject="An older one")
    draft = approved()
    sending.give_back(draft, "“Tue 3 March, 15:00” is taken in the calendar.", cause="slots")
    page = client.get(PAGE).content.decode()
    assert f'data-id="{draft.pk}"' in page
    assert "It came back, and was not sent." in page
    assert "“Tue 3 March, 15:00” is taken in the calendar." in page
    queue = page[page.index('data-live="review-queue') : page.index('id="review-panes"')]
    assert queue.index(f'data-draft="{draft.pk}"') < queue.index("An older one")
    assert queue.count("came back") == 1
    assert "Came back: slots" in page
    assert client.get(at(draft, "standing")).json()["tone"] == "bad"


def test_a_newer_message_in_the_thread_is_shown_with_ways_on(
    box: Any, lead: Any, client: Client, workspace: Workspace, transactional_db: None
) -> None:
    draft = Draft.objects.get(run=drive_to_the_end(take_in(lead(), workspace)))
    assert "newer message" not in panes(client, draft)
    Draft.objects.update(thread_head="18c-later")
    page = panes(client, draft)
    assert "There is a newer message in this thread." in page
    assert f"#all/{draft.gmail_thread_id}" in page
    assert f"/workflowrun/{draft.run_id}/restart/" in page


@pytest.mark.parametrize(("said", "status"), [("yes", "sent"), ("no", "ready")])
def test_a_person_settles_what_may_have_been_sent(
    client: Client, approved: Callable[[], Draft], unlocked: Workspace, said: str, status: str
) -> None:
    draft = approved()
    Draft.objects.update(status="uncertain")
    Sending.objects.update(due_at=None, tried_at=Now(), error="gmail drafts.send timed out")
    page = panes(client, draft)
    assert "It may have been sent." in page
    assert "#search/in%3Asent%20to%3Amara%40bright.example" in page
    assert 'data-undo=""' in page
    assert client.post(at(draft, "settle"), {"version": draft.version, "sent": "perhaps"}).status_code == 422
    told = client.post(at(draft, "settle"), {"version": draft.version, "sent": said}).json()
    assert told["status"] == status
    assert Event.objects.filter(kind="draft_settled", facts__sent=said == "yes", actor="olga").exists()
    assert not Sending.objects.exists()


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("sending", "It is being sent now."),
        ("sent", "Sent</strong> to mara@bright.example"),
        ("by_hand", "Somebody sent it from Gmail"),
        ("deleted", "Somebody threw it away in Gmail."),
        ("superseded", "Its run was started again."),
    ],
)
def test_what_has_left_or_is_gone_can_not_be_taken_back(
    client: Client, make_draft: MakeDraft, status: str, shown: str
) -> None:
    sent = {"sent_at": Now()} if status in {"sent", "by_hand"} else {}
    draft = make_draft(status=status, **sent)
    page = panes(client, draft)
    assert shown in page
    assert 'data-undo=""' in page
    assert 'data-act="reopen"' not in page
    assert client.post(at(draft, "reopen"), {"version": draft.version}).status_code in {409, 422}


def test_the_life_of_a_draft_is_told_in_order(
    client: Client, approved: Callable[[], Draft], unlocked: Workspace
) -> None:
    draft = approved()
    drafts.reopen(draft, version=draft.version, by=User.objects.get(username="olga"))
    page = panes(client, draft)
    told = [page.index(said) for said in ("Written by", ">Approved <", "Scheduled to be sent", "Verdict taken back")]
    assert told == sorted(told)


def test_what_is_going_out_stands_beside_the_queue(
    client: Client, approved: Callable[[], Draft], unlocked: Workspace
) -> None:
    draft = approved()
    page = client.get(PAGE).content.decode()
    assert f'data-leaving="{draft.pk}"' in page
    elsewhere = client.get(f"{PAGE}?workspace={draft.workspace_id + 1}").content.decode()
    assert "data-leaving" not in elsewhere


def test_only_who_may_review_can_send_or_settle(
    as_staff: Callable[..., Client], approved: Callable[[], Draft], unlocked: Workspace
) -> None:
    draft = approved()
    looks = as_staff("view_draft")
    for what in ("send", "settle"):
        assert looks.post(at(draft, what), {"version": draft.version, "sent": "yes"}).status_code == 403
    assert looks.get(at(draft, "standing")).status_code == 200
    assert as_staff().get(at(draft, "standing")).status_code == 403


def test_what_was_heard_of_a_draft_is_shown(client: Client, make_draft: MakeDraft) -> None:
    waits = make_draft(replied_at=Now())
    assert "They have written since," in panes(client, waits)
    gone = make_draft(status="sent", sent_at=Now(), replied_at=Now(), bounced_at=Now())
    page = panes(client, gone)
    assert "They answered" in page
    assert "It could not be delivered." in page
