"""A small morning at Northwind, made by the real workflow against the sandbox: a run in every state, a few drafts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from leads import backfill, drafts, notices, runs, sent_mail
from leads.alerts import watch
from leads.intake import Signed, receive, refuse
from leads.models import Notice, Workspace
from leads.payloads import parse
from leads.samples import sample
from tests.leads.driving import drive_once, drive_to_the_end, take_in

UNKNOWN_FORM = "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a99"


def submission(number: int, first: str, last: str, company: str, **fields: str) -> dict[str, Any]:
    """A form that this person filled in."""
    data: dict[str, Any] = sample(f"world-{number}")
    domain = company.lower().replace(" ", "") + ".example"
    said = {"email": f"{first.lower()}@{domain}", "firstname": first, "lastname": last, "company": company} | fields
    data["fieldValues"] = [
        {"name": entry["name"], "value": said.pop(entry["name"], entry["value"])} for entry in data["fieldValues"]
    ]
    return data


def furnish(box: Any, workspace: Workspace, boss: User) -> None:
    """Two drafts to review, one reviewed, and a run that is dead, waiting, cancelled, pending, and screened out."""
    notices.add(workspace, url="json://127.0.0.1:9/sales", name="Sales channel", on_draft_ready=False, by=boss)
    notices.add(workspace, url="json://127.0.0.1:9/olga", name="Olga’s mail", person=boss, by=boss)
    for number, who in enumerate([("Mara", "Okafor", "Bright Freight"), ("Jonas", "Lindqvist", "Fjord Tools")]):
        drive_to_the_end(take_in(submission(number, *who), workspace))
    approved = drive_to_the_end(take_in(submission(3, "Aiko", "Tanaka", "Lumen Labs"), workspace))
    drafts.approve(approved.draft, version=approved.draft.version, by=boss)
    drive_to_the_end(
        take_in(submission(4, "Sam", "Seller", "Link Farm", message="Buy backlinks, SEO services"), workspace)
    )
    nobody = submission(10, "No", "Reply", "Silent Soap", email="no-reply@silentsoap.example")
    drive_to_the_end(take_in(nobody, workspace))
    box.control.fault("400:gmail.drafts.create:x1")
    drive_to_the_end(take_in(submission(5, "Priya", "Raman", "Harbor Health"), workspace))
    box.control.fault("503:gmail.drafts.create:x1")
    drive_once(take_in(submission(6, "Luis", "Ortega", "Casa Verde"), workspace))
    cancelled = take_in(submission(7, "Ana", "Costa", "Porto Prints"), workspace)
    runs.cancel(cancelled, reason="Called us meanwhile", actor=boss.username)
    again = take_in(submission(8, "Tom", "Novak", "Brno Bikes"), workspace)
    deliver(workspace, submission(8, "Tom", "Novak", "Brno Bikes"))
    deliver(workspace, submission(9, "Ines", "Marques", "Lisbon Legal") | {"formId": UNKNOWN_FORM})
    refuse(Signed([workspace], "v3", {}, b"not json"), "the body is not JSON")
    assert again.state == "pending"
    count_older(workspace, boss)
    sent_mail.learn(workspace, None, actor=boss.username)
    Notice.objects.filter(kind="draft_ready").update(state="sent", attempt=1)
    watch.look()
    Notice.objects.filter(kind="alert", address__name="Sales channel").update(
        state="failed", attempt=6, error="Failed to send JSON notification: connection refused."
    )


def count_older(workspace: Workspace, boss: User) -> None:
    """A backfill that waits for a person's word, of the sandbox's own submissions."""
    now = timezone.now()
    form = workspace.forms.select_related("workspace").order_by("pk")[0]
    backfill.ask(form, now - timedelta(days=7), now, actor=boss.username)
    held = backfill.claim()
    assert held is not None
    backfill.work(held)


def deliver(workspace: Workspace, payload: dict[str, Any]) -> None:
    """Take a delivery in, whatever becomes of it."""
    body = json.dumps(payload).encode()
    receive(Signed([workspace], "v3", {"User-Agent": "HubSpot"}, body), parse(body, timezone.now()))
