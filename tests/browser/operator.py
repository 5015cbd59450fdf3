"""An operator at a page of the console: what they do is counted, what they look at is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page

from tests.browser.watching import Watch

WIDTHS = {1440: 900, 390: 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
AXE = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ["violations"]})).violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`)
)"""


class Operator:
    """A page, and the number of actions taken on it so far.

    They look at a page that has loaded. An action is a click, a key that is a command, or the filling in of one form,
    which Enter may send off.
    """

    def __init__(self, page: Page, origin: str, watch: Watch, record: Callable[[str, object], None]) -> None:
        self.page, self.origin, self.watch, self.record = page, origin, watch, record
        self.actions = 0

    def opens(self, address: str) -> None:
        """Come to a page by its address, as by a bookmark; where a task begins."""
        self.page.goto(self.origin + address)

    def switches_to(self, theme: Any) -> None:
        """Prefer the light or the dark theme, as the system tells the browser."""
        self.page.emulate_media(color_scheme=theme)

    def clicks(self, what: Locator | str) -> None:
        self.actions += 1
        self.page.wait_for_load_state()
        found = self.page.locator(what) if isinstance(what, str) else what
        found.click()

    def presses(self, key: str) -> None:
        """A key that is a command."""
        self.actions += 1
        self.page.wait_for_load_state()
        self.page.keyboard.press(key)

    def fills_in(self, fields: dict[str, str], *, sends: bool = False) -> None:
        """One form, whose fields are given by their labels; whoever types in its last field may press Enter there."""
        self.actions += 1
        for label, value in fields.items():
            field = self.page.get_by_label(label, exact=True)
            field.fill(value)
        if sends:
            field.press("Enter")

    def finds_fit(self, address: str) -> None:
        """The page is accessible, and no wider than its window, in both themes."""
        self.opens(address)
        found = [f"light: {one}" for one in axe(self.page)]
        if wide := overflow(self.page):
            found.append(f"{wide} pixels wider than the window")
        # What the theme changes is colours.
        self.page.evaluate("document.documentElement.classList.add('dark')")
        found += [f"dark: {one}" for one in axe(self.page, COLOURS)]
        assert not found, "\n".join(found)

    def link(self, name: str, **options: Any) -> Locator:
        return self.page.get_by_role("link", name=name, **options)

    def button(self, name: str, **options: Any) -> Locator:
        return self.page.get_by_role("button", name=name, **options)

    def took(self, task: str, *, at_most: int) -> None:
        """Hold the task to its number of actions, and have both printed at the end of the tests."""
        self.record("actions", f"{task}: {self.actions} action{'' if self.actions == 1 else 's'}, at most {at_most}")
        assert self.actions <= at_most


def axe(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """What axe-core holds against the page by WCAG 2.2 AA and by its own good practice, and where."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, rules)
    return found


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
