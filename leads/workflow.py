"""From a submitted form to a draft worth sending: the thirteen steps, in order.

Adding a step is adding a function to `leads.steps` and a line here; the console, checkpoints, retries, metrics and
the timeline follow by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from leads.engine.steps import Executes
from leads.enquiry import screened_by_contact
from leads.facts import Submitted
from leads.steps import (
    create_draft,
    create_task,
    find_assets,
    label_thread,
    load_thread,
    plan_next_step,
    propose_slots,
    recall_patterns,
    resolve_company,
    resolve_contact,
    search_threads,
    validate_submission,
    write_draft,
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a run ended: `drafted`, or `screened` with the reason."""

    outcome: str
    reason: str = ""
    rule: str = ""


def answer_lead(run: Executes, submitted: Submitted) -> Conclusion:
    enquiry = run.do(validate_submission(submitted))
    if enquiry.screened:
        return Conclusion("screened", enquiry.screened, enquiry.screened_by)

    contact, company, threads = run.together(
        resolve_contact(enquiry), resolve_company(enquiry), search_threads(enquiry)
    )
    if rule := screened_by_contact(enquiry, contact, run.profile):
        return Conclusion("screened", rule.reason, rule)

    patterns = run.do(recall_patterns(enquiry, company, threads))
    assets, slots, thread = run.together(
        find_assets(enquiry, company, patterns),
        propose_slots(enquiry, contact, company),
        load_thread(enquiry, threads),
    )
    plan = run.do(plan_next_step(enquiry, thread, patterns, assets, slots))
    letter = run.do(write_draft(enquiry, contact, company, thread, plan, slots))
    run.do(create_draft(enquiry, contact, thread, letter))
    run.together(create_task(enquiry, contact, company, letter), label_thread())
    return Conclusion("drafted")
