"""P15 in a real browser: a phone's touches, a slip, a way back and a translated page are kept beside the answers."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveys.models import Answer, ScreenUse
from tests.browser.screens import Look, seen_as
from tests.patients import Invited, invite, seen_by

pytestmark = pytest.mark.browser
PHONE = Look("en", 390, 844)


def confirm(page: Page, question: str) -> None:
    with page.expect_response(lambda reply: reply.request.method == "POST"):
        page.locator("main button.primary").tap()
    expect(page.locator(".progress")).to_contain_text(question)


def kept(app: Flask, invited: Invited, item: str) -> list[ScreenUse]:
    """Every screen of an item, the oldest first."""
    ours = select(ScreenUse).join(
        Answer, (Answer.clinic_id == ScreenUse.clinic_id) & (Answer.id == ScreenUse.answer_id)
    )
    with seen_by(app, invited.clinic_id) as session:
        return list(session.scalars(ours.where(Answer.item == item).order_by(Answer.id)))


def test_p15_a_phone_tells_how_its_screens_were_used(web_server: str, app: Flask, browser: Browser) -> None:
    invited = invite(app)
    with seen_as(browser, PHONE) as page:
        page.goto(f"{web_server}/q/{invited.token}")
        page.locator("#respondent-self").check()
        page.locator("#consent").check()
        page.locator("button.primary").click()
        page.goto(f"{web_server}/s/odi/1")
        page.locator(".row").nth(2).tap()
        page.locator(".row").nth(3).tap()  # the neighbour, at once: a slip
        confirm(page, "Question 2")
        page.locator(".row").nth(1).tap()
        page.evaluate("document.documentElement.className = 'translated-ltr'")
        confirm(page, "Question 3")
        page.locator("a.back").tap()
        expect(page.locator(".progress")).to_contain_text("Question 2")
        page.locator(".row").nth(4).tap()  # not the neighbour: a change of mind
        confirm(page, "Question 3")
        assert page.evaluate("window.refused ?? []") == []
        page.goto(f"{web_server}/s/eq5d3l/6")
        page.locator(".track").tap(position={"x": 40, "y": 100})
        page.locator(".steps button").first.tap()
        with page.expect_response(lambda reply: reply.request.method == "POST"):
            page.locator("main button.primary").tap()
    (first,), (second, changed), (vas,) = (
        kept(app, invited, item) for item in ("pain_intensity", "personal_care", "vas")
    )
    assert (first.changes, first.slips, first.backs, first.pointer) == (1, 1, 0, "touch")
    assert (first.viewport_width, first.viewport_height, first.text_size) == (390, 844, 100)
    assert (first.orientation, first.layout, first.translated) == ("portrait", "rows-1", False)
    assert first.row_height is not None
    assert first.row_height >= 44
    assert first.first_input_ms is not None
    assert first.confirmed_ms is not None
    assert first.first_input_ms <= first.confirmed_ms
    assert (second.slips, second.backs, second.translated) == (0, 0, True)
    assert (changed.changes, changed.slips, changed.backs) == (1, 0, 1)
    assert (vas.input_path, vas.layout, vas.row_height) == ("stepped", "vas-1", None)
