"""The pages of voices: reps from HubSpot, what was learnt from sent mail, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from leads import sent_mail
from leads.models import Event, Rep, SentMail, Workspace
from leads.roles import REVIEWER
from leads.sentences import sentence

pytestmark = pytest.mark.django_db

VOICE = "/admin/settings/default/voice/"
REPS, LEARN = f"{VOICE}reps/", f"{VOICE}learn/"


@pytest.fixture
def clara(workspace: Workspace) -> Rep:
    return Rep.objects.get(workspace=workspace)


def of_rep(rep: Rep, part: str = "") -> str:
    return f"{REPS}{rep.pk}/{part}"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_reps_are_read_from_hubspot_and_speak_once_somebody_says_so(
    client: Client, box: Any, workspace: Workspace
) -> None:
    Rep.objects.all().delete()
    assert "HubSpot has 1 owner of contacts." in text(client.post(REPS, follow=True))
    rep = Rep.objects.get(workspace=workspace)
    assert (rep.owner_id, rep.name, rep.email, rep.speaks) == ("7001", "Clara Jensen", "clara@northwind.example", False)
    client.post(of_rep(rep), {"revision": 0, "speaks": "on", "closing": "Cheers,", "tone": "warm"})
    rep.refresh_from_db()
    assert (rep.speaks, rep.closing, rep.tone) == (True, "Cheers,", "warm")
    changed = Event.objects.filter(kind="settings_changed").latest("pk")
    assert changed.facts["fields"]["closing"] == ["", "Cheers,"]
    assert "changed rep" in sentence(changed)
    client.post(REPS)
    rep.refresh_from_db()
    assert (rep.speaks, rep.closing) == (True, "Cheers,")


def test_owners_that_may_not_be_read_are_named_with_what_is_missing(
    client: Client, box: Any, workspace: Workspace
) -> None:
    box.control.fault("403:hubspot.owners.list:x1")
    assert "The owners could not be read." in text(client.post(REPS, follow=True))


def test_what_makes_no_sense_in_a_reps_voice_is_said(client: Client, clara: Rep) -> None:
    page = text(client.post(of_rep(clara), {"greeting": "Hi {nick},", "language": "german"}))
    assert "Only {first_name} and {name} can be filled in" in page
    clara.refresh_from_db()
    assert clara.greeting == ""


def test_a_page_of_a_rep_that_is_older_than_the_settings_saves_nothing(client: Client, clara: Rep) -> None:
    client.post(of_rep(clara), {"revision": 0, "closing": "First,"})
    page = text(client.post(of_rep(clara), {"revision": 0, "closing": "Second,"}))
    assert "Somebody changed this while your page was open" in page
    clara.refresh_from_db()
    assert clara.closing == "First,"


def test_sent_mail_is_read_shown_beside_the_voice_and_taken_over(
    client: Client, box: Any, workspace: Workspace
) -> None:
    assert "Nothing was read yet" in text(client.get(LEARN))
    page = text(client.post(LEARN, {"act": "read"}, follow=True))
    assert "In 7 of 7 mails" in page
    assert "Account Executive, Northwind" in page
    revision = client.get(LEARN).context["revision"]
    page = text(
        client.post(LEARN, {"act": "accept", "take": ["signature", "samples"], "revision": revision}, follow=True)
    )
    assert "Taken over." in page
    workspace.refresh_from_db()
    assert workspace.signature == "Clara Jensen\nNorthwind"
    assert workspace.samples == SentMail.objects.get().samples
    client.post(LEARN, {"act": "unused"})
    assert Workspace.objects.get(pk=workspace.pk).samples == []
    assert "is deleted" in text(client.post(LEARN, {"act": "forget"}, follow=True))
    assert not SentMail.objects.exists()


def test_what_can_not_be_read_is_said_in_words(client: Client, box: Any, clara: Rep) -> None:
    Rep.objects.update(email="eva@northwind.example")
    assert "can&#x27;t read the mail of eva@northwind.example" in text(
        client.post(of_rep(clara, "learn/"), {"act": "read"}, follow=True)
    )
    box.control.fault("403:gmail.messages.list:x1")
    assert "The sent mail could not be read." in text(client.post(LEARN, {"act": "read"}, follow=True))
    assert not SentMail.objects.exists()


@pytest.mark.parametrize("act", ["accept", "unused", "forget", "nonsense", ""])
def test_nothing_read_is_nothing_to_act_on(client: Client, workspace: Workspace, act: str) -> None:
    assert client.post(LEARN, {"act": act}).status_code == 302


def test_a_rep_of_another_workspace_is_not_there(client: Client, clara: Rep) -> None:
    other = Workspace.objects.create(slug="other", name="Other", portal_id="777")
    theirs = Rep.objects.create(workspace=other, owner_id="1", name="Nils")
    assert client.get(of_rep(theirs)).status_code == 404
    assert client.get(of_rep(theirs, "learn/")).status_code == 404


def test_voices_take_a_manager_and_samples_are_for_nobody_else(box: Any, workspace: Workspace, clara: Rep) -> None:
    call_command("migrate", verbosity=0)
    nora = User.objects.create_user("nora", is_staff=True)
    nora.groups.add(Group.objects.get(name=REVIEWER))
    sent_mail.learn(workspace, None, actor="ada")
    client = Client()
    client.force_login(nora)
    assert client.get(VOICE).status_code == client.get(of_rep(clara)).status_code == 200
    for page in (LEARN, of_rep(clara, "learn/")):
        assert client.get(page).status_code == 403
    for page in (REPS, LEARN, of_rep(clara), of_rep(clara, "learn/")):
        assert client.post(page, {"act": "forget"}).status_code == 403
    assert SentMail.objects.exists()
