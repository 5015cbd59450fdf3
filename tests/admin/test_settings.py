"""The settings, tab by tab: what is saved, what is explained, what stays in the audit, who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads import connecting, intake, people, workspaces
from leads.admin.settings_forms import PersonForm
from leads.history.cast import WEBINAR, Cast, Enquiry, form_submission
from leads.intake import Signed
from leads.models import AllowedForm, Answer, Event, WorkflowRun, Workspace
from leads.payloads import parse
from leads.roles import MANAGER, OPERATOR, REVIEWER, ROLES
from leads.sentences import sentence

EDIT = ("view_workspace", "change_workspace", "change_answer", "add_allowedform", "change_allowedform")


def address(tab: str) -> str:
    return f"/admin/settings/default/{tab}/"


@pytest.fixture
def save(client: Client, workspace: Workspace) -> Callable[..., Any]:
    """Send a tab as a browser would, with `changes`."""

    def send(tab: str, by: Client = client, **changes: Any) -> Any:
        data = shown(tab, by)
        return by.post(address(tab), {name: value for name, value in (data | changes).items() if value is not None})

    return send


def shown(tab: str, by: Client) -> dict[str, Any]:
    """What a page that is opened now would send."""
    page = by.get(address(tab)).context
    data = {field.html_name: field.value() for field in page["form"]}
    data = {name: value for name, value in data.items() if value is not None and value is not False and value != ""}
    return data | {"revision": page["revision"]}


def row(form: AllowedForm, by: Client, **changes: Any) -> dict[str, Any]:
    """What the row of a form would send from a page that is opened now."""
    data = {"name": form.name, "enabled": form.enabled, "draft_only": form.draft_only} | changes
    sent = {f"form-{form.pk}-{name}": value for name, value in data.items() if value}
    return {"act": "change", "form": form.pk, "revision": by.get(address("forms")).context["revision"], **sent}


def traces(kind: str = "settings_changed") -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


@pytest.fixture
def manager(db: None) -> User:
    found = User.objects.create_user("mia", password="pw", is_staff=True)
    found.groups.set(Group.objects.filter(name=MANAGER))
    return found


@pytest.mark.parametrize(
    "tab", ["organisation", "voice", "answers", "meetings", "documents", "screening", "discretion", "targets"]
)
def test_saving_an_unchanged_tab_changes_nothing_and_leaves_no_trace(
    save: Callable[..., Any], workspace: Workspace, tab: str
) -> None:
    before = Workspace.objects.filter(pk=workspace.pk).values().get()
    assert save(tab).status_code == 302
    assert Workspace.objects.filter(pk=workspace.pk).values().get() == before
    assert traces() == []


def test_the_line_ends_of_browsers_are_no_change(save: Callable[..., Any], workspace: Workspace) -> None:
    workspaces.change(workspace, {"signature": "Clara\nNorthwind"}, actor="mia")
    workspaces.say(workspace, {("en", "demo"): "One.\nTwo."}, actor="mia")
    before = len(traces())
    save("voice", signature="Clara\r\nNorthwind")
    save("answers", demo_en="One.\r\nTwo.")
    assert len(traces()) == before


def test_a_changed_setting_is_in_the_audit_with_before_and_after(
    client: Client, save: Callable[..., Any], workspace: Workspace
) -> None:
    save("meetings", timezone="Europe/London", workdays=["0", "1"], opens="08:00")
    workspace.refresh_from_db()
    assert (workspace.timezone, workspace.workdays, workspace.opens.hour) == ("Europe/London", [0, 1], 8)
    assert traces() == [
        {
            "noun": "workspace",
            "id": workspace.pk,
            "action": "changed",
            "fields": {
                "timezone": ["Europe/Copenhagen", "Europe/London"],
                "workdays": [[0, 1, 2, 3, 4], [0, 1]],
                "opens": ["09:00:00", "08:00:00"],
            },
        }
    ]
    assert Event.objects.get(kind="settings_changed").actor == "olga"


def test_of_people_and_own_words_the_audit_keeps_the_name_of_the_field_only(
    save: Callable[..., Any], workspace: Workspace
) -> None:
    save("discretion", suppressed="Eva@private.example\r\n\r\n  https://private.example/x ", known_names="Private AG")
    save("voice", sender_name="Eva Private")
    workspace.refresh_from_db()
    assert workspace.suppressed == ["eva@private.example", "private.example"]
    assert [trace["fields"] for trace in traces()] == [
        {"suppressed": None, "known_names": None},
        {"sender_name": None},
    ]
    assert "rivate" not in json.dumps(traces())


def test_draft_only_cannot_be_sent_along_with_the_settings(save: Callable[..., Any], workspace: Workspace) -> None:
    save("organisation", draft_only="", name="Renamed")
    workspace.refresh_from_db()
    assert (workspace.name, workspace.draft_only) == ("Renamed", True)


@pytest.mark.parametrize(
    ("tab", "entered", "said"),
    [
        ("meetings", {"timezone": "Mars/Olympus"}, "is not a time zone"),
        ("meetings", {"closes": "07:00"}, "The day must close after it opens."),
        ("meetings", {"workdays": None}, "Choose at least one day"),
        ("meetings", {"notice_hours": "1"}, "greater than or equal to 2"),
        ("organisation", {"portal_id": "north"}, "A portal id is a number"),
        ("voice", {"greeting": "Hi {nick},"}, "Only {first_name} and {name} can be filled in"),
        ("voice", {"greeting": "Hi {"}, "Only {first_name} and {name} can be filled in"),
        ("voice", {"greeting": "Hi {first_name!r},"}, "Only {first_name} and {name} can be filled in"),
        ("voice", {"greeting": "Hi {{first_name}},"}, "Only {first_name} and {name} can be filled in"),
        ("voice", {"banned_phrases": "circle\x00back"}, "Null characters are not allowed"),
        ("meetings", {"calendar_ids": "a\x00b"}, "Null characters are not allowed"),
        ("voice", {"language": "eng"}, "at most 2 characters"),
        ("voice", {"language": "1x"}, "Write two letters"),
        ("discretion", {"suppressed": "eva@"}, "“eva@” is not an address"),
        ("documents", {"link_domains": "northwind"}, "“northwind” is not a domain"),
        ("targets", {"target_minutes": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_bad_setting_is_explained_and_nothing_is_saved(
    save: Callable[..., Any], tab: str, entered: dict[str, Any], said: str
) -> None:
    page = save(tab, **entered)
    assert page.status_code == 200
    assert said in page.content.decode()
    assert traces() == []


def test_the_address_of_a_folder_is_as_good_as_its_id(save: Callable[..., Any], workspace: Workspace) -> None:
    save("documents", folder_ids="https://drive.google.com/drive/u/0/folders/1AbC-d_9?usp=sharing\nplain-id")
    workspace.refresh_from_db()
    assert workspace.folder_ids == ["1AbC-d_9", "plain-id"]


def test_a_portal_belongs_to_one_workspace(save: Callable[..., Any]) -> None:
    Workspace.objects.create(name="Other", slug="other", portal_id="77")
    assert "Another workspace has this portal" in save("organisation", portal_id="77").content.decode()


def test_answers_are_added_changed_and_taken_away(save: Callable[..., Any], workspace: Workspace) -> None:
    save("answers", pricing_en="", demo_en="Other words.", vague_de="Erzählen Sie uns mehr.")
    known = {(one.intent, one.language): one.text for one in workspace.answers.all()}
    assert ("pricing", "en") not in known
    assert ("pricing", "de") in known
    assert (known["demo", "en"], known["vague", "de"]) == ("Other words.", "Erzählen Sie uns mehr.")
    said = [(trace["action"], trace["fields"]) for trace in traces()]
    assert said == [
        ("deleted", {"text": None, "intent": ["pricing", None], "language": ["en", None]}),
        ("changed", {"text": None}),
        ("added", {"text": None, "intent": [None, "vague"], "language": [None, "de"]}),
    ]
    assert Answer.objects.get(intent="vague").workspace == workspace


def test_a_form_is_allowed_renamed_and_switched_off_never_deleted(client: Client, workspace: Workspace) -> None:
    client.post(address("forms"), {"form_id": " new-form ", "name": "New"})
    form = AllowedForm.objects.get(form_id="new-form")
    client.post(address("forms"), row(form, client, name="Newer", enabled=False))
    form.refresh_from_db()
    assert (form.name, form.enabled, form.draft_only) == ("Newer", False, False)
    assert [(trace["action"], trace["fields"]) for trace in traces()] == [
        ("added", {"form_id": [None, "new-form"], "name": [None, "New"]}),
        ("changed", {"name": ["New", "Newer"], "enabled": [True, False]}),
    ]
    client.post(address("forms"), {"form_id": "new-form", "name": "New"})
    assert AllowedForm.objects.get(form_id="new-form").enabled
    assert b"without blanks" in client.post(address("forms"), {"form_id": "a b", "name": "x"}).content
    assert b"required" in client.post(address("forms"), row(form, client, name="")).content
    assert client.post(address("forms"), {"act": "change", "form": "x"}).status_code == 404


def test_a_forms_own_lock_takes_the_right_of_the_switch(
    client: Client, as_staff: Callable[..., Client], workspace: Workspace
) -> None:
    form = workspace.forms.order_by("pk")[0]
    AllowedForm.objects.filter(pk=form.pk).update(draft_only=True)
    without, having = as_staff(*EDIT), as_staff(*EDIT, "switch_draft_only")
    without.post(address("forms"), row(form, client, name="Renamed"))
    form.refresh_from_db()
    assert (form.name, form.draft_only) == ("Renamed", True)
    having.post(address("forms"), row(form, client, draft_only=False) | {"phrase": "SEND", "reason": "Tried out."})
    form.refresh_from_db()
    assert form.draft_only is False
    assert traces()[-1]["reason"] == "Tried out."


def test_opening_a_forms_own_lock_takes_the_word_and_a_reason(client: Client, workspace: Workspace) -> None:
    form = workspace.forms.order_by("pk")[0]
    workspaces.change_form(form, {"draft_only": True}, actor="mia")
    opening = row(form, client, name="Renamed", draft_only=False)
    asked = client.post(address("forms"), opening).content.decode()
    assert "This opens the form’s own lock." in asked
    assert 'value="Renamed"' in asked
    for said in ({"phrase": "sent", "reason": "x"}, {"phrase": "SEND", "reason": " "}):
        assert client.post(address("forms"), opening | said).status_code == 200
        form.refresh_from_db()
        assert (form.name != "Renamed", form.draft_only) == (True, True)
    client.post(address("forms"), opening | {"phrase": "SEND", "reason": "Tried out."})
    form.refresh_from_db()
    assert (form.name, form.draft_only) == ("Renamed", False)
    assert "(“Tried out.”)" in sentence(Event.objects.filter(kind="settings_changed").latest("pk"))
    workspaces.change_form(form, {"draft_only": True}, actor="mia")
    with pytest.raises(workspaces.ReasonNeeded):
        workspaces.change_form(form, {"draft_only": False}, actor="mia")


def test_a_page_from_before_a_form_was_locked_does_not_open_it(client: Client, workspace: Workspace) -> None:
    form = workspace.forms.order_by("pk")[0]
    old = row(form, client, name="Renamed")
    workspaces.change_form(form, {"draft_only": True, "enabled": False}, actor="mia")
    page = client.post(address("forms"), old | {"phrase": "SEND", "reason": "It was sent along."}).content.decode()
    assert "mia changed form" in page
    assert "draft_only: no → yes" in page
    assert 'value="Renamed"' in page
    form.refresh_from_db()
    assert (form.name != "Renamed", form.enabled, form.draft_only) == (True, False, True)
    assert client.post(address("forms"), old | {"revision": ""}).status_code == 200  # a page that says nothing
    form.refresh_from_db()
    assert form.draft_only
    other = workspace.forms.create(form_id="other", name="Other")
    old = row(other, client, name="Another")
    workspaces.change_form(form, {"enabled": True}, actor="mia")
    assert client.post(address("forms"), old).status_code == 302


def test_who_saves_an_old_page_is_told_who_changed_what_and_loses_nothing(
    client: Client, save: Callable[..., Any], workspace: Workspace
) -> None:
    old = shown("voice", client) | {"greeting": "Hey {first_name},"}
    workspaces.change(workspace, {"closing": "Cheers,"}, actor="mia")
    page = client.post(address("voice"), old)
    text = page.content.decode()
    workspace.refresh_from_db()
    assert (workspace.closing, workspace.greeting) == ("Cheers,", "Hi {first_name},")
    assert "mia changed workspace" in text
    assert "→ Cheers," in text
    assert 'value="Hey {first_name},"' in text
    assert page.context["meanwhile"].stored == [("Greeting", "Hi {first_name},"), ("Closing", "Cheers,")]
    again = client.post(address("voice"), old | {"closing": "Cheers,", "revision": page.context["revision"]})
    assert again.status_code == 302
    workspace.refresh_from_db()
    assert (workspace.closing, workspace.greeting) == ("Cheers,", "Hey {first_name},")


def test_a_change_on_another_tab_is_in_nobodys_way(client: Client, workspace: Workspace) -> None:
    old = shown("voice", client) | {"greeting": "Hey {first_name},"}
    workspaces.change(workspace, {"label": "Hot"}, actor="mia")
    connecting.connect(workspace, "hubspot", {"access_token": "t"}, actor="mia")
    workspaces.say(workspace, {("en", "demo"): "Other words."}, actor="mia")
    assert client.post(address("voice"), old).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.greeting, workspace.label) == ("Hey {first_name},", "Hot")


def test_answers_of_an_old_page_do_not_undo_those_of_somebody_else(client: Client, workspace: Workspace) -> None:
    old = shown("answers", client) | {"vague_en": "Tell us more."}
    workspaces.say(workspace, {("en", "demo"): "Mia's words."}, actor="mia")
    page = client.post(address("answers"), old)
    assert "mia changed answer" in page.content.decode()
    assert ("Demo in English", "Mia's words.") in page.context["meanwhile"].stored
    assert workspace.answers.get(intent="demo", language="en").text == "Mia's words."
    assert not workspace.answers.filter(intent="vague").exists()


def test_what_can_not_be_accounted_for_is_not_written_over(client: Client, workspace: Workspace) -> None:
    old = shown("voice", client)
    workspaces.revise(workspace)  # and no trace of what was changed
    assert client.post(address("voice"), old).status_code == 200
    assert client.post(address("voice"), old | {"revision": 10**9}).status_code == 200


def test_a_refused_form_does_not_change_the_title(save: Callable[..., Any], workspace: Workspace) -> None:
    Workspace.objects.create(name="Other", slug="other", portal_id="77")
    page = save("organisation", name="Never stored", portal_id="77")
    assert page.context["title"] == f"Settings of {workspace}"


def test_a_form_that_was_seen_is_allowed_with_one_click(client: Client, workspace: Workspace) -> None:
    """From home: Settings, Forms, Allow this form. Three actions."""
    asked = Enquiry(Cast(Random(1)).prospect(), WEBINAR, "")  # noqa: S311
    for number in range(2):
        body = json.dumps(form_submission(asked, f"seen-{number}", 1_790_000_000_000)).encode()
        intake.receive(Signed([workspace], "v3", {}, body), parse(body, timezone.now()))
    page = client.get(address("forms"))
    seen = page.context["seen"]
    assert [(one.form_id, one.name, one.times) for one in seen] == [(WEBINAR, "Webinar: from form to meeting", 2)]
    assert b"Allow this form" in page.content
    answer = client.post(address("forms"), {"form_id": WEBINAR, "name": seen[0].name}, follow=True)
    assert "is answered from now on" in answer.content.decode()
    assert answer.context["seen"] == []
    assert AllowedForm.objects.get(form_id=WEBINAR).enabled


def test_those_who_filled_in_a_form_before_it_was_allowed_are_answered_with_one_click(
    client: Client, as_staff: Callable[..., Client], workspace: Workspace
) -> None:
    for number in range(2):
        asked = Enquiry(Cast(Random(number)).prospect(), WEBINAR, "")  # noqa: S311
        body = json.dumps(form_submission(asked, f"waited-{number}", 1_790_000_000_000)).encode()
        intake.receive(Signed([workspace], "v3", {}, body), parse(body, timezone.now()))
    assert b"who waited" not in client.get(address("forms")).content
    form = workspaces.allow_form(workspace, form_id=WEBINAR, name="Webinar", actor="olga")
    assert b"Answer the 2 who waited" in client.get(address("forms")).content
    assert b"who waited" not in as_staff(*EDIT).get(address("forms")).content
    where = reverse("admin:leads_delivery_waited", args=[form.pk])
    assert as_staff("view_delivery", *EDIT).post(where).status_code == 403
    assert not WorkflowRun.objects.exists()
    assert b"2 were taken in again" in client.post(where, follow=True).content
    assert WorkflowRun.objects.filter(submission__form=form).count() == 2
    assert Event.objects.filter(kind="delivery_replayed", actor="olga").count() == 2
    assert b"who waited" not in client.get(address("forms")).content
    assert b"Nobody waits for" in client.post(where, follow=True).content
    assert client.get(where).status_code == 405
    AllowedForm.objects.filter(pk=form.pk).update(enabled=False)
    assert client.post(where).status_code == 404


def test_the_meetings_tab_shows_what_would_be_offered_now(client: Client, workspace: Workspace) -> None:
    offers = client.get(address("meetings")).context["offers"]
    assert [offer.place for offer in offers] == ["Copenhagen", "New York"]
    assert all(len(offer.lines) == 3 for offer in offers)
    Workspace.objects.filter(pk=workspace.pk).update(sender_email="")
    assert "Set the mailbox under Voice first" in client.get(address("meetings")).content.decode()


@pytest.mark.parametrize("tab", ["organisation", "forms", "voice", "answers", "meetings", "discretion", "targets"])
def test_staff_who_may_only_look_see_settings_and_change_nothing(
    as_staff: Callable[..., Client], workspace: Workspace, tab: str
) -> None:
    staff = as_staff("view_workspace")
    page = staff.get(address(tab))
    assert page.status_code == 200
    assert b"not change it" in page.content
    assert b'class="sa-button sa-button--primary"' not in page.content
    assert staff.post(address(tab), {"form_id": "x", "name": "x"}).status_code == 403


def test_settings_of_nothing_are_not_found(client: Client, workspace: Workspace) -> None:
    assert client.get("/admin/settings/default/nonsense/").status_code == 404
    assert client.get("/admin/settings/nobody/voice/").status_code == 404


def test_the_only_workspaces_settings_open_at_once_several_are_listed(client: Client, workspace: Workspace) -> None:
    assert client.get("/admin/settings/").headers["Location"] == address("organisation")
    Workspace.objects.create(name="Other", slug="other")
    assert client.get("/admin/settings/").headers["Location"] == "/admin/leads/workspace/"


def test_a_tab_takes_few_queries(client: Client, workspace: Workspace, django_assert_max_num_queries: Any) -> None:
    for tab in ("organisation", "forms", "answers", "meetings", "people"):
        with django_assert_max_num_queries(14):
            client.get(address(tab))


def test_each_role_may_look_at_everything_and_do_its_own(db: None) -> None:
    for name, (_, codenames) in ROLES.items():
        held = set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
        assert held >= {*codenames, "view_workflowrun", "view_event"}, name
    own = {codename for model in apps.get_app_config("leads").get_models() for codename, _ in model._meta.permissions}
    assert own <= {codename for _, codenames in ROLES.values() for codename in codenames}
    reviewer = set(Group.objects.get(name=REVIEWER).permissions.values_list("codename", flat=True))
    assert not reviewer & {"retry_run", "switch_draft_only", "change_workspace"}


def test_what_somebody_added_to_a_role_stays(db: None) -> None:
    extra = Group.objects.get(name=MANAGER).permissions.get(codename="manage_people")
    Group.objects.get(name=REVIEWER).permissions.add(extra)
    call_command("migrate", verbosity=0)
    assert Group.objects.get(name=REVIEWER).permissions.filter(pk=extra.pk).exists()


def test_a_manager_adds_a_person_who_can_log_in(manager: User, workspace: Workspace) -> None:
    client = Client()
    client.force_login(manager)
    page = client.post(address("people"), {"username": "rita", "email": "", "roles": [REVIEWER]})
    rita = User.objects.get(username="rita")
    assert page.context["password"] in page.content.decode()
    assert rita.check_password(page.context["password"])
    assert people.roles_of(rita) == [REVIEWER]
    assert page.context["password"] not in client.get(address("people")).content.decode()
    assert traces("person_added") == [{"person": rita.pk, "roles": [[], [REVIEWER]]}]
    again = client.post(address("people"), {"username": "RITA", "roles": []})
    assert "There is a “RITA” already" in again.content.decode()
    assert client.post(address("people"), {"username": "a b"}).status_code == 200


def test_two_who_add_the_same_person_at_once_are_told(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("rita")
    monkeypatch.setattr(PersonForm, "clean_username", lambda form: form.cleaned_data["username"])
    page = client.post(address("people"), {"username": "rita", "roles": []})
    assert page.status_code == 200
    assert "There is a “rita” already" in page.content.decode()


def test_roles_are_given_and_taken_with_a_trace(manager: User, workspace: Workspace) -> None:
    client, rita = Client(), User.objects.create_user("rita", is_staff=True)
    client.force_login(manager)
    client.post(address("people"), {"act": "roles", "person": rita.pk, "roles": [OPERATOR, REVIEWER]})
    client.post(address("people"), {"act": "roles", "person": rita.pk, "roles": [OPERATOR]})
    client.post(address("people"), {"act": "roles", "person": rita.pk, "roles": [OPERATOR]})
    assert traces("roles_changed") == [
        {"person": rita.pk, "roles": [[], [OPERATOR, REVIEWER]]},
        {"person": rita.pk, "roles": [[OPERATOR, REVIEWER], [OPERATOR]]},
    ]
    assert client.post(address("people"), {"act": "roles", "person": "nobody"}).status_code == 404
    client.post(address("people"), {"act": "roles", "person": rita.pk, "roles": ["Emperor"]})
    assert people.roles_of(User.objects.get(pk=rita.pk)) == [OPERATOR]


def test_a_person_is_deactivated_and_let_in_again(manager: User, workspace: Workspace) -> None:
    client, rita = Client(), User.objects.create_user("rita", is_staff=True)
    client.force_login(manager)
    client.post(address("people"), {"act": "deactivate", "person": rita.pk})
    assert not User.objects.get(pk=rita.pk).is_active
    client.post(address("people"), {"act": "activate", "person": rita.pk})
    assert User.objects.get(pk=rita.pk).is_active
    kinds = Event.objects.filter(kind__startswith="person_").order_by("pk")
    assert [event.kind for event in kinds] == ["person_deactivated", "person_let_in"]


def test_the_last_manager_stays(manager: User, workspace: Workspace) -> None:
    client = Client()
    client.force_login(manager)
    answer = client.post(address("people"), {"act": "roles", "person": manager.pk, "roles": []}, follow=True)
    assert "the last manager" in answer.content.decode()
    answer = client.post(address("people"), {"act": "deactivate", "person": manager.pk}, follow=True)
    assert "lock yourself out" in answer.content.decode()
    assert people.roles_of(User.objects.get(pk=manager.pk)) == [MANAGER]
    assert traces("roles_changed") == []
    User.objects.create_superuser("olga")
    client.post(address("people"), {"act": "roles", "person": manager.pk, "roles": []})
    assert people.roles_of(User.objects.get(pk=manager.pk)) == []


def test_a_manager_does_not_touch_a_superuser_nor_djangos_own_accounts(manager: User, workspace: Workspace) -> None:
    client, olga = Client(), User.objects.create_superuser("olga")
    client.force_login(manager)
    answer = client.post(address("people"), {"act": "deactivate", "person": olga.pk}, follow=True)
    assert "Only another superuser" in answer.content.decode()
    assert User.objects.get(pk=olga.pk).is_active
    for page in ("user", f"user/{olga.pk}/change", "group"):
        assert client.get(f"/admin/auth/{page}/").status_code == 403


def test_who_may_not_manage_people_does_not_see_them(as_staff: Callable[..., Client], workspace: Workspace) -> None:
    assert as_staff(*EDIT).get(address("people")).status_code == 403
    assert as_staff(*EDIT).get("/admin/people/").status_code == 403


def test_superusers_change_accounts_and_groups_with_a_trace_of_the_fields(client: Client, workspace: Workspace) -> None:
    rita = User.objects.create_user("rita", is_staff=True)
    page = f"/admin/auth/user/{rita.pk}/change/"
    form = client.get(page).context["adminform"].form
    data = {field.html_name: value for field in form if (value := field.value()) not in (None, False, "")}
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00", "first_name": "Rita"}
    assert client.post(page, data).status_code == 302
    assert User.objects.get(pk=rita.pk).first_name == "Rita"
    facts = traces()[0]
    assert (facts["noun"], facts["id"], facts["action"]) == ("account", rita.pk, "changed")
    assert "first_name" in facts["fields"]
    assert set(facts["fields"].values()) == {None}
    group = Group.objects.get(name=REVIEWER)
    assert client.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200


# Meetings and screening


def test_hours_holidays_and_days_off_are_saved_as_they_were_meant(
    save: Callable[..., Any], workspace: Workspace
) -> None:
    days = {"own_hours": "Friday 9-13", "holiday_country": "DE", "holiday_region": "bayern", "days_off": "12-24"}
    assert save("meetings", **days, buffer_before=10).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.own_hours, workspace.holiday_region, workspace.days_off) == (["Friday 9-13"], "BY", ["12-24"])
    assert workspace.buffer_before == 10


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"own_hours": "Friday whenever"}, "has no hours in order"),
        ({"own_hours": "Sunday 9-12"}, "Sunday is no working day above"),
        ({"days_off": "Christmas"}, "is no day"),
        ({"holiday_region": "BY"}, "Choose the country first"),
        ({"holiday_country": "DE", "holiday_region": "Atlantis"}, "is not known there"),
        ({"holiday_country": "XX"}, "Select a valid choice"),
        ({"days_ahead": "0"}, "greater than or equal to 1"),
        ({"buffer_after": "999"}, "less than or equal to 120"),
    ],
)
def test_hours_that_make_no_sense_are_explained(
    save: Callable[..., Any], workspace: Workspace, entered: dict[str, str], said: str
) -> None:
    assert said in save("meetings", **entered).content.decode()


def test_the_next_days_off_stand_beside_the_hours(client: Client, workspace: Workspace) -> None:
    Workspace.objects.update(holiday_country="DE")
    names = [name for _day, name in client.get(address("meetings")).context["days_off"]]
    assert names
    assert "own day off" not in names


def test_rules_are_switched_and_lists_tidied(save: Callable[..., Any], workspace: Workspace) -> None:
    answer = save("screening", rules_on=["spam", "free_mail"], competitors="https://Rival.example/\n@foe.example")
    assert answer.status_code == 302
    workspace.refresh_from_db()
    assert workspace.competitors == ["rival.example", "foe.example"]
    assert "vendor" in workspace.screening_off
    assert not {"spam", "free_mail"} & {*workspace.screening_off}
    assert traces()[-1]["fields"]["competitors"] is None
    assert "vendor" in traces()[-1]["fields"]["screening_off"][1]


def test_a_domain_that_is_none_is_refused_among_the_competitors(save: Callable[..., Any], workspace: Workspace) -> None:
    page = save("screening", competitors="the big one").content.decode()
    assert "is not a domain" in page
    assert "Vendors" in page


def test_each_rule_shows_how_often_it_spoke_and_leads_there(
    client: Client, make_run: Callable[..., WorkflowRun]
) -> None:
    make_run("done", outcome="screened", screened_by="vendor", reason="x")
    page = client.get(address("screening"))
    rows = {row.rule.value: row for row in page.context["switched"]}
    assert (rows["vendor"].count, rows["spam"].count) == (1, 0)
    assert rows["vendor"].runs in page.content.decode().replace("&amp;", "&")
    assert len(client.get(rows["vendor"].runs).context["cl"].result_list) == 1
