"""Outside writes: planned, intended, done."""

from __future__ import annotations

from django.contrib import admin

from leads.admin.base import SEARCHED, ReadOnlyAdmin, described, recent_values
from leads.models import Effect
from leads.readable import facts_of
from leads.timeline import title_of, why_open


@admin.register(Effect)
class EffectAdmin(ReadOnlyAdmin[Effect]):
    list_display = ("kind", "state", "why", "run", "step_title", "workspace", "planned_at", "done_at")
    list_filter = ("state", recent_values("kind", "kind"), ("error", admin.EmptyFieldListFilter), "workspace")
    list_select_related = ("workspace", "run")
    search_fields = ("kind", "withheld")
    number_field = "run_id"
    searches_newest = SEARCHED
    search_help_text = f"The id of a run, or a word in the newest {SEARCHED:,} writes."
    ordering = ("-pk",)
    fields = (
        "run",
        "workspace",
        "step_title",
        "kind",
        "state",
        "why",
        "planned_write",
        "vendor_ids",
        "once_key",
        "planned_at",
        "intended_at",
        "done_at",
    )

    @admin.display(description="why it is not done")
    def why(self, effect: Effect) -> str:
        return why_open(effect) or "-"

    @admin.display(description="step", ordering="step")
    def step_title(self, effect: Effect) -> str:
        return title_of(effect.step)

    @admin.display(description="planned write")
    def planned_write(self, effect: Effect) -> str:
        return described(facts_of(effect.args))

    @admin.display(description="ids at the vendor")
    def vendor_ids(self, effect: Effect) -> str:
        return described(facts_of(effect.result))
