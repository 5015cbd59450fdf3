"""Leads found by what people remember of them: name, company, address; in any order, by the beginnings of words."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet

from leads.models import Lead
from leads.models.lead import WORDS

WORD = re.compile(r"[^\W_]+")
MOST = 8  # words


def matching(rows: QuerySet[Lead], term: str) -> QuerySet[Lead]:
    """Those of `rows` in which every word of `term` begins a word; all of them for a term without any word."""
    words = WORD.findall(term.lower())[:MOST]
    if not words:
        return rows.none() if term.strip() else rows
    wanted = SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")
    return rows.alias(words=WORDS).filter(words=wanted)
