"""One workspace or all: which rows are meant, and where they are listed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from leads.models import Workspace


def called(slug: str) -> QuerySet[Workspace]:
    """The workspace of this slug, if there is one; in an address anything may stand, and no slug has a NUL."""
    return Workspace.objects.filter(slug=slug.replace("\x00", ""))


def within(workspace: Workspace | None) -> dict[str, Any]:
    """The filter for rows of this workspace; none for all."""
    return {"workspace": workspace} if workspace else {}


def listed(noun: str, workspace: Workspace | None, **filters: str) -> str:
    """The address of the list of exactly these rows."""
    if workspace:
        filters["workspace__id__exact"] = str(workspace.pk)
    return f"{reverse(f'admin:leads_{noun}_changelist')}?{urlencode(filters)}"
