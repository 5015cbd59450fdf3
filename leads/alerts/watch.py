"""Keeps the episodes: opens one where a rule finds something, lets it count up, tells of it, and resolves it.

Workers' supervisors look, every few seconds; `due_at` of a rule gives each look to one of them. Were two at it all the
same, or did one die half-way, the index of open episodes and conditional updates decide: whoever changes `told_at` or
`resolved_at` posts the message, in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models.functions import Now

from leads.alerts.decisions import wanting
from leads.alerts.findings import Finding
from leads.alerts.rules import RULES, SELDOM, SLOW, SOON
from leads.models import Alert, AlertRule, Event, Notice

logger = logging.getLogger(__name__)

ALL = tuple(RULES)
AT_ONCE = 100  # rules

MAKE = """
INSERT INTO leads_alertrule (workspace_id, kind, is_on, threshold, quiet_minutes)
SELECT workspace.id, rule.kind, true, rule.threshold, rule.quiet
FROM leads_workspace AS workspace, unnest(%s::text[], %s::int[], %s::int[]) AS rule (kind, threshold, quiet)
WHERE NOT EXISTS (
  SELECT FROM leads_alertrule AS made WHERE made.workspace_id = workspace.id AND made.kind = rule.kind)
ON CONFLICT DO NOTHING
"""

CLAIM = """
UPDATE leads_alertrule SET due_at = statement_timestamp() + CASE WHEN kind = ANY(%s) THEN %s ELSE %s END
WHERE id IN (
  SELECT id FROM leads_alertrule
  WHERE is_on AND kind = ANY(%s) AND due_at <= statement_timestamp() ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


def look(kinds: Collection[str] = ALL) -> None:
    """Look at every rule of these kinds whose time has come."""
    make_rules()
    for rule in claim(kinds):
        try:
            compare(rule)
        except DatabaseError:
            raise
        except Exception:
            # One rule's trouble is not another's.
            logger.exception("the alert rule %s of workspace %s failed", rule.kind, rule.workspace_id)


def claim(kinds: Collection[str]) -> list[AlertRule]:
    """The rules that are due, for whoever asks first."""
    wanted: list[Any] = [SLOW, SELDOM, SOON, list(kinds), AT_ONCE]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, wanted)
        taken = [pk for (pk,) in cursor.fetchall()]
    return list(AlertRule.objects.filter(pk__in=taken).select_related("workspace").order_by("pk"))


def make_rules() -> None:
    """Every workspace has every rule."""
    rules = RULES.values()
    with connection.cursor() as cursor:
        cursor.execute(MAKE, [list(RULES), [one.threshold for one in rules], [one.quiet_minutes for one in rules]])


def compare(rule: AlertRule) -> None:
    """Hold what the rule finds now against the episodes that are open."""
    standing = {alert.subject: alert for alert in open_of(rule)}
    found = RULES[rule.kind].look(rule)
    for finding in found.findings:
        alert = standing.pop(finding.subject, None)
        if alert is None and not finding.is_muted:
            alert = opened(rule, finding)
        if alert is None:
            continue
        seen(alert, finding)
        if is_news(alert, rule, finding):
            tell(alert, finding.number)
    if found.is_all:
        for alert in standing.values():
            resolve(alert)


def open_of(rule: AlertRule) -> list[Alert]:
    return list(Alert.objects.filter(workspace=rule.workspace_id, kind=rule.kind, resolved_at=None))


def opened(rule: AlertRule, finding: Finding) -> Alert | None:
    """The new episode; none if the rule was switched off since it was read."""
    # Race: another process finds the same. The index of open episodes lets one of the two be made. Or somebody switches
    # the rule off, which ends what is open: nothing may be opened after that, for nobody would end it.
    with transaction.atomic():
        if AlertRule.objects.select_for_update(no_key=True).filter(pk=rule.pk, is_on=True).first() is None:
            return None
        words = {"title": finding.title[:160], "detail": finding.detail[:500], "number": finding.number}
        alert, is_new = Alert.objects.get_or_create(
            workspace_id=rule.workspace_id, kind=rule.kind, subject=finding.subject, resolved_at=None, defaults=words
        )
        if is_new:
            alert.refresh_from_db()
            leave("alert_opened", alert)
    return alert


def seen(alert: Alert, finding: Finding) -> None:
    """It still holds, as it stands now."""
    Alert.objects.filter(pk=alert.pk, resolved_at=None).update(
        last_seen=Now(), title=finding.title[:160], detail=finding.detail[:500], number=finding.number
    )


def is_news(alert: Alert, rule: AlertRule, finding: Finding) -> bool:
    """Whether it is time to tell of it, for the first time or again."""
    has_grown = finding.number > alert.told_number and alert.acknowledged_at is None
    if finding.is_muted or not (alert.told_at is None or has_grown):
        return False
    alert.refresh_from_db(fields=["last_seen"])  # that is now, by the clock by which the other moments are
    now = alert.last_seen
    if now - alert.opened_at < finding.patience:
        return False
    told_at = alert.told_at or last_told(alert)
    return told_at is None or now - told_at >= timedelta(minutes=rule.quiet_minutes)


def last_told(alert: Alert) -> datetime | None:
    """When an earlier episode of the same was told: what comes and goes is not told each time."""
    earlier = Alert.objects.filter(workspace=alert.workspace_id, kind=alert.kind, subject=alert.subject)
    return earlier.exclude(told_at=None).order_by("-told_at").values_list("told_at", flat=True).first()


def tell(alert: Alert, number: int) -> None:
    # Race: another process tells of it, or resolves it. The message is posted by whoever changes the row, or not at
    # all.
    with transaction.atomic():
        mine = Alert.objects.filter(pk=alert.pk, resolved_at=None, told_at=alert.told_at)
        if mine.update(told_at=Now(), told_number=number):
            post(alert, Notice.Kind.ALERT)


def resolve(alert: Alert) -> None:
    # Race: another process resolves it, or has found it again since it was read.
    with transaction.atomic():
        mine = Alert.objects.filter(pk=alert.pk, resolved_at=None, last_seen=alert.last_seen)
        if mine.update(resolved_at=Now()):
            leave("alert_resolved", alert)
            if alert.told_at is not None:
                post(alert, Notice.Kind.RESOLVED)


def post(alert: Alert, kind: str) -> None:
    """Put a message into the outbox for each address that wants to hear of the rule."""
    Notice.objects.bulk_create(
        Notice(workspace_id=alert.workspace_id, address=address, alert=alert, kind=kind)
        for address in wanting(alert.workspace_id, alert.kind)
    )


def leave(kind: str, alert: Alert) -> None:
    facts = {"alert": alert.pk, "rule": alert.kind, "subject": alert.subject}
    Event.objects.create(kind=kind, workspace_id=alert.workspace_id, facts=facts)
