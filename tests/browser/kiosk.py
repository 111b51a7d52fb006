"""The clinic's tablet: its code, and its screens from the blank page back to it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from playwright.sync_api import Page

from surveys.access.device_codes import grouped, issue_code
from surveys.db import app_now, real_now
from surveys.models import Visit
from tests.browser.pressing import press
from tests.patients import Invited, invite, seen_by


def code_for(app: Flask, invited: Invited) -> str:
    """A code as staff read it out."""
    with seen_by(app, invited.clinic_id) as session:
        visit, key = session.get_one(Visit, invited.visit_id), str(app.secret_key)
        code = issue_code(session, visit, key, now=app_now(session), real=real_now(session))
        session.commit()
    return grouped(code)


def tablet_walk(app: Flask, base: str, page: Page, language: str) -> Iterator[str]:
    """Go through one patient's visit to the tablet; yields the name of each screen while it is shown."""
    page.goto(f"{base}/tablet?language={language}")
    yield "tablet"
    press(page, "main button")
    yield "tablet with an error"
    page.locator("#code").fill(code_for(app, invite(app, language=language)))
    press(page, "main button")
    yield "start on the tablet"
    press(page, "main button.primary")
    yield "start on the tablet with an error"
    page.locator("#respondent-self").check()
    page.locator("#consent").check()
    press(page, "main button.primary")
    page.goto(f"{base}/s/odi/1")
    yield "item on the tablet"
    page.locator("input[type=radio]").nth(1).check()
    page.locator("button.primary").click()
    page.goto(f"{base}/s/pause?idle=1")
    yield "pause"
    page.goto(f"{base}/s/review")
    page.locator("button.primary").click()
    page.wait_for_url("**/s/done")
    yield "thanks on the tablet"
