"""Pages of big lists, newest first by id: no row is counted, and none is skipped.

`?before=ID` is the page of older rows, `?after=ID` the page of newer ones. What is in the address stays what it is
while rows arrive, and the thousandth page costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from leads.identifiers import identifier

BEFORE, AFTER = "before", "after"
SIZE = 50
UNCOUNTED = "matching"  # stands where the admin would say how many there are


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """Some rows, newest first, and where the pages beside them begin; None where there is none."""

    rows: list[M]
    older: int | None = None
    newer: int | None = None

    @property
    def is_all(self) -> bool:
        return self.older is None and self.newer is None


def page_of[M: Model](rows: QuerySet[M], asked: Mapping[str, Any], size: int = SIZE) -> Page[M]:
    """The page that `asked` (the address's parameters) is about; the newest where they make no sense."""
    before, after = identifier(asked.get(BEFORE)), identifier(asked.get(AFTER))
    if before is None and after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        if len(found) > size:
            newest_last = found[:size]
            return Page(newest_last[::-1], older=newest_last[0].pk, newer=newest_last[-1].pk)
        # No full page of newer ones: these are the newest, and the page is filled up with what is next.
    older = rows if before is None else rows.filter(pk__lt=before)
    found = list(older.order_by("-pk")[: size + 1])
    shown = found[:size]
    return Page(
        shown,
        older=shown[-1].pk if len(found) > size else None,
        newer=None if before is None else shown[0].pk if shown else before - 1,
    )


class Pager:
    """What the list's template asks of a paginator: the addresses of the pages beside this one."""

    template_name = "admin/leads/_pager.html"

    def __init__(self, changes: ChangeList, page: Page[Any]) -> None:
        self.older = changes.get_query_string({BEFORE: page.older}) if page.older is not None else ""
        self.newer = changes.get_query_string({AFTER: page.newer}) if page.newer is not None else ""
        self.newest = changes.get_query_string() if page.newer is not None else ""


class KeysetChangeList(ChangeList):
    """The admin's list without its counting, paging by number, and sorting by column."""

    def __init__(self, request: HttpRequest, *arguments: Any, **named: Any) -> None:
        self.asked = {name: request.GET.get(name) for name in (BEFORE, AFTER)}
        super().__init__(request, *arguments, **named)

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        # A filter that is chosen or dropped leads to its own newest page.
        for name in (BEFORE, AFTER, ORDER_VAR):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    @property
    def without_search(self) -> str:
        """Where the list's filters stay and its search goes."""
        address: str = self.get_query_string(remove=[SEARCH_VAR])
        return address

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        page = page_of(self.queryset, self.asked, self.list_per_page)
        self.result_list = page.rows
        # Equal to the rows shown, the admin offers no "select all"; otherwise it offers to select all that match.
        self.result_count = len(page.rows) if page.is_all else UNCOUNTED  # type: ignore[assignment]
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Pager(self, page)
