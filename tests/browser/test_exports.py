"""Exports and past answers from a file in a real browser: accessible, within the window, and refusing nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from surveys.commands.jobs import run_next
from surveys.exchange.exports.order import Order
from tests.browser.looks import DESK, PHONE, faults
from tests.browser.test_staff import opened
from tests.exchange.exports.world import ask, fill
from tests.factories import MadeClinic, make_clinic
from tests.staff_browser import staff_cookie

LINES = "\n".join(
    (
        "patient_number,timepoint,answered_on,nrs11_active,nrs11_resting,odi_flying",
        "1,baseline,2024-03-04,7,2,",
        "2,m3,soon,99,declined,1",
        "nobody,m12,2999-01-01,3,4,",
    )
)


def files(page: Page) -> None:
    page.goto("/exports")


def form(page: Page) -> None:
    page.goto("/patients/import-answers")


def report(page: Page) -> None:
    form(page)
    page.fill("#text", LINES)
    page.get_by_role("button", name="Look through it", exact=True).click()
    page.get_by_text("99 is no answer here").wait_for()


PAGES: dict[str, Callable[[Page], None]] = {"exports": files, "import": form, "import-report": report}


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """A file that is ready, one that failed, one that was cancelled by nobody and waits."""
    with app.app_context():
        made = make_clinic()
    fill(app, made)
    for order in (Order("protocol=trial"), Order("no such language", "wide", "xlsx")):
        ask(app, made, order, "coordinator")
        with app.app_context():
            assert run_next(made.id)
    ask(app, made, Order("protocol=trial arm=bmc age=40..", "wide", "sav", "scores", identified=True), "coordinator")
    return made


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_files_is_accessible_and_holds_to_the_policy(
    app: Flask, browser: Browser, web_server: str, clinic: MadeClinic, name: str
) -> None:
    cookie, value = staff_cookie(app, clinic, "coordinator")
    with opened(browser, web_server, None) as page:
        page.context.add_cookies([{"name": cookie, "value": value, "url": "https://localhost", "secure": True}])
        PAGES[name](page)
        assert faults(page, dark=PHONE) == []
        for size in (PHONE, DESK) if "SCREENSHOTS" in os.environ else ():
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="light")
            page.screenshot(path=str(Path(os.environ["SCREENSHOTS"]) / f"{name}-{size['width']}.png"), full_page=True)
