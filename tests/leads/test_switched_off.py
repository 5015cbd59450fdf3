"""DRAFT_ONLY turned back on in the middle of sending: nothing leaves after the transaction that turned it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now

from leads.engine import sending as engine
from leads.models import AllowedForm, Draft, Event, Sending, Workspace
from leads.sending import SWITCHED_ON
from leads.workspaces import change_form, switch_draft_only
from tests.leads.driving import beside, until
from tests.leads.outgoing import approved, sent

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
WORKERS = 6
LATENCY = 40  # ms a call


def by_switch(workspace: Workspace) -> None:
    switch_draft_only(workspace, on=True, reason="enough", actor="anna")


def by_form(workspace: Workspace) -> None:
    for form in AllowedForm.objects.filter(workspace=workspace):
        change_form(form, {"draft_only": True}, actor="anna")


@pytest.mark.parametrize(("close", "scheduled"), [(by_switch, 100), (by_form, 60)])
def test_not_one_draft_leaves_after_the_switch_was_closed(
    box: Any, lead: Make, sending: Workspace, hasty: None, close: Callable[[Workspace], None], scheduled: int
) -> None:
    anna = User.objects.create_user("anna")
    for number in range(scheduled):
        approved(lead(number), sending, anna)
    Sending.objects.update(due_at=Now())
    box.control.latency(LATENCY)
    is_over = threading.Event()

    def work(_: int) -> None:
        try:
            while not is_over.is_set():
                for held in engine.claim(1):
                    engine.send(held)
        finally:
            connection.close()

    with beside(lambda: list(ThreadPoolExecutor(WORKERS).map(work, range(WORKERS)))):
        try:
            until(lambda: len(sent(box)) > scheduled // 5)
            close(sending)
            closed_at, left = time.time(), len(sent(box))
            time.sleep(0.5)
        finally:
            is_over.set()
    assert 0 < left < scheduled
    assert len(sent(box)) == left
    assert all(mail["internal_ms"] / 1000 <= closed_at for mail in sent(box))
    assert Draft.objects.filter(status="sent").count() == left
    assert Draft.objects.filter(status="ready", returned_because=SWITCHED_ON).count() == scheduled - left
    assert not Sending.objects.exists()
    events = Event.objects.filter(kind="draft_returned", actor="anna", facts__cause="draft_only")
    assert events.count() == scheduled - left
