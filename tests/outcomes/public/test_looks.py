"""The public page, its frame and the pages of staff around them in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looks import PHONE, faults
from tests.browser.test_staff import opened
from tests.outcomes.public.conftest import Open
from tests.staff_browser import staff_cookie

SENTENCE = "Pain reduction in 74 / 66 / 56 % of 40 patients at 3 / 6 / 12 months."
PUBLIC = {"page": "", "arabic": "?language=ar", "frame": "/embed"}
STAFF = {"check": ("analyst", f"/claim-check?text={SENTENCE}"), "publishing": ("admin", "/publishing")}


@pytest.fixture(scope="module")
def published(site: Open) -> Open:
    site.publish()
    return site


def picture(page: object, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"public-{name}.png"), full_page=True)  # type: ignore[attr-defined]


@pytest.mark.browser
@pytest.mark.parametrize("name", PUBLIC)
def test_what_everybody_sees_is_accessible(browser: Browser, web_server: str, published: Open, name: str) -> None:
    with opened(browser, web_server, None) as page:
        page.goto(f"/public/{published.slug}{PUBLIC[name]}")
        picture(page, name)
        assert page.locator("article").count() == 1
        assert faults(page, dark=PHONE) == []
        assert page.context.cookies() == []


@pytest.mark.browser
@pytest.mark.parametrize("name", STAFF)
def test_the_pages_of_staff_are_accessible(browser: Browser, web_server: str, published: Open, name: str) -> None:
    role, path = STAFF[name]
    cookie, value = staff_cookie(published.app, published.clinic, role)
    with opened(browser, web_server, None) as page:
        page.context.add_cookies([{"name": cookie, "value": value, "url": "https://localhost", "secure": True}])
        page.goto(path)
        picture(page, name)
        assert faults(page, dark=PHONE) == []
