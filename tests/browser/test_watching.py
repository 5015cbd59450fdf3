"""What these tests stand on would catch what it is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.operator import Operator, axe, overflow


@pytest.fixture
def window(opened: Callable[..., Operator]) -> Operator:
    operator = opened()
    operator.opens("/admin/login/")
    return operator


@pytest.fixture
def blank(window: Operator) -> Operator:
    """A page of no server, which may do anything."""
    window.page.goto("about:blank")
    return window


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw new Error('thrown') })", "uncaught: .*thrown"),
        ("fetch('https://elsewhere.example/').catch(() => {})", "console: .*Content Security Policy"),
        ("fetch('/no-such-page')", "console: .*404"),
    ],
)
def test_what_goes_wrong_on_a_page_fails_its_test(window: Operator, script: str, said: str) -> None:
    window.page.evaluate(f"() => {{ {script} }}")
    window.page.wait_for_timeout(200)
    with pytest.raises(AssertionError, match=said):
        window.watch.settle()
    window.watch.expect(".")


def test_a_request_to_another_host_fails_its_test(blank: Operator) -> None:
    blank.page.set_content("<img src='https://elsewhere.example/pixel.gif'>")
    with pytest.raises(AssertionError, match="another host: https://elsewhere"):
        blank.watch.settle()
    blank.watch.expect(".")


def test_an_inaccessible_page_is_told_from_an_accessible_one(blank: Operator) -> None:
    head = "<html lang=en><title>Page</title><main><h1>Page</h1>"
    blank.page.set_content(f"{head}<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt=Dot></main>")
    assert axe(blank.page) == []
    blank.page.set_content(f"{head}<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></main>")
    (violation,) = axe(blank.page)
    assert violation.startswith("image-alt: img: ")


def test_a_page_that_is_too_wide_is_noticed(blank: Operator) -> None:
    blank.page.set_content("<p style='width: 1500px'>Wide</p>")
    assert overflow(blank.page) > 50


def test_actions_are_counted_and_held_to_their_number(blank: Operator) -> None:
    blank.page.set_content("<label>Name<input></label> <button>Save</button> <a href='#'>Home</a>")
    blank.fills_in({"Name": "Mara"})
    blank.clicks(blank.button("Save"))
    blank.clicks(blank.link("Home"))
    blank.presses("j")
    blank.record = lambda _name, _value: None
    assert blank.actions == 4
    with pytest.raises(AssertionError):
        blank.took("Nothing much", at_most=3)
