"""A real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

PHONE: ViewportSize = {"width": 390, "height": 844}  # CSS pixels
# Each window would start processes for what drops down below its address bar: as much work as most pages are.
BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess")
# What Playwright switches off itself: of two such switches a browser reads the last.
PLAYWRIGHTS = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
)
ARGUMENTS = [
    f"--disable-features={','.join(BAR + PLAYWRIGHTS)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def running(path: str) -> Iterator[Browser]:
    """Yield the browser at ``path``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def phone(browser: Browser, base_url: str | None = None) -> Iterator[BrowserContext]:
    """Yield a context of a phone's size, with storage of its own."""
    context = browser.new_context(viewport=PHONE, has_touch=True, base_url=base_url)
    try:
        yield context
    finally:
        context.close()
