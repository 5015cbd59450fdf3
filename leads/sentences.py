"""The audit in sentences: what an event says, and what it is about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leads.models import AlertRule, Breaker, Connection, Event
from leads.readable import listed, span, text, words
from leads.timeline import title_of

SYSTEM = "The system"
LONGEST = 300

# By kind. {who} is the person or the system, {run} the run; the other names are facts.
SENTENCES = {
    "run_accepted": "{run} was accepted for submission {submission}.",
    "run_started": "{run} began.",
    "run_done": "{run} is done: {outcome}.",
    "run_waits": "{run} failed for now ({error}{at_step}) and goes on in {wait}.",
    "run_died": "{run} gave up ({error}{at_step}).",
    "run_retried": "{who} let {run} go on from the step that failed.",
    "run_released": "{who} released what was withheld of {run}: {effects}.",
    "run_caught_up": "{run} is through with what was released.",
    "run_started_again": "{who} started {run} again, as run {again}.",
    "screening_overridden": "{who} wanted a draft though {run} was screened out ({rule}): run {again}.",
    "run_replayed": "{who} thought {run} through again in the replay lab.",
    "run_cancelled": "{who} cancelled {run}.",
    "run_discarded": "{who} discarded {run}.",
    "step_failed": "{run}: the step “{step}” failed ({error}).",
    "step_went_without": "{run}: the step “{step}” could not be done ({error}), and the draft does without it.",
    "unknown_error": "{run} met an error that nobody has seen before ({error}{at_step}).",
    "effect_done": "{run}: {effect} is done.",
    "effect_failed": "{run}: {effect} failed ({error}){perhaps}.",
    "draft_approved": "{who} approved draft {draft}.",
    "draft_approved_by_itself": "Draft {draft} needed no reviewer: of the newest {reviewed} of its form, "
    "{unedited} were approved unedited.",
    "auto_send_stopped": "Form {form} stopped sending by itself: of its newest {reviewed} reviewed drafts, only "
    "{unedited} were approved unedited.",
    "draft_rejected": "{who} rejected draft {draft}.",
    "draft_reopened": "{who} took the verdict on draft {draft} back.",
    "draft_edited": "{who} edited draft {draft}: revision {revision}{unsound}.",
    "draft_superseded": "{who} closed draft {draft}, since its run was started again.",
    "draft_scheduled": "Draft {draft} is scheduled to be sent ({who}).",
    "draft_returned": "{who} put draft {draft} back into review ({cause}).",
    "draft_sent": "Draft {draft} was sent.",
    "draft_sent_by_hand": "Draft {draft} was sent by hand, from the mailbox.",
    "draft_deleted_by_hand": "Draft {draft} was deleted by hand in the mailbox.",
    "draft_uncertain": "Draft {draft} may have been sent: a person must say.",
    "draft_settled": "{who} said that draft {draft} was {sent}.",
    "draft_edited_in_gmail": "Draft {draft} was edited by hand in Gmail: revision {revision}{unsound}.",
    "draft_sent_changed": "Draft {draft} was sent by hand in other words, which are kept as its newest revision.",
    "draft_heard_reply": "The prospect answered, which concerns draft {draft}.",
    "draft_heard_opt_out": "The prospect asked not to be written to, which concerns draft {draft}.",
    "draft_heard_booking": "The prospect booked a meeting, which concerns draft {draft}.",
    "draft_heard_away": "An automatic answer came, which concerns draft {draft}{back}.",
    "draft_heard_bounce": "Draft {draft} was sent, and could not be delivered.",
    "draft_heard_ours": "Another mail went out by hand in the conversation of draft {draft}.",
    "draft_closed": "Draft {draft} was closed: the prospect wants no mail.",
    "mailbox_compared": "All drafts were compared with the mailbox: {differences} differed.",
    "mailbox_follow_failed": "The mailbox could not be followed ({error}).",
    "mailbox_follow_mended": "The mailbox is followed again.",
    "draft_updated": "Draft {draft} was brought up to date in the mailbox.",
    "draft_update_retried": "{who} let the edit of draft {draft} go to the mailbox again.",
    "draft_found_edited": "Draft {draft} was edited by hand in the mailbox, and is left so.",
    "draft_found_gone": "Draft {draft} was sent or deleted by hand in the mailbox.",
    "draft_update_failed": "Draft {draft} could not be brought up to date in the mailbox ({error}).",
    "delivery_replayed": "{who} replayed delivery {delivery} as {replay}: {verdict}.",
    "events_exported": "{who} exported events: {filters}.",
    "draft_only_switched": "{who} turned DRAFT_ONLY {switch}: {reason}",
    "settings_changed": "{who} {action} {noun} {id}: {changes}{because}",
    "reps_fetched": "{who} read the owners of contacts from HubSpot: {reps}.",
    "sent_mail_read": "{who} had {mails} sent mails read, to learn a voice{of_rep}.",
    "voice_learned": "{who} took over {fields} of what was learnt{of_rep}.",
    "sent_mail_forgotten": "{who} deleted what was learnt from sent mail{of_rep}.",
    "credentials_changed": "{who} entered credentials for {service}: {names}.",
    "connection_broken": "{service} refuses our credentials: the connection is broken, and runs wait for it.",
    "connection_mended": "{service} is connected again. Runs that waited for it and go on: {runs}.",
    "breaker_opened": "The circuit to {service} opened: {why}",
    "breaker_closed": "The circuit to {service} closed after {wait}{because}. Runs that waited and go on: {runs}.",
    "credentials_forgotten": "{who} had the credentials for {service} forgotten.",
    "credentials_resealed": "{resealed} stored credentials were sealed with the newest key.",
    "connection_tested": "{who} tested the connection to {service}: {verdict}.",
    "submission_corrected": "{who} corrected {fields} of submission {submission}.",
    "database_restored": "{who} saw that the database was restored from a backup. Open runs: {runs}. "
    "Scheduled drafts put back into review: {drafts}.",
    "fault_switched_on": "{who} switched a fault on for {min} min: {fault} at {where}, share {share}.",
    "fault_switched_off": "{who} switched fault {fault} off.",
    "drill_held": "{who} held the drill “{drill}”.",
    "error_muted": "{who} muted {cause}{until}.",
    "error_unmuted": "{who} unmuted {cause}.",
    "error_assigned": "{who} gave {cause} to {to}.",
    "error_resolved": "{who} resolved {cause}.",
    "error_reopened": "{who} reopened {cause}.",
    "error_retried": "{who} let {runs} runs go on that failed by {cause}.",
    "alert_opened": "An alert was opened: {alert_rule}.",
    "alert_resolved": "An alert is over: {alert_rule}.",
    "alert_acknowledged": "{who} acknowledged an alert: {alert_rule}.",
    "alert_rule_tested": "{who} sent a test of the alert {alert_rule} to {addresses} address(es).",
    "reconciliation_asked": "{who} asked to have the tables, the mailbox and HubSpot reconciled.",
    "reconciled": "The tables, the mailbox and HubSpot were reconciled.",
    "discrepancy_repaired": "{who} saw to what did not agree: {check} {subject}.",
    "notice_address_added": "{who} added address {address} for messages to the team.",
    "notice_address_changed": "{who} changed {fields} of address {address} for messages to the team.",
    "notice_address_removed": "{who} removed address {address} for messages to the team.",
    "notice_address_tested": "{who} sent a test to address {address}.",
    "notice_tested": "Test message {notice} was sent.",
    "notice_put_off": "Message {notice} to the team could not be sent yet. It is tried again.",
    "notice_failed": "Message {notice} to the team could not be sent.",
    "notice_sent_again": "{who} let message {notice} be sent again.",
    "approve_link_used": "{who} approved draft {draft} by the link in a message to address {address}.",
    "person_added": "{who} added person {person}, {roles}.",
    "roles_changed": "{who} changed the roles of person {person}: {roles}.",
    "person_deactivated": "{who} deactivated person {person}.",
    "person_let_in": "{who} let person {person} in again.",
    "backfill_asked": "{who} asked how many a backfill of form {form} would run: backfill {backfill}.",
    "backfill_counted": "Backfill {backfill} was counted.",
    "backfill_confirmed": "{who} let backfill {backfill} run: {runs} runs.",
    "backfill_cancelled": "{who} cancelled backfill {backfill}.",
    "backfill_done": "Backfill {backfill} is done.",
    "backfill_failed": "Backfill {backfill} could not go on.",
    "form_poll_failed": "Form {form} could not be polled ({error}).",
    "form_poll_mended": "Form {form} is polled again.",
    "test_lead_sent": "{who} sent a test lead: {run}.",
    "test_delivery_sent": "{who} sent a test delivery to our own address: {came}.",
    "history_written": "A made-up history of {runs} runs was written.",
}
BREAKER = ("breaker_opened", "breaker_closed")
CONNECTION = ("connection_broken", "connection_mended", *BREAKER)
LABELS = dict(Connection.Service.choices) | dict(Breaker.Service.choices)
ABOUT = {
    "run": "workflowrun",
    "again": "workflowrun",
    "submission": "submission",
    "draft": "draft",
    "delivery": "delivery",
    "replay": "delivery",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that an event is about; it may have been erased since."""

    text: str
    model: str
    pk: int


