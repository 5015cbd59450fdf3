"""System checks: settings that only hold together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from leads.model_account import is_set_up

CALLS_OF_AN_EFFECT = 3  # at the worst: a new token, the call, a look-up after a conflict


@register()
def timeouts_nest(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Longest call < lease < bell < redelivery of the bell: else two workers may drive one run, by design of nobody."""
    call: float = CALLS_OF_AN_EFFECT * (settings.HTTP_CONNECT_TIMEOUT + settings.HTTP_READ_TIMEOUT)
    lease = settings.LEASE.total_seconds()
    bell, redelivery = (float(str(settings.Q_CLUSTER[name])) for name in ("timeout", "retry"))
    ladder: list[tuple[str, float, str, float]] = [
        ("three times HTTP_CONNECT_TIMEOUT + HTTP_READ_TIMEOUT", call, "LEASE_SECONDS", lease),
        ("LEASE_SECONDS", lease, "Q_CLUSTER timeout", bell),
        ("DRAIN_SECONDS + LEASE_SECONDS", settings.DRAIN_SECONDS + lease, "Q_CLUSTER timeout", bell),
        ("Q_CLUSTER timeout", bell, "Q_CLUSTER retry", redelivery),
        # Without a model nobody waits for one.
        ("LLM_SECONDS", settings.LLM_SECONDS if is_set_up() else 0.0, "LEASE_SECONDS", lease),
    ]
    return [
        Error(f"{lower} ({low:g} s) must be less than {upper} ({high:g} s).", id=f"leads.E00{number}")
        for number, (lower, low, upper, high) in enumerate(ladder, 1)
        if low >= high
    ]
