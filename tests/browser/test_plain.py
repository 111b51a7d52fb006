"""Without scripts and without the stylesheet: plain forms in reading order carry the whole flow."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveys.models import Answer, Visit
from tests.browser.screens import Look, seen_as, sit_down
from tests.patients import seen_by

pytestmark = pytest.mark.browser
IN_ORDER = """['h1', 'fieldset input', 'button[value=save]']
  .map(each => document.querySelector(each).getBoundingClientRect().top)
  .every((top, at, tops) => !at || top > tops[at - 1])"""
FAMILY = "getComputedStyle(document.body).fontFamily"


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()


def test_p11_a_questionnaire_is_answered_without_scripts_and_without_the_stylesheet(
    web_server: str, app: Flask, browser: Browser
) -> None:
    with seen_as(browser, Look(width=320, height=568, scripts=False)) as page:
        page.route("**/*.css*", lambda route: route.abort())
        invited = sit_down(app, web_server, page)
        for path in ("odi/1", "nrs11/1", "eq5d3l/6"):
            page.goto(f"{web_server}/s/{path}")
            assert "system-ui" not in page.evaluate(FAMILY), "the stylesheet came"
            assert page.evaluate(IN_ORDER), path
            save(page)
            expect(page.locator("[role=alert]")).to_be_visible()
            box = page.get_by_role("textbox")
            box.fill("70") if box.count() else page.locator("label").nth(1).click()
            save(page)
            expect(page.locator("[role=alert]")).to_have_count(0)
        page.goto(f"{web_server}/s/review")
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your answers are sent.")
    with seen_by(app, invited.clinic_id) as session:
        assert session.get_one(Visit, invited.visit_id).submitted_at is not None
        assert list(session.scalars(select(Answer.level).order_by(Answer.id))) == [1, 1, 70]


def test_p07_the_browsers_back_shows_what_was_saved_and_another_answer_takes_its_place(
    web_server: str, app: Flask, browser: Browser
) -> None:
    with seen_as(browser, Look(scripts=False)) as page:
        invited = sit_down(app, web_server, page)
        page.goto(f"{web_server}/s/odi/1")
        for level in ("1", "2"):
            page.locator(f"#answer-{level}").check()
            save(page)
        expect(page).to_have_title("Question 3 of 28 – Riverside Clinic")
        page.go_back()
        expect(page).to_have_title("Question 2 of 28 – Riverside Clinic")
        assert page.locator("#answer-2").is_checked()
        page.go_back()
        page.locator("#answer-4").check()
        save(page)
        expect(page).to_have_title("Question 2 of 28 – Riverside Clinic")
    with seen_by(app, invited.clinic_id) as session:
        assert list(session.scalars(select(Answer.level).order_by(Answer.id))) == [1, 2, 4]


def test_p08_focus_goes_to_the_error_summary_whether_scripts_run_or_not(
    web_server: str, app: Flask, browser: Browser
) -> None:
    for scripts in (True, False):
        with seen_as(browser, Look(scripts=scripts)) as page:
            sit_down(app, web_server, page)
            page.goto(f"{web_server}/s/odi/1")
            save(page)
            expect(page.locator("[role=alert]")).to_be_focused()
            page.locator("[role=alert] a").press("Enter")
            expect(page.locator("#answer-0")).to_be_focused()
