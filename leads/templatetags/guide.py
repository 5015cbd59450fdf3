"""The checklist of the first steps, for home."""

from __future__ import annotations

from django import template

from leads.guide import Guide, guide

register = template.Library()


@register.simple_tag
def first_steps() -> Guide | None:
    return guide()
