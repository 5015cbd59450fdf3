"""How submissions came, on the Forms tab and the webhooks page; and the page that has older ones answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads import backfill, ways
from leads.models import AllowedForm, Backfill, FormPoll, Submission, Workspace
from tests.conftest import FORM_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(workspace: Workspace) -> AllowedForm:
    return AllowedForm.objects.select_related("workspace").get(form_id=FORM_ID)


@pytest.fixture
def page(form: AllowedForm) -> str:
    return reverse("admin:backfill", args=[form.workspace.slug, form.pk])


def came(form: AllowedForm, via: str, number: int = 1, ago: timedelta = timedelta(hours=1)) -> None:
    for one in range(number):
        made = Submission.objects.create(
            workspace=form.workspace, form=form, source="form", via=via, dedupe_key=f"{via}{ago}{one}", payload={}
        )
        Submission.objects.filter(pk=made.pk).update(received_at=timezone.now() - ago)


def test_the_forms_tab_says_how_many_came_which_way(admin_client: Client, form: AllowedForm) -> None:
    came(form, "webhook", 4)
    came(form, "backfill", 2)
    came(form, "webhook", 7, ago=timedelta(days=30))
    shown = admin_client.get(reverse("admin:settings_tab", args=[form.workspace.slug, "forms"])).content.decode()
    rows = reverse("admin:leads_submission_changelist")
    words = " ".join(shown.replace('<span class="sa-num">', "").replace("</span>", "").split())
    assert f'{rows}?via__exact=webhook&amp;form__id__exact={form.pk}">webhook 4' in words
    assert f'{rows}?via__exact=backfill&amp;form__id__exact={form.pk}">backfill 2' in words
    assert "came only by the poll" not in shown
    assert admin_client.get(f"{rows}?via__exact=webhook&form__id__exact={form.pk}").status_code == 200


def test_what_came_only_by_the_poll_is_a_warning_once_the_webhook_has_had_its_time(
    admin_client: Client, form: AllowedForm
) -> None:
    came(form, "poll", 3)
    came(form, "poll", 1, ago=timedelta(minutes=2))
    for where in (reverse("admin:settings_tab", args=["default", "forms"]), reverse("admin:leads_delivery_changelist")):
        assert "3 submissions came only by the poll" in admin_client.get(where).content.decode()


def test_the_counts_take_one_query(form: AllowedForm, django_assert_num_queries: Any) -> None:
    came(form, "poll", 3)
    with django_assert_num_queries(1):
        assert ways.together(ways.ways_of([form.workspace], ways.start()).values()).only_polled == 3


@pytest.mark.parametrize("kind", [*ways.ADVICE, "Unheard"])
def test_a_poll_that_fails_says_what_to_do(admin_client: Client, form: AllowedForm, settings: Any, kind: str) -> None:
    settings.POLL_MINUTES = 5.0
    FormPoll.objects.create(
        form=form, workspace=form.workspace, failing_since=timezone.now(), error_kind=kind, error="hubspot said no"
    )
    shown = admin_client.get(reverse("admin:settings_tab", args=["default", "forms"])).content.decode()
    assert "Its poll has failed since" in shown
    assert ways.ADVICE.get(kind, ways.OTHERWISE) in shown.replace("&#x27;", "'")


def test_older_ones_are_counted_then_answered_on_a_persons_word(
    admin_client: Client, box: Any, form: AllowedForm, page: str
) -> None:
    box.control.submission(FORM_ID, "ada", {"email": "ada@acme.example", "message": "<b>What</b> does it cost?"})
    today = timezone.now().date()
    days = {"act": "ask", "since": today - timedelta(days=1), "until": today + timedelta(days=1)}
    assert admin_client.post(page, days).status_code == 302
    assert "Counting" in admin_client.get(page).content.decode()
    work()
    shown = admin_client.get(page).content.decode()
    assert "ada@acme.example" in shown
    assert "&lt;b&gt;What&lt;/b&gt; does it cost?" in shown
    asked = Backfill.objects.get()
    assert admin_client.post(page, {"act": "confirm", "backfill": asked.pk}).status_code == 302
    work()
    shown = admin_client.get(page).content.decode()
    assert "Done" in shown
    assert Submission.objects.filter(via="backfill").count() == asked.wanted


def work() -> None:
    Backfill.objects.update(due_at=Now())
    held = backfill.claim()
    assert held is not None
    backfill.work(held)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-03-02", "2026-03-01", "before the first"),
        ("0001-01-01", "9999-12-31", "Choose days between 2000-01-01 and 2100-01-01."),
        ("", "", "required"),
        ("soon", "later", "valid date"),
        ("2099-01-01", "2099-01-02", "time to come"),
    ],
)
def test_days_that_make_no_sense_are_explained(
    admin_client: Client, page: str, since: str, until: str, said: str
) -> None:
    answer = admin_client.post(page, {"act": "ask", "since": since, "until": until})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Backfill.objects.exists()


def test_it_takes_the_right_to(client: Client, page: str, form: AllowedForm) -> None:
    guest = User.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="view_backfill"))
    client.force_login(guest)
    assert client.get(page).status_code == 200
    assert client.post(page, {"act": "ask", "since": "2026-01-01", "until": "2026-01-02"}).status_code == 403
    asked = backfill.ask(form, timezone.now() - timedelta(days=1), timezone.now(), actor="olga")
    assert client.post(page, {"act": "cancel", "backfill": asked.pk}).status_code == 403
    assert client.post(page, {"act": "confirm", "backfill": "x"}).status_code == 403


def test_one_of_another_form_is_not_found_there(admin_client: Client, page: str, form: AllowedForm) -> None:
    other = AllowedForm.objects.exclude(pk=form.pk).select_related("workspace").first()
    assert other is not None
    asked = backfill.ask(other, timezone.now() - timedelta(days=1), timezone.now(), actor="olga")
    for number in (asked.pk, "x", "9" * 40):
        assert admin_client.post(page, {"act": "cancel", "backfill": number}).status_code == 404
