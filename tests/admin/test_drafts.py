"""The archive of drafts: where each is read; nothing is decided from a list."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from leads.models import Draft

MakeDraft = Callable[..., Draft]
LIST = "/admin/leads/draft/"


def test_the_page_of_a_draft_is_where_it_is_reviewed(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    answer = client.get(f"{LIST}{draft.pk}/change/")
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/review/{draft.pk}/")
    assert client.get(f"{LIST}0/change/").status_code == 404


def test_nobody_decides_on_what_they_have_not_read(client: Client, make_draft: MakeDraft) -> None:
    draft = make_draft()
    assert f"{LIST}{draft.pk}/change/" in client.get(LIST).content.decode()
    for action in ("approve_selected", "reject_selected"):
        client.post(LIST, {"action": action, ACTION_CHECKBOX_NAME: [draft.pk], "reason": "x"})
    for page in ("approve", "reject"):
        assert client.post(f"{LIST}{draft.pk}/{page}/", {"reason": "x"}).status_code in {302, 404}
    assert Draft.objects.get(pk=draft.pk).status == "ready"
