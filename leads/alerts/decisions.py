"""What people can do about alerts: say that they have seen one, set a rule, try it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from leads import audit, workspaces
from leads.meanwhile import unchanged
from leads.models import Alert, AlertRule, Event, Notice, NoticeAddress, Workspace


class NotPossible(Exception):
    """The alert's state does not allow it, or nobody is told; the message says which."""


def acknowledge(alert: Alert, *, by: User) -> None:
    """Say that somebody sees to it. It is not told again as it grows; that it is over is told."""
    with transaction.atomic():
        mine = Alert.objects.filter(pk=alert.pk, resolved_at=None, acknowledged_at=None)
        if not mine.update(acknowledged_at=Now(), acknowledged_by=by):
            raise NotPossible("It is over, or somebody acknowledged it already.")
        actor = by.get_username()
        audit.record("alert_acknowledged", alert.workspace, actor=actor, alert=alert.pk, rule=alert.kind)


def change_all(
    workspace: Workspace, wanted: Mapping[AlertRule, Mapping[str, Any]], *, by: User, shown: int | None
) -> bool:
    """Set what differs of these rules; whether anything did. Raises `Stale` if somebody set one since revision `shown`.

    All or none.
    """
    with transaction.atomic():
        unchanged(workspace, shown, lambda facts: facts["noun"] == "alert_rule")
        changed = [change(rule, values, by=by) for rule, values in wanted.items()]
    return any(changed)


def change(rule: AlertRule, values: Mapping[str, Any], *, by: User) -> bool:
    """Set what differs; whether anything did. What is open of a rule that is switched off ends without a word."""
    with transaction.atomic():
        # Race: two people; the trace must tell what each of them replaced.
        before = AlertRule.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=rule.pk)
        changes = {
            name: (getattr(before, name), value) for name, value in values.items() if getattr(before, name) != value
        }
        if changes:
            AlertRule.objects.filter(pk=rule.pk).update(
                due_at=Now(), **{name: new for name, (_, new) in changes.items()}
            )
            workspaces.record_changes(
                before.workspace, "alert_rule", rule.pk, "changed", changes, actor=by.get_username(), rule=rule.kind
            )
        if changes.get("is_on", (True, True))[1] is False:
            end(before)
    return bool(changes)


def end(rule: AlertRule) -> None:
    for alert in Alert.objects.filter(workspace=rule.workspace_id, kind=rule.kind, resolved_at=None):
        if Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=Now()):
            facts = {"alert": alert.pk, "rule": alert.kind, "subject": alert.subject}
            Event.objects.create(kind="alert_resolved", workspace_id=alert.workspace_id, facts=facts)


def send_test(rule: AlertRule, *, by: User) -> int:
    """Send a made-up alert of this rule the way that a real one goes; to how many addresses."""
    with transaction.atomic():
        addresses = list(wanting(rule.workspace_id, rule.kind))
        if not addresses:
            raise NotPossible("No address wants to hear of this rule. Add one, or change one, under Notifications.")
        Notice.objects.bulk_create(
            Notice(workspace_id=rule.workspace_id, address=address, kind=Notice.Kind.TEST, rule=rule.kind)
            for address in addresses
        )
        actor = by.get_username()
        audit.record("alert_rule_tested", rule.workspace, actor=actor, rule=rule.kind, addresses=len(addresses))
    return len(addresses)


def wanting(workspace_id: int, kind: str) -> Any:
    """The addresses that are told of such alerts."""
    return NoticeAddress.objects.filter(workspace=workspace_id).exclude(alerts_off__contains=[kind])
