"""What to tell somebody whose settings page is older than the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from leads.meanwhile import Stale
from leads.models import Event
from leads.sentences import sentence

TOLD = 5


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Who changed what, and what is stored now where the page's form says something else."""

    told: list[tuple[str, Event]]
    stored: list[tuple[str, str]]


def meanwhile(stale: Stale, *typed: forms.BaseForm) -> dict[str, Any]:
    """For the page: the forms keep what was typed, and the next save goes by what is told here.

    Where there are several, each has a `heading`.
    """
    told = [(sentence(event), event) for event in stale.events[:TOLD]]
    stored = [(label(form, name), value(form, name)) for form in typed for name in form.changed_data]
    return {"meanwhile": Meanwhile(told, stored), "revision": stale.revision}


def label(form: forms.BaseForm, name: str) -> str:
    return ": ".join(filter(None, (getattr(form, "heading", ""), str(form[name].label))))


def value(form: forms.BaseForm, name: str) -> str:
    """What is stored, as the form would show it."""
    field = form.fields[name]
    now = field.prepare_value(form.get_initial_for_field(field, name))
    match now:
        case bool():
            return "on" if now else "off"
        case list() | tuple():
            labels = dict(getattr(field, "choices", ()))
            return ", ".join(str(labels.get(one, one)) for one in now)
        case _:
            return ", ".join(str(now if now is not None else "").splitlines()) or "empty"
