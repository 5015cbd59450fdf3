"""The one statement by which a driver writes: the run, and whatever else a layer left, all behind the fence.

A layer of a run leaves a dozen rows in several tables. Through the ORM that is five statements or more, and was half
of a run's CPU time; as one statement over JSON it is one round trip, and atomic by itself. Only the parts that have
something to write are in it, so that a run uses the same few texts again and again, prepared.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from leads import codec
from leads.models import WorkflowRun

# What a driver may change of its run; column names never come from anywhere else.
COLUMNS = frozenset(
    {"state", "outcome", "reason", "screened_by", "lease", "holder", "attempt", "claims", "error_kind", "error"}
    | {"failed_step", "failed_service", "trace", "lead_id", "started_at", "drafted_at", "finished_at"}
)

FENCE = """
WITH held AS (
  UPDATE leads_workflowrun SET due_at = statement_timestamp() + %(due_in)s{changes}
  WHERE id = %(run)s AND lease = %(held_by)s AND state = 'running'
  RETURNING id, workspace_id, lead_id
)"""

PARTS = {
    "steps": """
  INSERT INTO leads_steprun (run_id, name, state, result, attempt, started_at, finished_at, error_kind, error)
  SELECT held.id, s.* FROM held, jsonb_to_recordset(%(steps)s::jsonb) AS s(
    name text, state text, result jsonb, attempt int, started_at timestamptz, finished_at timestamptz,
    error_kind text, error text)
  ON CONFLICT (run_id, name) DO UPDATE SET state = excluded.state, result = excluded.result,
    attempt = excluded.attempt, started_at = excluded.started_at, finished_at = excluded.finished_at,
    error_kind = excluded.error_kind, error = excluded.error""",
    "effects": """
  INSERT INTO leads_effect (run_id, workspace_id, step, kind, args, once_key, planned_at, state, result, withheld,
    intended_at, done_at, error)
  SELECT held.id, held.workspace_id, e.* FROM held, jsonb_to_recordset(%(effects)s::jsonb) AS e(
    step text, kind text, args jsonb, once_key text, planned_at timestamptz, state text, result jsonb, withheld text,
    intended_at timestamptz, done_at timestamptz, error text)
  ON CONFLICT (run_id, kind) DO UPDATE SET state = excluded.state, result = excluded.result,
    withheld = excluded.withheld, intended_at = excluded.intended_at, done_at = excluded.done_at,
    error = excluded.error""",
    "events": """
  INSERT INTO leads_event (run_id, workspace_id, at, kind, actor, facts)
  SELECT held.id, held.workspace_id, e.at, e.kind, '', e.facts
  FROM held, jsonb_to_recordset(%(events)s::jsonb) AS e(at timestamptz, kind text, facts jsonb)""",
    "calls": """
  INSERT INTO leads_apicall (run_id, workspace_id, step, service, endpoint, status, ms, error, at)
  SELECT held.id, held.workspace_id, c.* FROM held, jsonb_to_recordset(%(calls)s::jsonb) AS c(
    step text, service text, endpoint text, status int, ms double precision, error text, at timestamptz)""",
    "lead": """
  UPDATE leads_lead SET
    first_name = coalesce(l.first_name, leads_lead.first_name),
    last_name = coalesce(l.last_name, leads_lead.last_name),
    company = coalesce(l.company, leads_lead.company),
    domain = coalesce(l.domain, leads_lead.domain),
    hubspot_contact_id = coalesce(l.hubspot_contact_id, leads_lead.hubspot_contact_id),
    hubspot_company_id = coalesce(l.hubspot_company_id, leads_lead.hubspot_company_id)
  FROM held, jsonb_to_record(%(lead)s::jsonb) AS l(first_name text, last_name text, company text, domain text,
    hubspot_contact_id text, hubspot_company_id text)
  WHERE leads_lead.id = held.lead_id""",
    "draft": """
  INSERT INTO leads_draft (run_id, workspace_id, lead_id, status, created_at, recipient, subject, body, language,
    writer, model_use, checks, is_sound, intents, approach, ask, asset_ids, form, role, industry,
    template_version_id, thread_head, lacks, gmail_draft_id, gmail_message_id, gmail_thread_id,
    rejected_because)
  SELECT held.id, held.workspace_id, held.lead_id, 'ready', statement_timestamp(), d.*, '', '', '', ''
  FROM held, jsonb_to_record(%(draft)s::jsonb) AS d(recipient text, subject text, body text, language text,
    writer text, model_use jsonb, checks jsonb, is_sound boolean, intents jsonb, approach text, ask text,
    asset_ids jsonb, form text, role text, industry text, template_version_id bigint, thread_head text,
    lacks jsonb)""",
    "in_mailbox": """
  UPDATE leads_draft SET gmail_draft_id = m.gmail_draft_id, gmail_message_id = m.gmail_message_id,
    gmail_thread_id = m.gmail_thread_id
  FROM held, jsonb_to_record(%(in_mailbox)s::jsonb) AS m(
    gmail_draft_id text, gmail_message_id text, gmail_thread_id text)
  WHERE leads_draft.run_id = held.id""",
    "held": """
  UPDATE leads_heldtime SET until = h.until
  FROM held, jsonb_to_record(%(held)s::jsonb) AS h(until timestamptz, times timestamptz[])
  WHERE leads_heldtime.run_id = held.id AND leads_heldtime.at = ANY(h.times)""",
    "notices": """
  INSERT INTO leads_notice (workspace_id, address_id, run_id, kind, state, attempt, error)
  SELECT held.workspace_id, a.id, held.id, n.kind, 'queued', 0, ''
  FROM held JOIN leads_noticeaddress AS a ON a.workspace_id = held.workspace_id,
    jsonb_to_recordset(%(notices)s::jsonb) AS n(kind text)
  WHERE a.on_draft_ready""",
}


@dataclass(slots=True)
class Rows:
    """What is to be written; steps and effects by their name in the run, the latest state of each."""

    steps: dict[str, Any] = field(default_factory=dict)
    effects: dict[str, Any] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    lead: dict[str, str] = field(default_factory=dict)
    draft: dict[str, Any] = field(default_factory=dict)
    in_mailbox: dict[str, str] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    notices: list[Any] = field(default_factory=list)

    def parts(self) -> dict[str, Any]:
        """Those that have something to write, by the name of their part of the statement."""
        all_parts = {
            "steps": list(self.steps.values()),
            "effects": list(self.effects.values()),
            "events": self.events,
            "calls": self.calls,
            "lead": self.lead,
            "draft": self.draft,
            "in_mailbox": self.in_mailbox,
            "held": self.held,
            "notices": self.notices,
        }
        return {name: rows for name, rows in all_parts.items() if rows}


def write(run: WorkflowRun, lease: uuid.UUID, changes: dict[str, Any], rows: Rows) -> bool:
    """Write `rows` and `changes` and renew the lease, or be due in `changes["due_in"]`; false, and nothing, if lost."""
    changes = dict(changes)
    due_in: timedelta = changes.pop("due_in", settings.LEASE)
    if unknown := changes.keys() - COLUMNS:
        raise ValueError(f"a driver does not write {', '.join(sorted(unknown))}")
    parts = rows.parts()
    statement = FENCE.format(changes="".join(f", {column} = %({column})s" for column in sorted(changes)))
    statement += "".join(f", {name}_written AS ({PARTS[name]}\n)" for name in parts)
    parameters = changes | {"run": run.pk, "held_by": lease, "due_in": due_in}
    parameters |= {name: bytes(codec.encode(written)).decode() for name, written in parts.items()}
    with connection.cursor() as cursor:
        cursor.execute(f"{statement}\nSELECT count(*) FROM held", parameters)
        return bool(cursor.fetchone()[0])


SWITCHES = """
SELECT w.draft_only, s.draft_only OR coalesce(f.draft_only, false)
FROM leads_workspace w
JOIN leads_submission s ON s.id = %s
LEFT JOIN leads_allowedform f ON f.id = s.form_id
WHERE w.id = %s
"""


def switches(run: WorkflowRun) -> dict[str, bool]:
    """The operators' DRAFT_ONLY switches over `run`, as they stand at this instant."""
    with connection.cursor() as cursor:
        cursor.execute(SWITCHES, [run.submission_id, run.workspace_id])
        workspace, form = cursor.fetchone()
    return {"workspace_draft_only": workspace, "form_draft_only": form}
