"""What people can do to a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from leads import audit, sending
from leads.meanwhile import revise, unchanged
from leads.models import AllowedForm, Answer, Rep, Workspace


class NotPossible(Exception):
    """The deployment does not allow it; the message says what would have to change."""


@dataclass(frozen=True, slots=True)
class Switched:
    """Whether a switch was turned, and how many scheduled drafts went back to review with it."""

    changed: bool
    returned: int = 0

    def __bool__(self) -> bool:
        return self.changed


class ReasonNeeded(Exception):
    """It opens a lock, which takes a reason."""


def switch_draft_only(workspace: Workspace, *, on: bool, reason: str, actor: str) -> Switched:
    """Turn the operators' lock on or off. Runs under way obey from their next call."""
    if not on and settings.WORKFLOW_MODE != "SEND":
        raise NotPossible("This deployment is DRAFT_ONLY. Set WORKFLOW_MODE=SEND and restart before switching here.")
    # Race: what is being sent at this moment; it arrives before the switch is on, and nothing leaves after.
    with transaction.atomic():
        if on:
            sending.wait_for_passing(workspace.pk)
        changed = Workspace.objects.filter(pk=workspace.pk, draft_only=not on).update(draft_only=on)
        returned = sending.call_off(workspace, actor=actor) if changed and on else 0
        if changed:
            audit.record("draft_only_switched", workspace, actor=actor, on=on, reason=reason[:300])
    return Switched(bool(changed), returned)


def may_send_here() -> bool:
    """Whether the deployment's ceiling leaves the switch to the operators."""
    return bool(settings.WORKFLOW_MODE == "SEND")


# Settings whose values may stand in the audit for ever. Of all others, which may hold names and addresses of people
# or somebody's own words, it keeps the name only.
SHOWN = {
    "workspace": {
        "name",
        "slug",
        "portal_id",
        "greeting",
        "closing",
        "tone",
        "language",
        "template_set",
        "banned_phrases",
        "writer",
        "model_budget",
        "timezone",
        "workdays",
        "opens",
        "closes",
        "screening_off",
        "own_hours",
        "holiday_country",
        "holiday_region",
        "days_off",
        "meeting_minutes",
        "notice_hours",
        "days_ahead",
        "buffer_before",
        "buffer_after",
        "hold_days",
        "folder_ids",
        "link_domains",
        "label",
        "target_minutes",
        "undo_seconds",
        "send_in_hours",
        "daily_cap",
    },
    "form": {"form_id", "name", "enabled", "draft_only", "auto_send"},
    "answer": {"intent", "language"},
    "alert_rule": {"is_on", "threshold", "quiet_minutes"},
    "rep": {"speaks", "greeting", "closing", "tone", "language", "banned_phrases"},
}


def record_changes(
    workspace: Workspace,
    noun: str,
    pk: int | None,
    action: str,
    changes: Mapping[str, tuple[Any, Any]],
    *,
    actor: str,
    **facts: Any,
) -> None:
    """Leave a trace of what a person changed; `changes` has (before, after) by field. Nothing changed, no trace."""
    if not changes:
        return
    shown = SHOWN.get(noun, set())
    fields = {
        name: [plain(before), plain(after)] if name in shown else None for name, (before, after) in changes.items()
    }
    revise(workspace)
    audit.record("settings_changed", workspace, actor=actor, noun=noun, id=pk, action=action, fields=fields, **facts)


def change(workspace: Workspace, values: Mapping[str, Any], *, actor: str, shown: int | None = None) -> bool:
    """Write what differs, with a trace; whether anything did. The values have been validated.

    `shown` is the revision that the writer's page shows; raises `Stale` if somebody changed one of these since.
    """
    # Race: two people; the trace must tell what each of them replaced.
    with transaction.atomic():
        before = unchanged(
            workspace, shown, lambda facts: facts["noun"] == "workspace" and bool(values.keys() & facts["fields"])
        )
        changes = differences(before, values)
        if changes:
            Workspace.objects.filter(pk=workspace.pk).update(**{name: value for name, (_, value) in changes.items()})
            record_changes(before, "workspace", before.pk, "changed", changes, actor=actor)
            sending.ask_again(before)
    return bool(changes)


