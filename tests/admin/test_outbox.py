"""The Outbox page: what it lists, what it counts, what can be taken back, and sending what was approved before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from leads import bulk_sending, drafts, sending
from leads.models import AllowedForm, Draft, Event, Sending, Workspace

MakeDraft = Callable[..., Draft]
PAGE = "/admin/outbox/"


@pytest.fixture
def approved(make_draft: MakeDraft, make_run: Any, boss: User) -> Callable[..., Draft]:
    """One that olga approved, to somebody of this name."""

    def make(name: str = "mara", **fields: Any) -> Draft:
        made = make_draft(make_run("done", email=f"{name}@bright.example"), subject=f"For {name}", **fields)
        draft = Draft.objects.select_related("workspace", "run").get(pk=made.pk)
        drafts.approve(draft, version=draft.version, by=boss)
        return Draft.objects.select_related("workspace", "run").get(pk=draft.pk)

    return make


def section(page: str, name: str) -> str:
    """The part of the page below this heading."""
    start = page.index(f'id="outbox-{name}"')
    return page[start : page.find("</section>", start)]


def shown(client: Client, query: str = "") -> str:
    return client.get(PAGE + query).content.decode()


def test_an_empty_outbox_says_what_would_come_there(client: Client, workspace: Workspace, settings: Any) -> None:
    page = shown(client)
    assert "Nothing is going out" in page
    assert "DRAFT_ONLY is on" in page
    Workspace.objects.update(draft_only=False)
    assert "can be taken back until its time is over" in shown(client)


def test_what_goes_out_is_listed_with_whom_when_and_by_whom(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    soon, later, alone = approved("soon"), approved("later"), approved("alone")
    Sending.objects.filter(draft=soon).update(due_at=Now() - timedelta(seconds=5))
    Sending.objects.filter(draft=alone).update(approved_by=None, due_at=Now() + timedelta(hours=1))
    listed = section(shown(client), "leaving")
    assert listed.index("For soon") < listed.index("For later") < listed.index("For alone")
    assert listed.count("Approved by olga") == 2
    assert "its form is sent without review" in listed
    assert listed.count('data-style="left"') == 3
    Draft.objects.filter(pk=later.pk).update(status="sending")
    listed = section(shown(client), "leaving")
    assert "Being sent" in listed
    assert f'data-undo="{later.pk}"' not in listed


def test_what_waits_says_for_what(client: Client, approved: Callable[..., Draft], unlocked: Workspace) -> None:
    capped, failed = approved("capped"), approved("failed")
    Sending.objects.filter(draft=capped).update(waits_for="tomorrow: today’s 100 were sent, the most a day")
    Sending.objects.filter(draft=failed).update(
        attempt=1, error_kind="Transient", error="gmail answered 503", waits_for="Gmail to answer again"
    )
    page = shown(client)
    listed = section(page, "waiting")
    assert "Waits for tomorrow: today’s 100 were sent, the most a day" in listed
    assert "gmail answered 503" in listed
    assert "For " not in section(page, "leaving")


def test_what_needs_a_person_comes_first(client: Client, approved: Callable[..., Draft], unlocked: Workspace) -> None:
    unclear, back = approved("unclear"), approved("back")
    Draft.objects.filter(pk=unclear.pk).update(status="uncertain")
    Sending.objects.filter(draft=unclear).update(due_at=None, tried_at=Now())
    sending.give_back(back, "They wrote again.", cause="replied")
    page = shown(client)
    assert page.index('id="outbox-uncertain"') < page.index('id="outbox-leaving"')
    assert "It was not sent" in section(page, "uncertain")
    assert "They wrote again." in section(page, "returned")


def test_what_was_sent_today_is_held_against_the_cap(
    client: Client, make_draft: MakeDraft, unlocked: Workspace
) -> None:
    make_draft(status="sent", sent_at=timezone.now(), subject="Today's")
    make_draft(status="sent", sent_at=timezone.now() - timedelta(days=2), subject="An old one")
    Workspace.objects.update(daily_cap=7)
    page = shown(client)
    assert "of 7 at most" in page
    assert "Today&#x27;s" in section(page, "sent")
    assert "An old one" not in page


def test_the_outbox_is_of_one_workspace_if_asked(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    approved("mara")
    Workspace.objects.create(name="Other", slug="other", draft_only=False)
    assert "For mara" in section(shown(client), "leaving")
    assert "Choose a workspace" in shown(client)
    assert 'data-undo-all="default"' in shown(client, "?workspace=default")
    assert "Nothing is going out" in shown(client, "?workspace=other")
    assert "For mara" in shown(client, "?workspace=%00nonsense")


def test_everything_of_a_workspace_is_taken_back_at_once(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    taken, gone = [approved("a"), approved("b")], approved("c")
    Draft.objects.filter(pk=gone.pk).update(status="sending")
    told = client.post(f"{PAGE}undo/", {"workspace": "default"}).json()
    assert told == {"done": 2, "refused": []}
    assert {Draft.objects.get(pk=draft.pk).status for draft in taken} == {"ready"}
    assert Sending.objects.get().draft_id == gone.pk
    assert client.post(f"{PAGE}undo/", {"workspace": "nobody's"}).status_code == 404


def test_sending_what_was_approved_before_says_first_what_it_would_do(
    client: Client, approved: Callable[..., Draft], workspace: Workspace, settings: Any
) -> None:
    kept, locked = approved("kept"), approved("locked")
    page = client.get(f"{PAGE}send/").content.decode()
    assert "None of these can be sent" in page
    assert "2 will be left alone: WORKFLOW_MODE is DRAFT_ONLY" in page
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    other = AllowedForm.objects.create(workspace=workspace, form_id="locked", name="Locked", draft_only=True)
    locked.run.submission.form = other
    locked.run.submission.save(update_fields=["form"])
    page = client.get(f"{PAGE}send/?workspace=default").content.decode()
    assert "1 draft will be sent" in page
    assert "1 will be left alone: the form is draft-only" in page
    assert f'value="{kept.pk}.{kept.version}"' in page
    assert Draft.objects.filter(status="approved").count() == 2


def test_what_was_approved_before_is_sent_as_it_was_seen(
    client: Client, approved: Callable[..., Draft], settings: Any
) -> None:
    good, changed = approved("good"), approved("changed")
    settings.WORKFLOW_MODE = "SEND"
    Workspace.objects.update(draft_only=False)
    Draft.objects.filter(pk=changed.pk).update(version=9)
    ids = [f"{draft.pk}.{draft.version}" for draft in (good, changed)]
    fetch = {"HTTP_X_REQUESTED_WITH": "fetch"}
    told = client.post(f"{PAGE}send/", {"id": [*ids, "x.1", "1", "1." + "9" * 30]}, **fetch).json()
    assert told["done"] == 1
    assert len(told["refused"]) == 1
    assert Draft.objects.get(pk=good.pk).status == "scheduled"
    assert Draft.objects.get(pk=changed.pk).status == "approved"
    assert Event.objects.filter(kind="draft_scheduled", facts__draft=good.pk, actor="olga").exists()
    answer = client.post(f"{PAGE}send/", {"id": ids}, follow=True)
    assert "0 scheduled; 2 refused." in answer.content.decode()


def test_a_plan_tells_whose_times_have_passed(make_draft: MakeDraft, unlocked: Workspace, monkeypatch: Any) -> None:
    make_draft(status="approved")
    make_draft(status="approved")
    assert bulk_sending.plan(unlocked).late == 0
    monkeypatch.setattr("leads.offers.late", lambda *_: [1])
    assert bulk_sending.plan(unlocked).late == 2


def test_who_may_only_look_is_offered_nothing(
    as_staff: Callable[..., Client], approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    approved("mara")
    looks = as_staff("view_draft")
    page = shown(looks)
    assert "For mara" in page
    assert "data-undo=" not in page
    assert looks.post(f"{PAGE}undo/", {"workspace": "default"}).status_code == 403
    assert looks.get(f"{PAGE}send/").status_code == 403
    assert as_staff("view_lead").get(PAGE).status_code == 403


def test_the_badge_counts_what_is_on_its_way(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    approved("mara")
    assert 'title="Drafts on their way out: 1"' in shown(client)


@pytest.mark.parametrize("number", [1, 60])
def test_however_much_goes_out_the_page_asks_little(
    client: Client, make_draft: MakeDraft, unlocked: Workspace, django_assert_max_num_queries: Any, number: int
) -> None:
    for status in ("scheduled", "uncertain", "approved"):
        for _ in range(number):
            draft = make_draft(status=status)
            if status != "approved":
                Sending.objects.create(draft=draft, workspace=unlocked, due_at=Now())
    with django_assert_max_num_queries(23):
        page = client.get(PAGE).content.decode()
    assert f">{number}</strong>" in page


def test_home_shows_what_is_going_out_and_what_needs_a_person(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    draft = approved("mara")
    home = client.get("/admin/").content.decode()
    assert "can be taken back" in home
    assert "nothing is held up" in home
    Sending.objects.update(waits_for="Gmail to answer again")
    assert "1 put off" in client.get("/admin/").content.decode()
    Draft.objects.filter(pk=draft.pk).update(status="uncertain")
    home = client.get("/admin/").content.decode()
    assert "1 may have been sent: a person must say" in home
    Sending.objects.all().delete()
    Draft.objects.filter(pk=draft.pk).update(status="ready", returned_because="They wrote again.")
    assert "1 came back to review" in client.get("/admin/").content.decode()


def test_the_archive_lists_what_came_back(client: Client, make_draft: MakeDraft) -> None:
    make_draft(subject="Stopped", returned_because="They wrote again.")
    make_draft(subject="Never approved")
    page = client.get("/admin/leads/draft/?came_back=yes").content.decode()
    assert "Stopped" in page
    assert "Never approved" not in page


def test_the_page_of_a_run_and_of_a_lead_tell_what_became_of_the_draft(
    client: Client, approved: Callable[..., Draft], unlocked: Workspace
) -> None:
    draft = approved("mara")
    sending.give_back(draft, "They wrote again.", cause="newer_message")
    run = client.get(f"/admin/leads/workflowrun/{draft.run_id}/change/").content.decode()
    assert "Came back: newer message" in run
    lead = client.get(f"/admin/leads/lead/{draft.lead_id}/change/").content.decode()
    assert "Came back: They wrote again." in lead
