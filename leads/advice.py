"""What to do about the error of a run, in words: every page and message that gives advice gives this."""

from __future__ import annotations

from connectors.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    Misconfigured,
    NotConfigured,
    NotFound,
    Permanent,
    PermissionDenied,
    RateLimited,
    Transient,
    Unknown,
)
from leads import codec
from leads.breakers import CircuitOpen
from leads.connections import ConnectionBroken
from leads.credentials import KeyLost
from leads.engine.leases import NoProgress
from leads.engine.turns import Contended
from leads.models import WorkflowRun
from leads.permits import BudgetSpent

ADVICE = {
    ConnectionBroken.__name__: "The vendor refuses our credentials. Enter new ones on the workspace's Connections "
    "page, or put right at the vendor's side what the message names. The account is asked again by itself; all that "
    "waits for it then goes on, and no attempt is spent.",
    AuthFailed.__name__: "The account no longer accepts our credentials. Enter new ones on the workspace's Connections "
    "page; the run then goes on by itself, or at once with Retry.",
    NotConfigured.__name__: "A setting is missing; the message names it. Set it in the workspace or the environment; "
    "the run then goes on by itself, or at once with Retry.",
    KeyLost.__name__: "Put the old key back into CREDENTIALS_KEYS, or enter the credentials again; then Retry.",
    PermissionDenied.__name__: "The account may not do this. Grant the scope or the right that the message names, "
    "then Retry.",
    Misconfigured.__name__: "Something is switched off or not set up at the vendor's side; the message says what. "
    "Switch it on there; the run then goes on by itself, or at once with Retry.",
    Conflict.__name__: "What should be written is there already, or was changed by somebody. The message says what; "
    "settle it in the vendor's account, then Retry.",
    NotFound.__name__: "Something that a setting or an earlier step names is not in the vendor's account. Correct the "
    "setting, or put it back there; then Retry.",
    Permanent.__name__: "The vendor refuses this request, and would refuse it again. Mend what the message names in "
    "the vendor's account, then Retry; or Cancel.",
    RateLimited.__name__: "The vendor asked us to slow down. Nothing to do while the run waits; once dead, Retry.",
    CircuitOpen.__name__: "Most calls to the service failed, so it is left alone for a while. One call tries it now "
    "and then; once that is answered, all that waits goes on, and no attempt is spent.",
    BudgetSpent.__name__: "We keep to the vendor's limit, and it is used up for the moment. The run goes on by itself "
    "when there is room, and no attempt is spent.",
    Transient.__name__: "The vendor did not answer. Nothing to do while the run waits; once dead, Retry when the "
    "vendor is well again.",
    Ambiguous.__name__: "The vendor's answer was lost. The next attempt asks whether the write was done before it "
    "repeats it. Nothing to do while the run waits; once dead, Retry.",
    Unknown.__name__: "The vendor said something that it is not known to say. A few more attempts are made; a write is "
    "looked for first. Once dead, read the message, look at the vendor's status page, then Retry; and report it.",
    Contended.__name__: "Another run is busy with the same company. This one goes on when that one is through.",
    NoProgress.__name__: "Workers that took this run died of it. Look into the worker's log, then Retry; or Cancel.",
    codec.Unreadable.__name__: "What an earlier version stored can't be read by this one. Start the run again.",
}
# Where a step reads one thing only, what has to be granted can be named.
TO_GRANT = {
    "find_assets": "Share the folder with the connected Google account, or grant the scope",
    "propose_slots": "Share the calendar with the connected Google account, or grant the scope",
}
UNKNOWN = "This is a fault in the product. The worker's log has the details; Retry once it is mended, or Cancel."


def advice_for(run: WorkflowRun) -> str:
    """What to do about the run's error now; empty without one."""
    return advice_on(run.error_kind, run.failed_step) if run.error_kind else ""


def advice_on(error_kind: str, step: str) -> str:
    """The same of an error met in a step."""
    if error_kind == PermissionDenied.__name__ and step in TO_GRANT:
        return f"{TO_GRANT[step]}, then Retry."
    return ADVICE.get(error_kind, UNKNOWN)
