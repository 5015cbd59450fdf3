"""Why a run got no draft, as something that a person can mend right there: a setting, a credential, the form itself.

From the error that a run keeps to what to ask for; the rest of the errors have advice only (`leads/advice.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q

from connectors.errors import NotConfigured, NotFound, Permanent
from leads import connecting, credentials, runs, submissions, workspaces
from leads.causes import Cause
from leads.connections import ConnectionBroken
from leads.credentials import KeyLost
from leads.lacks import lacks_of
from leads.models import Connection, Draft, Submission, WorkflowRun

Service = Connection.Service
State = WorkflowRun.State
NOTHING_TO_READ = NotConfigured.__name__, KeyLost.__name__


class Asks(StrEnum):
    """What a remedy asks a person for."""

    SETTINGS = "settings"
    CREDENTIALS = "credentials"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class Remedy:
    """`names` are fields of the workspace, names of secrets, or nothing for what the prospect entered."""

    asks: Asks
    why: str
    names: tuple[str, ...] = ()


# In the words of the errors; a test raises each of them for real.
SETTINGS_IN_WORDS = {
    "has no sender address": ("sender_email", "sender_name"),
    "with the template set": ("template_set",),
    "no calendar is named": ("calendar_ids",),
}
SECRETS_BY_VARIABLE = {variable: name for name, variable in connecting.ENVIRONMENT.items()}
UNUSABLE_ADDRESS = ("address is not valid", "No e-mail address was given", "no-reply address")
BAD_ADDRESS = "no e-mail address that can be searched for"
READS_A_LIST = {
    "propose_slots": ("calendar_ids", "A calendar is not there."),
    "find_assets": ("folder_ids", "A Drive folder is not there."),
}


def remedy_of(run: WorkflowRun) -> Remedy | None:
    """What a person can mend here so that the run goes on; None where there is nothing to enter."""
    remedy = remedy_for(run)
    if remedy and remedy.asks is Asks.INPUT and not submissions.is_readable(run.submission):
        return None  # kept by another version: nobody can tell its fields apart
    return remedy


def offer_of(run: WorkflowRun) -> Remedy | None:
    """Without a remedy, to correct what a dead run was given: people may see what we don't."""
    if run.state != State.DEAD or hasattr(run, "again"):
        return None
    # Of an event HubSpot is asked for the contact, whatever stands here.
    is_given = run.submission.source != Submission.Source.EVENT and submissions.is_readable(run.submission)
    return Remedy(Asks.INPUT, "It is started again with what you enter.") if is_given else None


def remedy_for(run: WorkflowRun) -> Remedy | None:  # noqa: PLR0911  one line per class of error
    if run.state in {State.PENDING, State.RUNNING}:
        return None
    if run.state == State.DONE:
        return for_screened(run.reason) or for_lacks(run)
    match run.error_kind:
        case NotConfigured.__name__:
            return for_missing(run.error)
        case KeyLost.__name__:
            return for_lost_keys(run)
        case ConnectionBroken.__name__:
            return for_refused(run.failed_service)
        case Permanent.__name__ | NotFound.__name__:
            return for_refusal(run)
        case _:
            return None


def for_screened(reason: str) -> Remedy | None:
    if any(words in reason for words in UNUSABLE_ADDRESS):
        return Remedy(Asks.INPUT, "The prospect can't be written to at the address that was entered.")
    if "suppression list" in reason:
        return Remedy(Asks.SETTINGS, "The prospect is on the list of those never written to.", ("suppressed",))
    return None


def for_lacks(run: WorkflowRun) -> Remedy | None:
    """A draft that was written without what a setting names wrongly; nobody has decided on it yet."""
    draft: Draft | None = getattr(run, "draft", None)
    noted = lacks_of(draft) if draft and draft.status == Draft.Status.READY else ()
    gone = (READS_A_LIST[lack.step] for lack in noted if lack.error == NotFound.__name__ and lack.step in READS_A_LIST)
    return next((Remedy(Asks.SETTINGS, why, (name,)) for name, why in gone), None)


