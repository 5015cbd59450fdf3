"""What the nouns' screens have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads import deliveries, drafts, runs
from leads.admin.keyset import KeysetChangeList
from leads.identifiers import identifier
from leads.readable import Fact

REFUSALS = (runs.NotPossible, drafts.NotPossible, deliveries.NotPossible)
SHOWN_REFUSALS = 10
AT_ONCE = 500  # objects that one action may take
RECENT = 2000  # rows in which a filter looks for its choices
SEARCHED = 20_000  # newest rows in which words are looked for

if TYPE_CHECKING:

    class _ModelAdmin[M: Model](admin.ModelAdmin[M]): ...

    class _Inline[M: Model, P: Model](admin.TabularInline[M, P]): ...

else:
    from unfold.admin import ModelAdmin as ThemedModelAdmin
    from unfold.admin import TabularInline as ThemedInline

    class _ModelAdmin[M](ThemedModelAdmin): ...

    class _Inline[M, P](ThemedInline): ...


class FoundByItsKey:
    """Part of an admin: an empty `_to_field`, which Django would take for the name of a field, is none."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc]


class NounAdmin[M: Model](FoundByItsKey, _ModelAdmin[M]):
    """An admin whose pages of objects that don't exist are not found."""

    list_per_page = 50
    show_full_result_count = False
    number_field = ""
    """What a number in the search box is the exact value of."""
    searches_newest = 0
    """In how many of the newest rows words are looked for, where no index knows them; 0: in all."""

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django would redirect to the index."""
        raise Http404(f"There is no {opts.verbose_name} {unquote(object_id)}.")

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        term = search_term.strip()
        if self.number_field and (number := identifier(term)) is not None:
            return queryset.filter(**{self.number_field: number}), False
        if self.searches_newest and term:
            newest = self.get_queryset(request).order_by("-pk").values_list("pk", flat=True).first() or 0
            queryset = queryset.filter(pk__gt=newest - self.searches_newest)
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django would drop, without a word, all filters of an address of which it can't read one."""
        if ERROR_FLAG in request.GET:  # its own sign that it did; else only "Database error" would be shown
            asked = request.GET.copy()
            del asked[ERROR_FLAG]
            request.GET = asked  # type: ignore[assignment]
        if not has_nul(request):
            answer = super().changelist_view(request, extra_context)
            if not (isinstance(answer, HttpResponseRedirect) and answer.url == f"{request.path}?{ERROR_FLAG}=1"):
                return answer
        messages.warning(request, "This address has a filter that can't be read; all rows are shown.")
        return HttpResponseRedirect(request.path)

    def viewable(self, request: HttpRequest, object_id: str) -> M:
        """The object, or 404, or 403."""
        found: M | None = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404(f"There is no {self.opts.verbose_name} {unquote(object_id)}.")
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, "title": title}
        return TemplateResponse(request, f"admin/leads/{template}", common | context)

    def back_to(self, found: M) -> HttpResponseRedirect:
        return HttpResponseRedirect(address_of(found))


def has_nul(request: HttpRequest) -> bool:
    """Whether a filter has a NUL, which no column knows and PostgreSQL refuses; searches leave theirs out."""
    return any("\x00" in value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values)


class ReadOnlyAdmin[M: Model](NounAdmin[M]):
    """Rows that people look at, newest first. What they can do to them are actions, each a use case."""

    change_list_template = "admin/leads/change_list.html"
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER  # they count

    def get_changelist(self, request: HttpRequest, **named: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReasonForm(forms.Form):
    """Why a person does what the page is about to do."""

    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3, "cols": 80, "autofocus": True}))


def apply[M: Model](request: HttpRequest, objects: Iterable[M], act: Callable[[M], object], said: str) -> None:
    """Do `act` to each, and tell the person how often it was done, and where it was refused and why."""
    done, refused = 0, []
    for found in objects:
        try:
            act(found)
        except REFUSALS as refusal:
            refused.append(str(refusal))
        else:
            done += 1
    for refusal_text in refused[:SHOWN_REFUSALS]:
        messages.warning(request, refusal_text)
    if len(refused) > SHOWN_REFUSALS:
        messages.warning(request, f"… and {len(refused) - SHOWN_REFUSALS} more were refused.")
    if done:
        messages.success(request, f"{done} {said}.")


def are_too_many[M: Model](request: HttpRequest, objects: QuerySet[M], most: int | None = None) -> bool:
    """Whether one action may not take so many; tells the person."""
    most = AT_ONCE if most is None else most
    too_many = len(objects.values_list("pk")[: most + 1]) > most
    if too_many:
        messages.error(request, f"More than {most} are selected. Select at most {most} at once.")
    return too_many


def ask_for_reason[M: Model](
    page: Callable[..., TemplateResponse],
    request: HttpRequest,
    objects: Iterable[M],
    *,
    title: str,
    button: str,
    action: str = "",
) -> tuple[str, TemplateResponse | None]:
    """The reason that was entered, or the page that asks for one. `action` is named for a bulk action."""
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    if form.is_valid():
        return form.cleaned_data["reason"], None
    shown = list(objects)
    hidden = [("action", action), *((helpers.ACTION_CHECKBOX_NAME, found.pk) for found in shown)] if action else []
    return "", page(request, "reason.html", title, form=form, objects=shown, button=button, hidden=hidden)


def recent_values(field: str, title: str) -> type[admin.SimpleListFilter]:
    """A filter by the values that the newest rows have; a look at all of a large table would take too long."""

    class Recent(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
            newest = model_admin.model.objects.order_by("-pk").values_list(field, flat=True)[:RECENT]
            return [(value, value) for value in sorted({*newest, self.value() or ""} - {""})]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    Recent.title = title
    return Recent


def address_of(found: Model) -> str:
    return address(type(found).__name__.lower(), found.pk)


def address(model_name: str, pk: object) -> str:
    return reverse(f"admin:leads_{model_name}_change", args=[pk])


def links(found: Iterable[tuple[str, str]]) -> str:
    """A list of links from (address, text)."""
    return format_html_join(SafeString("<br>"), '<a href="{}">{}</a>', found) or "-"


def described(facts: Iterable[Fact]) -> str:
    """Facts as a definition list."""
    return format_html(
        '<dl class="sa-facts">{}</dl>',
        format_html_join(
            "", "<dt>{}</dt><dd><span class='sa-lines'>{}</span></dd>", ((fact.label, fact.value) for fact in facts)
        ),
    )