def sentence(event: Event) -> str:
    """One line that a person reads; of a kind without one of its own, the kind and its facts."""
    values = {name: text(value) for name, value in event.facts.items()}
    values |= spelled(event)
    values |= {"who": event.actor or SYSTEM, "run": f"run {event.run_id}" if event.run_id else "a run"}
    pattern = SENTENCES.get(event.kind)
    if pattern is None:
        return f"{values['who']}: {words(event.kind).lower()}. {plainly(event)}".strip()[:LONGEST]
    said = pattern.format_map(defaultdict(lambda: "?", values))
    if pattern.startswith("{run}"):
        said = said[0].upper() + said[1:]
    return " ".join(said.split())[:LONGEST]


def spelled(event: Event) -> dict[str, str]:
    """Facts that need more than their value to be read."""
    facts: dict[str, Any] = event.facts
    found: dict[str, str] = {}
    if "step" in facts:
        found["step"] = title_of(str(facts["step"]))
        found["at_step"] = f" in “{found['step']}”" if facts["step"] else ""
    found.setdefault("at_step", "")
    seconds = facts.get("seconds")
    found["wait"] = span(timedelta(seconds=seconds)) if isinstance(seconds, int | float) else "a while"
    found["perhaps"] = "; it may have been done all the same" if facts.get("may_be_done") else ""
    found["unsound"] = ", which fails a hard check" if facts.get("sound") is False else ""
    found["switch"] = "on" if facts.get("on") else "off"
    found["until"] = f" until {facts['until']}" if facts.get("until") else ""
    found["because"] = f" (“{facts['reason']}”)" if facts.get("reason") else ""
    found["of_rep"] = f", of rep {facts['rep']}" if facts.get("rep") else ""
    found["alert_rule"] = dict(AlertRule.Kind.choices).get(str(facts.get("rule")), "a rule").lower()
    found["back"] = f": away until {facts['until']}" if facts.get("until") else ""
    found["to"] = str(facts.get("to") or "nobody")
    found["cause"] = f"{facts.get('error') or 'an error'}{found['at_step']}"
    if event.kind == "draft_returned":
        found["cause"] = words(str(facts.get("cause", ""))).lower()
    found["sent"] = "sent" if facts.get("sent") else "not sent"
    if isinstance(facts.get("effects"), list):
        found["effects"] = listed([words(str(kind)).lower() for kind in facts["effects"]])
    for name in ("effect", "noun", "outcome", "verdict"):
        if name in facts:
            found[name] = words(str(facts[name])).lower()
    if event.kind in CONNECTION:
        found["service"] = LABELS.get(str(facts.get("service")), "An account")
    if "roles" in facts:
        found["roles"] = changes({"roles": facts["roles"]})
    if event.kind == "events_exported":
        chosen = facts.get("filters")
        named = [f"{name}: {value}" for name, value in chosen.items()] if isinstance(chosen, dict) else []
        found["filters"] = "; ".join(named) or "all of them"
    if "fields" in facts:
        found["changes"] = found["fields"] = changes(facts["fields"])
    return found


