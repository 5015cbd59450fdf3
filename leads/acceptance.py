"""The one statement that keeps what is wanted of a delivery: leads, submissions, their runs and the audit's words.

Through the ORM it was six statements, and half of the time that HubSpot waited for its answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from leads import codec
from leads.facts import Submitted
from leads.models import Submission, WorkflowRun
from leads.twins import twins_of

ACCEPT = """
WITH paper AS (
  SELECT coalesce(%(delivery)s::bigint, nextval(pg_get_serial_sequence('leads_delivery', 'id'))) AS id
  WHERE %(is_delivered)s
), given AS (
  SELECT * FROM jsonb_to_recordset(%(wanted)s::jsonb) AS g(
    workspace_id bigint, dedupe_key text, email text, source text, via text, form_id bigint,
    draft_only boolean, payload jsonb, key uuid)
), lead AS (
  INSERT INTO leads_lead (workspace_id, email, first_name, last_name, company, domain, hubspot_contact_id,
    hubspot_company_id, created_at)
  SELECT DISTINCT workspace_id, email, '', '', '', '', '', '', statement_timestamp()
  FROM given WHERE email <> '' ORDER BY workspace_id, email
  -- Updating something to itself makes a known lead answer with its id, as a new one does. It is nothing that keys are
  -- made of: whoever writes a row that refers to the lead goes on meanwhile.
  ON CONFLICT (workspace_id, email) DO UPDATE SET created_at = leads_lead.created_at
  RETURNING id, workspace_id, email, xmax <> 0 AS is_known
), submission AS (
  INSERT INTO leads_submission (workspace_id, dedupe_key, source, via, delivery_id, form_id, lead_id, draft_only,
    payload, received_at)
  SELECT g.workspace_id, g.dedupe_key, g.source, g.via, paper.id, g.form_id, lead.id, g.draft_only, g.payload,
    statement_timestamp()
  FROM given g
  LEFT JOIN paper ON true
  LEFT JOIN lead ON lead.workspace_id = g.workspace_id AND lead.email = g.email
  -- Whoever wrote before may have sent this before, under another name: that is looked up first.
  WHERE %(are_compared)s OR lead.is_known IS NOT TRUE
  ORDER BY g.workspace_id, g.dedupe_key
  ON CONFLICT (workspace_id, dedupe_key) DO NOTHING
  RETURNING id, workspace_id, dedupe_key, lead_id
), run AS (
  INSERT INTO leads_workflowrun (workspace_id, submission_id, lead_id, key, state, outcome, reason, holder, attempt,
    claims, error_kind, error, failed_step)
  SELECT s.workspace_id, s.id, s.lead_id, g.key, 'pending', '', '', '', 0, 0, '', '', ''
  FROM submission s JOIN (SELECT DISTINCT workspace_id, dedupe_key, key FROM given) g USING (workspace_id, dedupe_key)
  RETURNING id, submission_id, workspace_id
), told AS (
  INSERT INTO leads_event (kind, workspace_id, run_id, actor, facts)
  SELECT 'run_accepted', workspace_id, id, '', jsonb_build_object('submission', submission_id) FROM run
)
SELECT paper.id, s.workspace_id, s.dedupe_key, s.id, run.id
FROM (VALUES (1)) always LEFT JOIN paper ON true LEFT JOIN submission s ON true
LEFT JOIN run ON run.submission_id = s.id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A submission to be answered; `form_id` is that of the row in our database."""

    workspace_id: int
    dedupe_key: str
    email: str
    source: str
    via: str
    form_id: int | None
    draft_only: bool
    payload: Submitted
    key: UUID

    @property
    def at(self) -> Key:
        """By what it is the same as one that came before."""
        return self.workspace_id, self.dedupe_key


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission in the database with its first run; `is_new` if it was made just now."""

    submission: int
    run: int | None
    is_new: bool


type Key = tuple[int, str]  # the workspace, and the key by which a submission that comes twice is one


def accept(wanted: Sequence[Wanted], *, is_delivered: bool) -> tuple[int | None, dict[Key, Kept]]:
    """Insert what is new, find what is not. Also the id that the delivery must get, in this same transaction."""
    delivery, kept = insert(wanted, is_delivered=is_delivered)
    kept |= earlier({each.at for each in wanted} - kept.keys())
    if held := [each for each in wanted if each.at not in kept]:
        # Race: the same submission in two shapes. The statement has locked these leads, so who comes second sees it.
        twins = twins_of(held)
        kept |= {key: Kept(pk, first_runs([pk]).get(pk), is_new=False) for key, pk in twins.items()}
        others = [each for each in held if each.at not in twins]
        kept |= insert(others, is_delivered=is_delivered, delivery=delivery, are_compared=True)[1]
    return delivery, kept


def insert(
    wanted: Sequence[Wanted], *, is_delivered: bool, delivery: int | None = None, are_compared: bool = False
) -> tuple[int | None, dict[Key, Kept]]:
    """What was new; of leads that were known only if `are_compared` with what they sent before."""
    given: dict[str, Any] = {
        "wanted": bytes(codec.encode(wanted)).decode(),
        "is_delivered": is_delivered,
        "delivery": delivery,
        "are_compared": are_compared,
    }
    with connection.cursor() as cursor:
        cursor.execute(ACCEPT, given)
        rows = cursor.fetchall()
    return rows[0][0], {(row[1], row[2]): Kept(row[3], row[4], is_new=True) for row in rows if row[3] is not None}


def earlier(keys: set[Key]) -> dict[Key, Kept]:
    """Those that came before. A statement of its own: another transaction may have committed them during the first."""
    if not keys:
        return {}
    found = Submission.objects.filter(
        workspace__in={workspace for workspace, _ in keys}, dedupe_key__in={key for _, key in keys}
    ).values_list("workspace_id", "dedupe_key", "pk")
    kept = {(workspace, key): pk for workspace, key, pk in found}
    runs = first_runs(kept.values())
    return {key: Kept(pk, runs.get(pk), is_new=False) for key, pk in kept.items() if key in keys}


def first_runs(submissions: Collection[int]) -> dict[int, int]:
    """The first run of each submission."""
    runs = WorkflowRun.objects.filter(submission__in=submissions).order_by("-pk")
    return dict(runs.values_list("submission_id", "pk"))
