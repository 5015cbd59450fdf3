"""The archive of drafts, and verdicts on many at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from leads.models import Draft, Event

MakeDraft = Callable[..., Draft]
LIST = "/admin/leads/draft/"


def address(draft: Draft, page: str = "change") -> str:
    return f"{LIST}{draft.pk}/{page}/"


def status_of(draft: Draft) -> str:
    return Draft.objects.get(pk=draft.pk).status


def test_the_page_of_a_draft_is_where_it_is_reviewed(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    answer = client.get(address(draft))
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/review/{draft.pk}/")
    assert client.get(f"{LIST}0/change/").status_code == 404


def test_approving_is_kept_with_who_and_when(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    client.post(address(draft, "approve"))
    draft.refresh_from_db()
    assert (draft.status, draft.reviewed_by and draft.reviewed_by.username) == ("approved", "olga")
    assert Event.objects.filter(kind="draft_approved", actor="olga").exists()


def test_an_unsound_draft_is_not_approved_and_the_page_says_why(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft(is_sound=False)
    page = client.post(address(draft, "approve"), follow=True).content.decode()
    assert "fails no invented facts" in page
    assert status_of(draft) == "ready"


def test_rejecting_needs_a_reason_and_keeps_it(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    assert client.get(address(draft, "reject")).status_code == 200
    client.post(address(draft, "reject"), {"reason": ""})
    assert status_of(draft) == "ready"
    client.post(address(draft, "reject"), {"reason": "Too pushy"})
    assert status_of(draft) == "rejected"
    assert "Too pushy" in client.get(address(draft), follow=True).content.decode()


def test_the_first_verdict_stands(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    client.post(address(draft, "approve"))
    page = client.post(address(draft, "reject"), {"reason": "No"}, follow=True).content.decode()
    assert "You approved it" in page
    assert status_of(draft) == "approved"


@pytest.mark.parametrize(("action", "status"), [("approve_selected", "approved"), ("reject_selected", "rejected")])
def test_many_are_reviewed_at_once(client: Client, make_draft: MakeDraft, action: str, status: str) -> None:
    drafts = [make_draft(), make_draft()]
    sent = {"action": action, ACTION_CHECKBOX_NAME: [draft.pk for draft in drafts], "reason": "x"}
    client.post(LIST, sent)
    assert {status_of(draft) for draft in drafts} == {status}


@pytest.mark.parametrize("page", ["approve", "reject"])
def test_staff_need_the_right_to_review(as_staff: Callable[..., Client], make_draft: MakeDraft, page: str) -> None:
    draft, without = make_draft(), as_staff("view_draft")
    assert without.post(address(draft, page), {"reason": "x"}).status_code == 403
    without.post(LIST, {"action": f"{page}_selected", ACTION_CHECKBOX_NAME: [draft.pk], "reason": "x"})
    assert status_of(draft) == "ready"
    assert as_staff("view_draft", "review_draft").post(address(draft, page), {"reason": "x"}).status_code == 302
    assert status_of(draft) != "ready"