def plainly(event: Event) -> str:
    """The facts as they are, on one line."""
    return "; ".join(f"{words(name).lower()}: {text(value)}" for name, value in event.facts.items() if value != "")


def changes(fields: object) -> str:
    """What was changed, as “before → after” where the audit may show it."""
    if isinstance(fields, list):
        return ", ".join(str(name) for name in fields)
    if not isinstance(fields, dict):
        return text(fields)
    return listed(
        [
            f"{name}: {text(pair[0]) or 'empty'} → {text(pair[1]) or 'empty'}"
            if isinstance(pair, list) and len(pair) == 2
            else str(name)
            for name, pair in fields.items()
        ]
    )


def references(event: Event) -> list[Reference]:
    """What the event is about."""
    facts = {"run": event.run_id, **event.facts}
    found = [
        Reference(f"{words(name)} {facts[name]}", model, facts[name])
        for name, model in ABOUT.items()
        if isinstance(facts.get(name), int) and not isinstance(facts[name], bool)
    ]
    runs = event.facts.get("runs")
    begun = runs[:20] if isinstance(runs, list) else []
    found += [Reference(f"Run {pk}", "workflowrun", pk) for pk in begun if isinstance(pk, int)]
    if event.workspace_id:
        found.append(Reference(f"Workspace {event.workspace_id}", "workspace", event.workspace_id))
    return found
