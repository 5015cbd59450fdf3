"""What was lost or doubled: the database's word against what the sandbox holds."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ops.recovery import IN_TIME, percentile
from ops.stack import Stack

EVERYTHING = ("drafts", "notes", "tasks", "contacts")


@dataclass(slots=True)
class Verdict:
    """What the sandbox and the database say in the end."""

    kills: int = 0
    accepted: int = 0
    done: int = 0
    sent: int | None = None  # where nothing was to be sent
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)  # seconds until the first progress after each trouble

    def line(self) -> str:
        sent = "" if self.sent is None else f"sent={self.sent} "
        return (
            f"kills={self.kills} accepted={self.accepted} done={self.done} {sent}"
            f"lost={len(self.lost)} doubled={len(self.doubled)} recover_p95={self.recover_p95:.1f}s"
        )

    @property
    def recover_p95(self) -> float:
        """Seconds; nothing measured is nothing shown."""
        return percentile(self.recovered, 0.95) if self.recovered else math.nan

    @property
    def is_clean(self) -> bool:
        all_sent = self.sent in {None, self.accepted}
        is_whole = not self.lost and not self.doubled and all_sent and self.done == self.accepted > 0
        return is_whole and self.recover_p95 <= IN_TIME


def judge(product: Stack, accepted: dict[int, int], kills: int, *, send: bool = False) -> Verdict:
    """With `send`, each draft must have left the mailbox once, and the console must say so."""
    verdict = Verdict(kills=kills, accepted=len(accepted), sent=0 if send else None)
    with psycopg.connect(product.environment["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT r.id, r.key::text, r.state, r.error, s.payload->'fields'->>'email', d.status "
            "FROM leads_workflowrun r JOIN leads_submission s ON s.id = r.submission_id "
            "LEFT JOIN leads_draft d ON d.run_id = r.id"
        ).fetchall()
    runs = {run_id: tuple(rest) for run_id, *rest in rows}
    made = count(product.control.created())
    for number, run_id in accepted.items():
        key, state, error, email, draft = runs.get(run_id, ("", "missing", "", "", ""))
        verdict.done += state == "done"
        if state != "done":
            verdict.lost.append(f"lead {number}: run {run_id} is {state}: {error}")
        if send and draft == "sent":
            verdict.sent = (verdict.sent or 0) + 1
        elif send:
            verdict.lost.append(f"lead {number}: its draft is {draft}")
        for kind in (*EVERYTHING, "sent") if send else EVERYTHING:
            times = made[kind][email if kind in {"contacts", "sent"} else key]
            if times == 0:
                verdict.lost.append(f"lead {number}: no {kind} ({state})")
            elif times > 1:
                verdict.doubled.append(f"lead {number}: {times} {kind}")
    per_submission = Counter(email for *_, email, _ in runs.values())
    verdict.doubled += [f"{email}: {times} runs" for email, times in per_submission.items() if times > 1]
    verdict.doubled += [f"{domain}: {times} companies" for domain, times in made["companies"].items() if times > 1]
    return verdict


def count(created: dict[str, list[dict[str, Any]]]) -> dict[str, Counter[str]]:
    """How often each thing was made: drafts, notes and tasks by the run's mark, the rest by address or domain."""
    return {
        "drafts": Counter(draft["run"] for draft in created["drafts"]),
        "sent": Counter(address for mail in created["sent"] for address in mail["recipients"]),
        "notes": Counter(mark_in(note["properties"]["hs_note_body"]) for note in created["notes"]),
        "tasks": Counter(mark_in(task["properties"]["hs_task_body"]) for task in created["tasks"]),
        "contacts": Counter(contact["properties"]["email"] for contact in created["contacts"]),
        "companies": Counter(company["properties"]["domain"] for company in created["companies"]),
    }


def mark_in(body: str) -> str:
    return body.rpartition("Sales Agent run ")[2][:36]
