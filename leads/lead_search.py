"""Leads found by what people remember of them: name, company, address; in any order, by the beginnings of words."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Model, QuerySet

from leads.models import Lead
from leads.models.lead import WORDS

WORD = re.compile(r"[^\W_]+")
MOST = 8  # words
FEW = 1000  # leads


def matching(rows: QuerySet[Lead], term: str) -> QuerySet[Lead]:
    """Those of `rows` in which every word of `term` begins a word; all of them for a term without any word."""
    words = WORD.findall(term.lower())[:MOST]
    if not words:
        return rows.none() if term.strip() else rows
    wanted = SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")
    return rows.alias(words=WORDS).filter(words=wanted)


def of_leads[M: Model](rows: QuerySet[M], term: str) -> QuerySet[M]:
    """Those of `rows` whose `lead` matches. Of few leads, their rows; of many, the newest rows are soon found."""
    if not term.strip():
        return rows
    leads = matching(Lead.objects.all(), term).values_list("pk", flat=True)
    few = list(leads[: FEW + 1])
    by: dict[str, Any] = {"lead__in": leads if len(few) > FEW else few}
    return rows.filter(**by)
