"""axe-core on a page; the one place that imports the untyped wrapper."""

from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

ASKED: dict[str, Any] = {"resultTypes": ["violations"]}  # what passes is not described element by element


def violations(page: Page, **options: Any) -> list[str]:
    """Return one line for each rule that the page breaks, with the first element at fault."""
    if not page.evaluate("'axe' in window"):  # half a megabyte: once for a page, however often it is looked at
        page.evaluate(_script())
    found = page.evaluate("async options => (await axe.run(options)).violations", ASKED | options)
    return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


@cache
def _script() -> str:
    return str(Axe().axe_script)
