"""The next step with a prospect: one call to action, and what goes with it."""

from __future__ import annotations

from connectors.ports import File
from leads.facts import Action, Enquiry, Intent, Patterns, Plan, Slots, ThreadState
from leads.writing.understanding import says_little

CONTINUE = "continue"  # the approach to whom we have written with before
ENOUGH_APPROVED = 3  # one or two approved drafts are chance, not a pattern


def plan(enquiry: Enquiry, thread: ThreadState, patterns: Patterns, assets: tuple[File, ...], slots: Slots) -> Plan:
    """Ask for exactly one thing; a support case gets neither documents nor meeting times."""
    action = _action(enquiry, thread, patterns, slots)
    if action is Action.DESCRIBE_PROBLEM:
        return Plan(action, approach=_approach(enquiry, thread, patterns))
    times = slots.times if action is Action.PICK_A_TIME else ()
    return Plan(action, approach=_approach(enquiry, thread, patterns), assets=assets, slots=times)


def _action(enquiry: Enquiry, thread: ThreadState, patterns: Patterns, slots: Slots) -> Action:
    if Intent.SUPPORT in enquiry.intents:
        return Action.DESCRIBE_PROBLEM
    if (
        thread.last_word
        and says_little(enquiry.message)
        and not enquiry.questions
        and enquiry.intents == (Intent.VAGUE,)
    ):
        return Action.CONTINUE_THREAD
    if not slots.times or _learned(patterns) is Action.SUGGEST_A_TIME:
        return Action.SUGGEST_A_TIME
    return Action.PICK_A_TIME


def _learned(patterns: Patterns) -> Action | None:
    known = patterns.ask in Action and patterns.approved >= ENOUGH_APPROVED
    return Action(patterns.ask) if known else None


def _approach(enquiry: Enquiry, thread: ThreadState, patterns: Patterns) -> str:
    """What worked before, else a word for what this draft does; it is shown to operators and learned from."""
    if patterns.approach and patterns.approved >= ENOUGH_APPROVED:
        return patterns.approach
    if thread.last_word:
        return CONTINUE
    return "discover" if enquiry.intents == (Intent.VAGUE,) else "answer"
