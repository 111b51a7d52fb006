"""The page of reports in a real browser: asked for, listed, and looked at in every width and colour."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from surveys.commands.jobs import run_next
from tests.browser.looks import DESK, PHONE, faults
from tests.browser.test_staff import opened
from tests.factories import PASSWORD, MadeClinic


def _look(page: Page, name: str) -> None:
    assert faults(page, dark=PHONE) == [], name
    if folder := os.environ.get("PICTURES"):
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="light")
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)


def test_a_report_is_asked_for_from_the_dashboard(
    app: Flask, browser: Browser, web_server: str, small_trial: MadeClinic
) -> None:
    with opened(browser, web_server, None) as page:
        page.goto("/login")
        page.fill("#login", small_trial.logins["clinician"])
        page.fill("#password", PASSWORD)
        page.click("main button")
        expect(page).not_to_have_url("**/login")
        page.goto("/dashboard?protocol=trial&rule=nrs_active+change+%3E%3D+2")
        page.get_by_role("link", name="Reports").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
        page.get_by_role("button", name="Make the report").click()
        expect(page.locator("#files")).to_contain_text("waiting")
        _look(page, "reports-waiting")
        with app.app_context():
            assert run_next(small_trial.id)
        page.get_by_role("link", name="Look again").click()
        expect(page.locator("#files")).to_contain_text("ready")
        expect(page.locator("#files")).to_contain_text("Pain during activity improved by 2 points or more")
        _look(page, "reports")
        with page.expect_download() as taken:
            page.get_by_role("link", name="Download").click()
        assert taken.value.path().read_bytes().startswith(b"%PDF-")
