"""Rows into tables, many at once: by COPY into a staging table each, and from there, once or as often as wanted.

COPY takes times of the past, which the ORM would overwrite. A repetition is a week older than the one before, with
other people: the same letters, so that a benchmark's history does not have to be composed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, ForeignKey, Model
from django.db.models.expressions import DatabaseDefault
from psycopg import sql

from leads.models import ApiCall, Delivery, Draft, Effect, Event, Lead, StepRun, Submission, WorkflowRun

ORDER: tuple[type[Model], ...] = (Delivery, Lead, Submission, WorkflowRun, StepRun, Effect, Draft, ApiCall, Event)
# What else differs from one repetition to the next, beside ids and times; r is the row's run, l its lead.
KEY = "md5(r.key::text || %(nth)s)::uuid"
EMAIL = "replace(l.email, '@', '+%(nth)s@')"
OTHERS = f"replace(replace({{column}}::text, r.key::text, {KEY}::text), l.email, {EMAIL})::jsonb"
CHANGED: Mapping[tuple[type[Model], str], str] = {
    (Lead, "email"): "replace(s.email, '@', '+%(nth)s@')",
    (Submission, "dedupe_key"): "s.dedupe_key || '+%(nth)s'",
    (Submission, "payload"): f"replace(s.payload::text, l.email, {EMAIL})::jsonb",
    (WorkflowRun, "key"): "md5(s.key::text || %(nth)s)::uuid",
    # What waits, waits for the future, or a worker would find all of it due.
    (
        WorkflowRun,
        "due_at",
    ): "CASE s.state WHEN 'waiting' THEN s.due_at ELSE s.due_at - interval '1 week' * %(nth)s END",
    (StepRun, "result"): OTHERS.format(column="s.result"),
    (Effect, "args"): OTHERS.format(column="s.args"),
    (Draft, "recipient"): EMAIL,
}
OF_RUN = "JOIN staged_leads_workflowrun r ON r.id = s.run_id JOIN staged_leads_lead l ON l.id = r.lead_id"
JOINS = {
    Submission: "JOIN staged_leads_lead l ON l.id = s.lead_id",
    StepRun: OF_RUN,
    Effect: OF_RUN,
    Draft: OF_RUN,
}
# Ids that stand in JSON.
IN_JSON = {
    (Delivery, "items"): "CASE WHEN s.items -> 0 ->> 'run' IS NULL THEN s.items ELSE "
    "jsonb_set(s.items, '{0,run}', to_jsonb((s.items -> 0 ->> 'run')::bigint + %(run)s)) END",
    (Event, "facts"): "CASE WHEN s.facts ? 'submission' THEN "
    "jsonb_build_object('submission', (s.facts ->> 'submission')::bigint + %(submission)s) "
    "WHEN s.facts ? 'draft' AND s.kind LIKE 'draft_%%' THEN "
    "jsonb_build_object('draft', (s.facts ->> 'draft')::bigint + %(draft)s) ELSE s.facts END",
}


def number(rows: Sequence[Model]) -> None:
    """Give them ids of their staging table, which begin with 1."""
    for pk, row in enumerate(rows, 1):
        row.pk = pk


def stage(rows: Sequence[Model]) -> None:
    """Put all rows of one table, in the order of their ids, into a table that lasts as long as the transaction."""
    if not rows:
        return
    first = rows[0]
    fields = [field for field in columns(type(first)) if not isinstance(getattr(first, field.attname), DatabaseDefault)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {staged(type(first))} (LIKE {table(type(first))} INCLUDING DEFAULTS) ON COMMIT DROP"
        )
        names = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(staged(type(first))), names)
        with cursor.cursor.copy(statement) as pipe:
            for row in rows:
                pipe.write_row([field.get_db_prep_save(value_of(row, field), connection) for field in fields])


def publish(counts: Mapping[type[Model], int], times: int) -> None:
    """Insert what is staged so often, the oldest first: ids follow time, as they would have."""
    for nth in reversed(range(times)):
        bases = {model: reserve(model, counts[model]) for model in ORDER if counts.get(model)}
        for model in bases:
            insert(model, bases, nth)


def reserve(model: type[Model], rows: int) -> int:
    """The number to be added to so many ids that begin with 1."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table(model)])
        base: int = cursor.fetchone()[0]
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table(model), base + rows])
    return base


def insert(model: type[Model], bases: Mapping[type[Model], int], nth: int) -> None:
    known = {"nth": nth} | {base.__name__.lower().removeprefix("workflow"): number for base, number in bases.items()}
    known.setdefault("draft", 0)
    parts = [expression(model, field, bases, nth) % known for field in columns(model)]
    names = ", ".join(str(field.column) for field in columns(model))
    join = JOINS.get(model, "") if nth else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table(model)} ({names}) SELECT {', '.join(parts)} "  # noqa: S608  names from our models
            f"FROM {staged(model)} s {join} ORDER BY s.id"
        )


def expression(model: type[Model], field: Field[Any, Any], bases: Mapping[type[Model], int], nth: int) -> str:
    column = f"s.{field.column}"
    if field.primary_key:
        return f"{column} + {bases[model]}"
    if isinstance(field, ForeignKey) and field.related_model in bases:
        return f"{column} + {bases[field.related_model]}"
    if (model, field.name) in IN_JSON:
        return IN_JSON[model, field.name]
    if nth and (model, field.name) in CHANGED:
        return CHANGED[model, field.name]
    if nth and isinstance(field, DateTimeField):
        return f"{column} - interval '1 week' * %(nth)s"
    return column


def value_of(row: Model, field: Field[Any, Any]) -> Any:
    """What the column gets; what a row points to may have got its id later than the row."""
    if isinstance(field, ForeignKey) and field.is_cached(row):
        found = getattr(row, field.name)
        return found.pk if found is not None else None
    return getattr(row, field.attname)


def columns(model: type[Model]) -> Sequence[Field[Any, Any]]:
    return model._meta.concrete_fields  # noqa: SLF001  Django's public name for it


def table(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001


def staged(model: type[Model]) -> str:
    return f"staged_{table(model)}"
