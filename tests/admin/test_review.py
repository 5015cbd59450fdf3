"""The Review page: what it shows, what a reviewer does there, who may, and what happens when two are at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from leads import briefs, codec, drafts, letter_html
from leads.facts import Lack
from leads.models import Draft, DraftRevision, DraftViewer, Event, MailboxUpdate, Workspace
from tests.leads.driving import drive_to_the_end, take_in

MakeDraft = Callable[..., Draft]
PAGE = "/admin/review/"


def at(draft: Draft, what: str = "") -> str:
    return f"{PAGE}{draft.pk}/{what + '/' if what else ''}"


@pytest.fixture
def written(box: Any, lead: Any, workspace: Workspace, transactional_db: None) -> Draft:
    """A draft that a run wrote."""
    return Draft.objects.select_related("run").get(run=drive_to_the_end(take_in(lead(), workspace)))


def typed(draft: Draft, **changes: Any) -> dict[str, Any]:
    """What the form sends, with these fields changed."""
    dossier = briefs.dossier_of(draft.run)
    sent = {"subject": draft.subject, "body": draft.body, "asset": draft.asset_ids, "version": draft.version}
    return sent | {"time": [slot.start.isoformat() for slot in dossier.brief.plan.slots]} | changes


# What it shows


def test_the_oldest_draft_that_waits_is_open(client: Client, make_draft: MakeDraft) -> None:
    old = make_draft(subject="Old and approved", status="approved")
    first = make_draft(subject="The first")
    make_draft(subject="The second")
    page = client.get(PAGE).content.decode()
    assert f'data-id="{first.pk}"' in page
    assert page.index("The first") < page.index("The second")
    assert f'data-draft="{old.pk}"' not in page


def test_an_empty_queue_says_so(client: Client, workspace: Workspace) -> None:
    assert "All drafts are reviewed" in client.get(PAGE).content.decode()


def test_every_draft_has_an_address_of_its_own(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft(status="rejected", rejected_because="Too pushy")
    page = client.get(at(draft)).content.decode()
    assert "Too pushy" in page
    assert "Take it back" in page
    assert client.get(f"{PAGE}999999/").status_code == 404


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?sound=no", {"Flawed"}),
        ("?sound=yes", {"Good"}),
        ("?lacks=yes", {"Flawed"}),
        ("?lacks=no", {"Good"}),
        ("?sound=x&form=x&workspace='&lacks=x", {"Good", "Flawed"}),
    ],
)
def test_the_queue_is_filtered(client: Client, make_draft: MakeDraft, query: str, shown: set[str]) -> None:
    make_draft(subject="Good")
    make_draft(
        subject="Flawed", is_sound=False, lacks=codec.builtins([Lack("find_assets", "NotFound", "No such folder")])
    )
    page = client.get(PAGE + query).content.decode()
    listed = page[page.index('data-live="review-queue') : page.index('id="review-panes"')]
    assert ("without documents" in listed) == ("Flawed" in shown)
    assert {word for word in ("Good", "Flawed") if word in listed} == shown


def test_the_queue_is_filtered_by_workspace_and_form(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft(subject="Mine")
    form = draft.run.submission.form
    assert form is not None
    assert "Mine" in client.get(f"{PAGE}?workspace={draft.workspace_id}&form={form.pk}").content.decode()
    assert "No draft fits" in client.get(f"{PAGE}?workspace={draft.workspace_id + 1}").content.decode()
    assert "No draft fits" in client.get(f"{PAGE}?form={form.pk + 100}").content.decode()


def test_the_page_shows_the_prospects_words_the_checks_and_the_sources(client: Client, written: Draft) -> None:
    page = client.get(at(written)).content.decode()
    assert "we are a logistics company with 40 reps" in page
    assert f"{len(written.checks)} of {len(written.checks)} hold" in page
    assert "Your answers · On pricing" in page
    assert "Found free in the calendar" in page
    assert "approving does not send" in page.lower()


def test_a_failed_check_stands_there_with_its_reason(client: Client, make_draft: MakeDraft) -> None:
    page = client.get(at(make_draft(is_sound=False))).content.decode()
    assert "“99 %” has no source" in page
    assert "be approved" in page


def test_times_are_held_against_the_clock_whenever_a_draft_is_shown(client: Client, written: Draft) -> None:
    Workspace.objects.update(notice_hours=1000)  # as if much time had gone by
    page = client.get(at(written)).content.decode()
    assert "a time has passed" in page
    assert "is past, or too soon to be offered" in page
    assert '<span class="sa-badge sa-badge--good">Sound</span>' not in page
    assert f"{len(written.checks) - 1} of {len(written.checks)} hold" in page
    answer = client.post(at(written, "approve"), {"version": written.version})
    assert (answer.status_code, Draft.objects.get(pk=written.pk).status) == (422, "ready")
    assert "tick other times, or leave them out" in answer.json()["message"]
    told = client.post(at(written, "check"), typed(written)).json()
    assert told["fails"] == 1
    assert "is past, or too soon to be offered" in told["html"]


def test_the_checks_are_not_asked_about_a_text_of_any_length(
    client: Client, written: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs.Dossier, "check", lambda *_: pytest.fail("the checks were run"))
    told = client.post(at(written, "check"), typed(written, body="x" * 20_001)).json()
    assert "20000 is the most" in told["fault"]


def test_an_edit_of_a_run_that_died_before_gmail_says_that_it_waits(client: Client, written: Draft) -> None:
    client.post(at(written, "edit"), typed(written, subject="About your seats and prices"))
    Draft.objects.update(gmail_draft_id="")
    assert "The edit waits" not in client.get(at(written)).content.decode()
    written.run.state, written.run.outcome = "dead", ""
    written.run.save()
    assert "The edit waits" in client.get(at(written)).content.decode()


def test_a_draft_whose_facts_are_gone_can_still_be_read(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    Draft.objects.filter(pk=draft.pk).update(checks=["odd", {"name": "x"}])
    page = client.get(at(draft)).content.decode()
    assert "behind this draft can&#x27;t be read" in page or "behind this draft can't be read" in page
    assert "https://northwind.example/deck?a=1&amp;b=2" in client.get(at(draft, "letter")).content.decode()
    assert client.post(at(draft, "edit"), {"version": draft.version}).status_code == 422
    assert client.post(at(draft, "check"), {}).status_code == 422


def test_what_somebody_did_in_gmail_is_said(client: Client, written: Draft) -> None:
    client.post(at(written, "edit"), typed(written, subject="About your seats and prices"))
    for state, words in [("edited", "edited this draft in Gmail"), ("gone", "no longer in Gmail")]:
        MailboxUpdate.objects.update(state=state)
        assert words in client.get(at(written, "panes")).content.decode()


@pytest.mark.parametrize("number", [1, 100])
def test_however_long_the_queue_the_page_asks_little(
    client: Client, make_draft: MakeDraft, number: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(number):
        draft = make_draft()
    with django_assert_max_num_queries(25):
        client.get(PAGE)
    with django_assert_max_num_queries(13):
        client.get(at(draft, "panes"))
    with django_assert_max_num_queries(10):
        client.post(at(draft, "here"), {"queue": ",".join(str(draft.pk + n) for n in range(200))})


def test_an_edit_that_did_not_reach_gmail_is_tried_again(client: Client, written: Draft) -> None:
    client.post(at(written, "edit"), typed(written, subject="About your seats and prices"))
    assert client.post(at(written, "bring")).status_code == 422
    MailboxUpdate.objects.update(state="failed", attempt=3, error="gmail answered 400")
    assert "did not reach Gmail" in client.get(at(written, "panes")).content.decode()
    assert client.post(at(written, "bring")).status_code == 200
    assert MailboxUpdate.objects.filter(state="pending", attempt=0).exists()
    assert Event.objects.filter(kind="draft_update_retried", actor="olga").exists()


# The letter


def test_the_letter_is_a_document_that_can_do_nothing(client: Client, make_draft: MakeDraft) -> None:
    answer = client.get(at(make_draft(), "letter"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-same-origin" in policy
    assert "allow-scripts" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script>alert" not in answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.content.decode()


def test_no_other_page_may_be_framed(client: Client, make_draft: MakeDraft) -> None:
    answer = client.get(at(make_draft()))
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


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
    made = letter_html.with_links(body)
    assert made == html if html else "javascript:alert" not in made.partition("href=")[2]
    assert 'onclick="' not in made
    assert made.count("<a ") == body.count("https://")


# What a reviewer does


def test_a_verdict_answers_with_what_came_of_it(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    answer = client.post(at(draft, "approve"), {"version": draft.version})
    assert answer.json() == {
        "version": 2,
        "status": "approved",
        "name": "Mara Okafor",
        "fails": 0,
        "said": "It stays in Gmail’s drafts: WORKFLOW_MODE is DRAFT_ONLY.",
        "due": None,
    }
    again = client.post(at(draft, "reopen"), {"version": 2})
    assert again.json()["status"] == "ready"
    rejected = client.post(at(draft, "reject"), {"version": 3, "reason": "Too pushy"})
    assert rejected.json()["status"] == "rejected"
    assert Draft.objects.get(pk=draft.pk).rejected_because == "Too pushy"


def test_an_unsound_draft_is_not_approved_and_the_answer_says_why(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft(is_sound=False)
    answer = client.post(at(draft, "approve"), {"version": draft.version})
    assert answer.status_code == 422
    assert "can't be approved: a check fails" in answer.json()["message"]


def test_rejecting_needs_a_reason(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    assert client.post(at(draft, "reject"), {"version": draft.version, "reason": " "}).status_code == 422
    assert Draft.objects.get(pk=draft.pk).status == "ready"


@pytest.mark.parametrize("version", ["", "0", "7", "x", "9" * 30])
def test_a_verdict_on_another_version_is_a_conflict(client: Client, make_draft: MakeDraft, version: str) -> None:
    draft = make_draft()
    answer = client.post(at(draft, "approve"), {"version": version})
    assert answer.status_code == 409
    assert "Nothing of yours was saved" in answer.json()["message"]


def test_the_second_of_two_is_told_what_the_first_did(
    client: Client, as_staff: Callable[..., Client], make_draft: MakeDraft
) -> None:
    draft = make_draft()
    as_staff("view_draft", "review_draft").post(at(draft, "approve"), {"version": draft.version})
    answer = client.post(at(draft, "reject"), {"version": draft.version, "reason": "No"})
    assert answer.status_code == 409
    assert "approved it" in answer.json()["message"]


def test_an_edit_is_checked_saved_and_shown_with_what_it_changed(client: Client, written: Draft) -> None:
    body = written.body.replace("Best regards", "It costs $9,999, guaranteed.\n\nBest regards")
    checked = client.post(at(written, "check"), typed(written, body=body)).json()
    assert "The amount $9,999" in checked["html"]
    assert Draft.objects.get(pk=written.pk).version == written.version
    saved = client.post(at(written, "edit"), typed(written, body=body))
    assert saved.json()["version"] == written.version + 1
    page = client.get(at(written, "panes")).content.decode()
    assert '<ins class="sa-review__came">It costs $9,999, guaranteed.' in page
    assert "No source" in page
    assert "On its way" in page


def test_times_and_documents_can_be_ticked_off(client: Client, written: Draft) -> None:
    dossier = briefs.dossier_of(written.run)
    line = dossier.time_line(dossier.times[0])
    title = dossier.file_line(dossier.files[0])
    body = "\n".join(row for row in written.body.splitlines() if line not in row and title not in row)
    fields = typed(written, body=body)
    fields["time"] = [*fields["time"][1:], "2001-01-01T00:00:00+00:00"]
    fields["asset"] = [*written.asset_ids[1:], "other"]
    assert client.post(at(written, "edit"), fields).status_code == 200
    newest = DraftRevision.objects.latest("number")
    assert (len(newest.slots), newest.asset_ids) == (len(dossier.times) - 1, written.asset_ids[1:])
    assert newest.is_sound


def test_an_edit_is_taken_back_as_a_new_revision(client: Client, written: Draft) -> None:
    told = client.post(at(written, "edit"), typed(written, body=f"It costs $9,999.\n\n{written.body}")).json()
    assert told["fails"]
    assert client.post(at(written, "revert"), {"version": written.version, "revision": 1}).status_code == 409
    for number in ("", "7", "x"):
        assert client.post(at(written, "revert"), {"version": told["version"], "revision": number}).status_code == 422
    back = client.post(at(written, "revert"), {"version": told["version"], "revision": 1}).json()
    assert (back["fails"], Draft.objects.get(pk=written.pk).body) == (0, written.body)
    assert [one.number for one in DraftRevision.objects.order_by("number")] == [1, 2, 3]
    assert MailboxUpdate.objects.get().wanted == 3


@pytest.mark.parametrize(("field", "value"), [("subject", ""), ("body", " \n"), ("body", "x" * 30_000)])
def test_what_can_not_be_sent_is_refused_in_words(client: Client, written: Draft, field: str, value: str) -> None:
    answer = client.post(at(written, "edit"), typed(written, **{field: value}))
    assert answer.status_code == 422
    assert answer.json()["message"]


# Who may, and who else is there


ACTS = ("approve", "reject", "reopen", "edit", "revert", "check", "bring")
LOOKS = ("", "panes", "letter")


@pytest.mark.parametrize("what", ACTS)
def test_who_may_only_see_does_nothing(as_staff: Callable[..., Client], make_draft: MakeDraft, what: str) -> None:
    draft = make_draft()
    answer = as_staff("view_draft").post(at(draft, what), {"version": draft.version, "reason": "x"})
    assert answer.status_code == 403
    assert Draft.objects.get(pk=draft.pk).status == "ready"


@pytest.mark.parametrize("what", LOOKS)
def test_who_may_not_see_drafts_sees_none(as_staff: Callable[..., Client], make_draft: MakeDraft, what: str) -> None:
    draft = make_draft()
    assert as_staff("view_workflowrun").get(at(draft, what)).status_code == 403
    assert as_staff("view_workflowrun").post(at(draft, "here")).status_code == 403
    assert as_staff("view_draft").get(at(draft, what)).status_code == 200
    assert Client().get(at(draft, what)).status_code == 302


@pytest.mark.parametrize("what", [*ACTS, "here"])
def test_what_changes_something_is_posted(client: Client, make_draft: MakeDraft, what: str) -> None:
    assert client.get(at(make_draft(), what)).status_code == 405
    assert client.post(f"{PAGE}999999/{what}/", {"version": 1, "reason": "x"}).status_code == 404


def test_the_buttons_are_for_those_who_may_review(as_staff: Callable[..., Client], make_draft: MakeDraft) -> None:
    draft = make_draft()
    assert 'data-act="approve"' not in as_staff("view_draft").get(at(draft)).content.decode()
    assert 'data-act="approve"' in as_staff("view_draft", "review_draft").get(at(draft)).content.decode()


def test_the_others_who_have_a_draft_open_are_named(client: Client, make_draft: MakeDraft) -> None:
    draft, other = make_draft(), make_draft()
    anna = User.objects.create_superuser("anna", password="pw", first_name="Anna", last_name="Voss")
    hers = Client()
    hers.force_login(anna)
    hers.post(at(draft, "here"))
    told = client.post(at(other, "here"), {"queue": f"{draft.pk},{other.pk},x"}).json()
    assert told == {
        "version": 1,
        "status": "ready",
        "mailbox": "",
        "approving": "Approving does not send: WORKFLOW_MODE is DRAFT_ONLY",
        "sends": False,
        "viewers": {str(draft.pk): ["Anna Voss"]},
    }
    hers.post(at(other, "here"), {"left": draft.pk})
    assert client.post(at(other, "here"), {"queue": draft.pk}).json()["viewers"] == {str(other.pk): ["Anna Voss"]}
    hers.post(at(other, "here"), {"gone": "1"})
    assert client.post(at(other, "here")).json()["viewers"] == {}


def test_who_stops_looking_is_forgotten(client: Client, make_draft: MakeDraft, boss: User) -> None:
    draft = make_draft()
    anna = User.objects.create_user("anna")
    DraftViewer.objects.create(draft=draft, user=anna, seen_at=Now() - timedelta(seconds=41))
    assert client.post(at(draft, "here")).json()["viewers"] == {}


def test_the_page_learns_that_somebody_changed_the_draft(client: Client, make_draft: MakeDraft, boss: User) -> None:
    draft = make_draft()
    drafts.approve(draft, version=draft.version, by=boss)
    assert client.post(at(draft, "here")).json()["version"] == draft.version + 1


def test_new_drafts_come_into_the_queue_by_themselves(
    client: Client, make_draft: MakeDraft, workspace: Workspace
) -> None:
    make_draft(subject="A new one")
    Event.objects.create(kind="run_done", workspace=workspace)
    told = client.get("/admin/live/?v=&r=review-queue:..").json()
    assert "A new one" in told["regions"]["review-queue:.."]


def test_what_a_draft_was_written_without_is_said_with_what_to_do(
    client: Client, box: Any, lead: Any, workspace: Workspace, transactional_db: None
) -> None:
    box.control.fault("403:drive")
    box.control.fault("404:calendar")
    run = drive_to_the_end(take_in(lead(), workspace))
    run_page = reverse("admin:leads_workflowrun_change", args=[run.pk])
    for page in (client.get(at(Draft.objects.get(run=run))), client.get(run_page)):
        shown = page.content.decode()
        assert "Written without documents and meeting times." in shown
        assert "No time is offered: it asks them to suggest one." in shown
        assert "Share the folder with the connected Google account, or grant the scope." in shown
        assert "drive files.list answered 403" in shown
