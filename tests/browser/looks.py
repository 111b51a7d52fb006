"""One page that is shown, looked at in every size and colour: loaded once, for loading it costs more than looking."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page, ViewportSize

from tests.servers.axe import violations

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WATCH = "window.broken=[];document.addEventListener('securitypolicyviolation',e=>broken.push(e.violatedDirective))"
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true })"


def faults(page: Page, sizes: Sequence[ViewportSize] = (PHONE, DESK), *, dark: ViewportSize) -> list[str]:
    """Return what is wrong with the page that is shown, in dark colours at one of the sizes; ``WATCH`` has watched.

    What can be opened is opened once the widths are taken.
    """
    found = [wide for size in sizes for wide in _wide(page, size)]
    page.evaluate(OPEN)
    for size in sizes:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if size == dark else "light")
        found += [f"{size['width']}: {each}" for each in violations(page, runOnly=RULES)]
    broken: list[str] = page.evaluate("window.broken")
    return found + broken


def _wide(page: Page, size: ViewportSize) -> list[str]:
    page.set_viewport_size(size)
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{size['width']}: {width} px wide"] if width > size["width"] else []
