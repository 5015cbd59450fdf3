"""Tags of the console's templates."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from leads import readable
from leads.console import live as live_regions

register = template.Library()


@register.simple_tag
def when(value: datetime | None, style: str = "ago") -> str:
    """A moment as `<time>`: "ago" (kept up to date by the page), "clock" or "date"; exact, with zone, on hover."""
    if value is None:
        return SafeString("–")
    local = timezone.localtime(value)
    shown = {"ago": ago(local), "clock": f"{local:%H:%M:%S}", "date": f"{local:%-d %b %Y %H:%M}"}[style]
    return format_html(
        '<time datetime="{}" data-style="{}" title="{}">{}</time>',
        local.isoformat(timespec="milliseconds"),
        style,
        f"{local:%a %-d %b %Y %H:%M:%S %Z}",
        shown,
    )


@register.simple_tag
def until(value: datetime | None) -> str:
    """A moment that is near, as what is left until then: the page counts down."""
    if value is None:
        return SafeString("–")
    local = timezone.localtime(value)
    left = (value - timezone.now()).total_seconds()
    return format_html(
        '<time datetime="{}" data-style="left" title="{}">{}</time>',
        local.isoformat(timespec="milliseconds"),
        f"{local:%a %-d %b %Y %H:%M:%S %Z}",
        "now" if left <= 0 else f"{left:.0f} s" if left < 120 else coarse(left),
    )


def ago(at: datetime) -> str:
    """How long since, or how long to go, in one unit."""
    seconds = (timezone.now() - at).total_seconds()
    if abs(seconds) < 5:
        return "now"
    size = coarse(abs(seconds))
    return f"{size} ago" if seconds > 0 else f"in {size}"


def coarse(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


@register.filter
def span(value: timedelta | None) -> str:
    """A duration: 84 ms, 1.2 s, 3 min 5 s; a dash for none."""
    return "–" if value is None else readable.span(value)


@register.filter
def about(value: timedelta) -> str:
    """A duration in one unit, for where there is little room."""
    return coarse(value.total_seconds())


@register.filter
def words(value: str) -> str:
    """`run_waits` as people write it."""
    return readable.words(value)


@register.filter
def initials(name: object) -> str:
    """One or two letters that stand for a person."""
    parts = str(name).replace("@", " ").split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


@register.simple_tag
def badge(state: object, text: str = "") -> str:
    """A state as a coloured badge; its colour is never its only sign."""
    name = str(state)
    return format_html(
        '<span class="sa-badge sa-badge--{}">{}</span>', name.replace("_", "-").replace(" ", "-"), text or words(name)
    )


@register.simple_tag
def icon(name: str) -> str:
    return format_html('<span class="sa-icon" aria-hidden="true">{}</span>', name)


@register.simple_tag(takes_context=True)
def live(context: Context, name: str, argument: object = "") -> str:
    """A region that the page's poller keeps up to date; see `leads.console.live`."""
    key = f"{name}:{argument}" if argument != "" else name
    request: Any = context["request"]
    inner = mark_safe(live_regions.for_page(key, request))  # noqa: S308  a rendered template
    return format_html('<div data-live="{}" class="sa-live">{}</div>', key, inner)
