"""A statement from its plan to two signatures, in a real browser: straight path, widths, colours, axe."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.looks import DESK, PHONE, faults
from tests.browser.test_staff import opened
from tests.factories import PASSWORD, MadeClinic

CHOSEN = "/claims/new?protocol=trial&kind=responders_two_arms&timepoint=m12&rule=nrs_active+change+%3E%3D+2"


def _signed_in(browser: Browser, base: str, login: str) -> StorageState:
    with opened(browser, base, None) as page:
        page.goto("/login")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("main button")
        expect(page).not_to_have_url("**/login")
        return page.context.storage_state()


def _look(page: Page, name: str) -> None:
    assert faults(page, dark=PHONE) == [], name
    if folder := os.environ.get("PICTURES"):
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="light")
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)


def test_from_the_plan_to_two_signatures(browser: Browser, web_server: str, small_trial: MadeClinic) -> None:
    admin, clinician = (_signed_in(browser, web_server, small_trial.logins[role]) for role in ("admin", "clinician"))
    with opened(browser, web_server, admin) as page:
        page.goto("/plans")
        page.fill("#title", "The trial, primary endpoint")
        for box in ("nrs_active change >= 2", "m12", "bmc minus conventional", "responders_two_arms"):
            page.locator(f"input[value='{box}']").check()
        _look(page, "plans")
        page.get_by_role("button", name="Keep this plan").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("The trial, primary endpoint")
        _look(page, "plan")
    with opened(browser, web_server, clinician) as page:
        page.goto(CHOSEN)
        expect(page.locator("blockquote")).to_contain_text("2/2")
        expect(page.locator("blockquote")).to_contain_text("Post hoc (a plan was written on")
        _look(page, "preview")
        page.get_by_role("button", name="Keep this statement").click()
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.locator("h1")).to_contain_text("signed by one")
        address = page.url
    with opened(browser, web_server, admin) as page:
        page.goto(address)
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.locator("h1")).to_contain_text("signed by two")
        _look(page, "claim")
        page.goto("/claims")
        _look(page, "claims")