def differences(row: Workspace | AllowedForm | Rep, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is stored and what it would become, where that is not the same."""
    return {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}


def allow_form(workspace: Workspace, form_id: str, name: str, *, actor: str) -> AllowedForm:
    """Answer this form from now on. One that was switched off is switched on again."""
    # Race: two people allow the same form; one of them finds it done.
    with transaction.atomic():
        form, is_new = AllowedForm.objects.get_or_create(
            workspace=workspace, form_id=form_id, defaults={"name": name or form_id}
        )
        if is_new:
            added = {"form_id": (None, form.form_id), "name": (None, form.name)}
            record_changes(workspace, "form", form.pk, "added", added, actor=actor)
        elif not form.enabled:
            change_form(form, {"enabled": True}, actor=actor)
    return form


def change_form(
    form: AllowedForm, values: Mapping[str, Any], *, actor: str, shown: int | None = None, reason: str = ""
) -> bool:
    """Rename a form, switch it off or on, or lock it to drafts. It is never deleted: submissions point to it.

    Raises `Stale` if somebody changed it since revision `shown`, and `ReasonNeeded` where this opens its own lock.
    """
    # Race: what is being sent at this moment. Who sends takes the workspace's row while it keeps switches open, so what
    # is being sent is waited for before that row is taken here; and submissions of the form come in meanwhile.
    with transaction.atomic():
        if values.get("draft_only") and AllowedForm.objects.filter(pk=form.pk, draft_only=False).exists():
            sending.wait_for_passing(form.workspace_id)
        unchanged(form.workspace, shown, lambda facts: (facts["noun"], facts["id"]) == ("form", form.pk))
        before = AllowedForm.objects.select_for_update(no_key=True).get(pk=form.pk)
        changes = differences(before, values)
        if not changes:
            return False
        opens = changes.get("draft_only") == (True, False) or changes.get("auto_send") == (False, True)
        if opens and not reason:
            raise ReasonNeeded(f"“{before}” keeps its drafts for people. Letting it write or send takes a reason.")
        new: dict[str, Any] = {name: after for name, (_, after) in changes.items()}
        if new.get("enabled"):
            new["answered_since"] = Now()  # nobody asked for an answer to what was sent while it was off
        AllowedForm.objects.filter(pk=form.pk).update(**new)
        if new.get("draft_only"):
            sending.call_off(form.workspace, actor=actor, form=form.pk)
        why = {"reason": reason[:300]} if opens else {}
        record_changes(form.workspace, "form", form.pk, "changed", changes, actor=actor, **why)
    return True


def say(workspace: Workspace, words: Mapping[tuple[str, str], str], *, actor: str, shown: int | None = None) -> bool:
    """What this team says, by language and subject; on a subject without words drafts in that language claim nothing.

    Raises `Stale` if somebody changed an answer since revision `shown`.
    """
    with transaction.atomic():
        unchanged(workspace, shown, lambda facts: facts["noun"] == "answer")
        said = [say_on(workspace, language, intent, text, actor=actor) for (language, intent), text in words.items()]
    return any(said)


def say_on(workspace: Workspace, language: str, intent: str, text: str, *, actor: str) -> bool:
    about: dict[str, Any] = {"workspace": workspace, "language": language, "intent": intent}
    answer = Answer.objects.select_for_update().filter(**about).first()
    before, action = (answer.text if answer else ""), "changed" if answer else "added"
    if text == before:
        return False
    if text:
        answer, _ = Answer.objects.update_or_create(**about, defaults={"text": text})
    elif answer:
        action = "deleted"
        Answer.objects.filter(pk=answer.pk).delete()
    changes: dict[str, tuple[Any, Any]] = {"text": (before, text)}
    if action != "changed":
        for name in ("language", "intent"):
            changes[name] = (None, about[name]) if action == "added" else (about[name], None)
    record_changes(workspace, "answer", answer.pk if answer else None, action, changes, actor=actor)
    return True


def plain(value: object) -> object:
    """The value as JSON has it."""
    match value:
        case None | bool() | int() | str():
            return value
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return str(value)
