"""The page of a draft, and the review."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from leads.admin.draft import with_links
from leads.models import Draft, Event

MakeDraft = Callable[..., Draft]
LIST = "/admin/leads/draft/"


def address(draft: Draft, page: str = "change") -> str:
    return f"{LIST}{draft.pk}/{page}/"


def status_of(draft: Draft) -> str:
    return Draft.objects.get(pk=draft.pk).status


def test_the_preview_is_the_mail_as_text(client: Client, make_draft: MakeDraft) -> None:
    page = client.get(address(make_draft())).content.decode()
    assert '<div class="text">Hi Mara,\n\nSee <a ' in page
    assert "<script>alert(1)</script>" not in page
    assert "mara@bright.example" in page
    assert "Re: Your question" in page


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (
            "See https://a.example/x?a=1&b=2.",
            'See <a href="https://a.example/x?a=1&amp;b=2" rel="noopener noreferrer" target="_blank">'
            "https://a.example/x?a=1&amp;b=2</a>.",
        ),
        ("javascript:alert(1) data:text/html,x ftp://x.example", None),
        ("www.a.example and mara@a.example", None),
        ('https://a.example/"onclick="x', None),
    ],
)
def test_only_web_addresses_become_links(body: str, html: str | None) -> None:
    made = with_links(body)
    assert made == html if html else "javascript:alert" not in made.partition("href=")[2]
    assert 'onclick="' not in made
    assert made.count("<a ") == body.count("https://")


def test_checks_tell_what_failed_and_why(client: Client, make_draft: MakeDraft) -> None:
    page = client.get(address(make_draft(is_sound=False))).content.decode()
    assert "✓ passed" in page
    assert "✗ failed" in page
    assert "“99 %” has no source" in page
    assert "can't be approved" in page.replace("&#x27;", "'")


def test_checks_of_an_odd_shape_do_not_break_the_page(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    Draft.objects.filter(pk=draft.pk).update(checks=["odd", {"name": "x"}])
    assert client.get(address(draft)).status_code == 200


def test_approving_is_kept_with_who_and_when(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    client.post(address(draft, "approve"))
    draft.refresh_from_db()
    assert (draft.status, draft.reviewed_by and draft.reviewed_by.username) == ("approved", "olga")
    assert Event.objects.filter(kind="draft_approved", actor="olga").exists()
    assert "Approve</" not in client.get(address(draft)).content.decode()


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
    assert "Too pushy" in client.get(address(draft)).content.decode()


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
    assert "Reject …" not in without.get(address(draft)).content.decode()
    assert as_staff("view_draft", "review_draft").post(address(draft, page), {"reason": "x"}).status_code == 302
    assert status_of(draft) != "ready"