def for_missing(error: str) -> Remedy | None:
    for words, names in SETTINGS_IN_WORDS.items():
        if words in error:
            return Remedy(Asks.SETTINGS, "A setting of the workspace is missing.", names)
    secrets = tuple(name for variable, name in SECRETS_BY_VARIABLE.items() if variable in error)
    if not secrets:
        return None
    return Remedy(Asks.CREDENTIALS, "Credentials are missing, or can't be used.", secrets)


def for_lost_keys(run: WorkflowRun) -> Remedy | None:
    lost = [row.service for row in Connection.objects.filter(workspace=run.workspace_id) if is_lost(row)]
    names = tuple(name for service in lost for name in connecting.SECRETS[Service(service)])
    return Remedy(Asks.CREDENTIALS, "Stored credentials can't be opened any more.", names) if names else None


def is_lost(connection: Connection) -> bool:
    try:
        credentials.unseal(connection)
    except KeyLost:
        return True
    return False


def for_refused(account: str) -> Remedy | None:
    match account:
        case Service.HUBSPOT.value:
            return Remedy(Asks.CREDENTIALS, "HubSpot refuses the token.", ("access_token",))
        case Service.GOOGLE.value:
            return Remedy(Asks.CREDENTIALS, "Google refuses the credentials.", ("credentials", "subject"))
        case _:
            return None


def for_refusal(run: WorkflowRun) -> Remedy | None:
    if BAD_ADDRESS in run.error:
        return Remedy(Asks.INPUT, "The mailbox can't be searched for the address that was entered.")
    if run.failed_step == "resolve_contact" and run.error_kind == Permanent.__name__:
        return Remedy(Asks.INPUT, "HubSpot does not take the contact as it was entered.")
    if run.failed_step in READS_A_LIST and run.error_kind == NotFound.__name__:  # died of it in an earlier version
        name, why = READS_A_LIST[run.failed_step]
        return Remedy(Asks.SETTINGS, why, (name,))
    return None


def stopped_alike(run: WorkflowRun, remedy: Remedy) -> Q:
    """The other runs that the same remedy helps; of a connection that is mended, all go on by themselves."""
    if not run.error_kind or remedy.asks is Asks.INPUT or run.error_kind == ConnectionBroken.__name__:
        return Q(pk__in=[])
    alike = Cause.of(run).failed_runs
    if run.error_kind in NOTHING_TO_READ or remedy.asks is Asks.SETTINGS:
        # The same words: another folder that is missing takes another mend.
        alike = Q(workspace=run.workspace_id, error_kind=run.error_kind, error=run.error)
    return alike & Q(state__in=[State.DEAD, State.WAITING], again=None) & ~Q(pk=run.pk)


def mend(run: WorkflowRun, remedy: Remedy, entered: Mapping[str, Any], *, actor: str) -> WorkflowRun:
    """Store what was entered, and let the run go on; the run that does: itself, or the one that it is started again as.

    Raises what the use cases raise, with nothing stored.
    """
    with transaction.atomic():
        match remedy.asks:
            case Asks.SETTINGS:
                workspaces.change(run.workspace, {name: entered[name] for name in remedy.names}, actor=actor)
            case Asks.CREDENTIALS:
                for service in Service:
                    connecting.connect(run.workspace, service.value, secrets_of(remedy, entered), actor=actor)
            case Asks.INPUT:
                submissions.correct(run.submission, entered, actor=actor)
        return go_on(run, remedy, actor=actor)


def secrets_of(remedy: Remedy, entered: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(entered.get(name) or "") for name in remedy.names}


def go_on(run: WorkflowRun, remedy: Remedy, *, actor: str) -> WorkflowRun:
    """From where it stopped; from the first step where that has read what was wrong."""
    if not starts_again(run, remedy):
        runs.retry(run, actor=actor)
        return run
    if run.state == State.WAITING:
        runs.cancel(run, reason="started again with another input", actor=actor)
    return runs.start_again(run, actor=actor)


def starts_again(run: WorkflowRun, remedy: Remedy) -> bool:
    return remedy.asks is Asks.INPUT or run.state == State.DONE
