"""axe-core on a page; the one place that imports the untyped wrapper."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page


def violations(page: Page, **options: Any) -> list[str]:
    """Return one line for each rule that the page breaks, with the first element at fault."""
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:200]}" for rule in found]
