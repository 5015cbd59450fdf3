"""Coming in."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User

from tests.browser.operator import Operator


def test_a_person_logs_in_and_is_at_home(opened: Callable[..., Operator], boss: User) -> None:
    operator = opened()
    operator.opens("/")
    operator.fills_in({"User name": "olga", "Password": "pw"})
    operator.clicks(operator.button("Log in"))
    operator.page.wait_for_url("**/admin/")


def test_someone_is_logged_in(operator: Operator) -> None:
    operator.opens("/admin/")
    assert "olga" in operator.page.inner_text("body").lower()


def test_the_theme_is_the_systems(operator: Operator) -> None:
    for theme in ("light", "dark"):
        operator.switches_to(theme)
        operator.opens("/admin/")
        assert operator.page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")
