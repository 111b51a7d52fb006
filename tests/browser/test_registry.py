"""The registry's screens in a real browser: accessible, within the window, and refusing nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from surveys.db import db
from tests.browser.looks import PHONE, faults
from tests.browser.test_staff import opened
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import lay
from tests.staff_browser import staff_cookie
from tests.views.test_registry import let_in, make_registry_analyst, some_lives

PAGES = {
    "sites": ("registry_analyst", "/registry"),
    "figures": ("registry_analyst", "/registry/figures"),
    "course": ("registry_analyst", "/registry/figures/more/course"),
    "choices": ("registry_analyst", "/cohorts"),
    "access": ("admin", "/registry/access"),
}


@pytest.fixture(scope="module")
def clinics(app: Flask) -> dict[str, MadeClinic]:
    """Two sites with a study each that let the analyst in; the administrator is one site's."""
    with app.app_context():
        home, sites = make_registry_analyst(), (make_clinic(), make_clinic())
        for site in sites:
            lay(db.engine, site.id, some_lives())
    for site in sites:
        let_in(app, site, home.logins["registry_analyst"])
    return {"registry_analyst": home, "admin": sites[0]}


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_registry_is_accessible_and_holds_to_the_policy(
    app: Flask,
    browser: Browser,
    web_server: str,
    clinics: dict[str, MadeClinic],
    name: str,
) -> None:
    role, path = PAGES[name]
    cookie, value = staff_cookie(app, clinics[role], role)
    with opened(browser, web_server, None) as page:
        page.context.add_cookies([{"name": cookie, "value": value, "url": "https://localhost", "secure": True}])
        page.goto(path)
        assert faults(page, dark=PHONE) == []
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"registry-{name}.png"), full_page=True)
