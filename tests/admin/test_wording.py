"""The wording of drafts in the settings: tried on a past lead, saved as a version, put back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from leads import wording
from leads.models import Draft, Event, TemplateVersion, WorkflowRun, Workspace
from leads.samples import sample
from leads.sentences import sentence
from tests.leads.driving import drive_to_the_end, take_in

PAGE = "/admin/settings/default/wording/"
NEW = "opening.new"
OURS = "Good that you ask about {{ about }}!"


def sent(client: Client, **changes: str) -> dict[str, str]:
    """What a page that is opened now would send."""
    page = client.get(PAGE).context
    fields = {field.html_name: field.field.prepare_value(field.initial) for field in page["form"]}
    return fields | {"revision": page["revision"]} | changes


@pytest.fixture
def drafted(box: Any, transactional_db: None, workspace: Workspace) -> WorkflowRun:
    return drive_to_the_end(take_in(sample(), workspace))


def test_what_is_saved_is_a_version_that_the_next_draft_says_and_names(
    client: Client, drafted: WorkflowRun, workspace: Workspace
) -> None:
    page = client.post(PAGE, sent(client, **{NEW: OURS}, save="1"), follow=True)
    assert "Saved as en, version 1" in page.content.decode()
    version = TemplateVersion.objects.get()
    assert (version.phrases, version.body, version.made_by) == ({NEW: [OURS]}, "", User.objects.get())
    run = drive_to_the_end(take_in(sample("second"), workspace))
    draft = Draft.objects.get(run=run)
    assert "Good that you ask about" in draft.body
    assert (draft.template_version, draft.writer) == (version, "templates en, version 1")
    assert Draft.objects.get(run=drafted).template_version is None


def test_a_preview_shows_a_past_leads_letter_in_words_that_are_not_saved(client: Client, drafted: WorkflowRun) -> None:
    page = client.post(PAGE, sent(client, **{NEW: OURS}, **{"try": "1"}))
    assert "Good that you ask about" in page.context["side"]["letter"].body
    assert page.context["side"]["passed"]
    assert not TemplateVersion.objects.exists()


def test_what_can_not_be_used_is_said_beside_its_field_and_nothing_is_saved(
    client: Client, workspace: Workspace
) -> None:
    page = client.post(PAGE, sent(client, **{NEW: "Thanks for {{ salary }}."}, save="1"))
    assert "{{ salary }} is not known here" in str(page.context["form"].errors[NEW])
    assert not TemplateVersion.objects.exists()


def test_saving_nothing_new_makes_no_version(client: Client, workspace: Workspace) -> None:
    page = client.post(PAGE, sent(client, save="1"), follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert not TemplateVersion.objects.exists()


def test_an_earlier_version_and_the_shipped_wording_are_put_back_as_new_versions(
    client: Client, workspace: Workspace
) -> None:
    client.post(PAGE, sent(client, **{NEW: OURS}, save="1"))
    client.post(PAGE, sent(client, **{NEW: "Thanks for {{ about }}."}, save="1"))
    client.post(PAGE, {"put_back": "1"})
    client.post(PAGE, {"put_back": "0"})
    said = [(version.phrases, version.note) for version in TemplateVersion.objects.order_by("number")]
    assert said == [
        ({NEW: [OURS]}, ""),
        ({NEW: ["Thanks for {{ about }}."]}, ""),
        ({NEW: [OURS]}, "As version 1"),
        ({}, "As shipped"),
    ]
    assert "There is no such version" in client.post(PAGE, {"put_back": "9"}, follow=True).content.decode()
    assert "There is no such version" in client.post(PAGE, {"put_back": "x"}, follow=True).content.decode()


def test_two_people_who_word_the_same_set_do_not_overwrite_each_other(client: Client, workspace: Workspace) -> None:
    first, second = sent(client, **{NEW: OURS}, save="1"), sent(client, **{NEW: "Mine, {{ about }}."}, save="1")
    client.post(PAGE, first)
    page = client.post(PAGE, second)
    assert "Somebody changed this while your page was open" in page.content.decode()
    assert TemplateVersion.objects.count() == 1


def test_the_audit_says_which_sentences_were_changed(client: Client, workspace: Workspace) -> None:
    client.post(PAGE, sent(client, **{NEW: OURS}, save="1"))
    event = Event.objects.get(kind="settings_changed")
    assert event.facts["fields"] == {NEW: None}
    assert "opening.new" in sentence(event)


def test_who_may_not_change_settings_may_look_and_who_may_not_see_drafts_sees_no_letter(
    drafted: WorkflowRun, client: Client
) -> None:
    vera = User.objects.create_user("vera", is_staff=True)
    vera.user_permissions.add(Permission.objects.get(codename="view_workspace"))
    hers = Client()
    hers.force_login(vera)
    page = hers.get(PAGE)
    assert page.status_code == 200
    assert "side" not in page.context
    assert hers.post(PAGE, {"save": "1"}).status_code == 403


def test_a_run_of_another_workspace_is_not_shown(client: Client, drafted: WorkflowRun) -> None:
    other = Workspace.objects.create(name="Other", slug="other")
    WorkflowRun.objects.filter(pk=drafted.pk).update(workspace=other)
    Draft.objects.update(workspace=other)
    assert client.get(f"{PAGE}?run={drafted.pk}").context["run"] is None


def test_the_newest_versions_are_read_in_one_query(workspace: Workspace, django_assert_num_queries: Any) -> None:
    boss = User.objects.create_user("boss")
    for number in range(3):
        wording.save(workspace, "en", {NEW: (f"{number} {{{{ about }}}}",)}, "", by=boss)
    with django_assert_num_queries(1):
        known = wording.current(workspace)
    assert (known["en"].number, known["en"].ways) == (3, {NEW: ("2 {{ about }}",)})
