"""The whole questionnaire by keys alone: what takes focus, in which order, and whether it is seen."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from surveys.models import Answer, Visit
from tests.browser.screens import Look, seen_as
from tests.patients import invite, seen_by

pytestmark = pytest.mark.browser
MOST_TABS = 40
# What is wrong with the element that has focus: no ring around it or its row, out of the window, or covered.
FOCUSED = """last => {
  const focused = document.activeElement, shown = focused.closest('.row') ?? focused;
  const box = shown.getBoundingClientRect(), name = focused.outerHTML.slice(0, 80), wrong = [];
  const outline = getComputedStyle(shown);
  if (outline.outlineStyle === 'none' || parseFloat(outline.outlineWidth) < 2) wrong.push(`no ring: ${name}`);
  const y = Math.min(Math.max(box.top, 0) + Math.min(box.height, innerHeight) / 2, innerHeight - 1);
  const there = document.elementFromPoint(box.left + box.width / 2, y);
  if (box.bottom <= 0 || box.top >= innerHeight) wrong.push(`out of sight: ${name}`);
  else if (!there || !(shown.contains(there) || there.contains(shown))) wrong.push(`covered: ${name}`);
  const top = box.top + scrollY;
  if (top < last - 1 && !focused.closest('.vas')) wrong.push(`above the one before: ${name}`);
  return [focused.matches('.skip') ? 0 : top, wrong];
}"""


class Keys:
    """A hand on the keyboard that notes what it sees go wrong."""

    def __init__(self, page: Page) -> None:
        self.page, self.wrong, self.last = page, list[str](), 0.0

    def tab_to(self, selector: str) -> None:
        """Press Tab until that has focus."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            self.last, wrong = self.page.evaluate(FOCUSED, self.last)
            self.wrong += wrong
            if self.page.evaluate("each => document.activeElement.matches(each)", selector):
                return
        raise AssertionError(f"no Tab leads to {selector} on {self.page.url}")

    def press(self, selector: str, key: str) -> None:
        self.tab_to(selector)
        self.page.keyboard.press(key)

    def onwards(self, selector: str = "button.primary") -> None:
        """Press the button and wait for what comes."""
        before = self.page.url
        self.press(selector, "Enter")
        self.page.wait_for_url(lambda address: address != before)
        self.last = 0.0

    def answer(self) -> None:
        """Choose the third row by arrows, or type a number."""
        self.tab_to("[name=answer]")
        if self.page.get_by_role("textbox").count():
            self.page.keyboard.type("70")
            return
        for key in ("Space", "ArrowDown", "ArrowDown"):
            self.page.keyboard.press(key)


def test_p13_the_whole_questionnaire_is_answered_by_keys_and_focus_is_always_seen(
    web_server: str, app: Flask, browser: Browser
) -> None:
    invited = invite(app)
    with seen_as(browser, Look(width=320, height=568)) as page:
        keys, sent = Keys(page), []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.goto(f"{web_server}/q/{invited.token}")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_in_viewport()  # the way past the header, seen once it has focus
        keys.press("#respondent-self", "Space")
        keys.press("#consent", "Space")
        keys.onwards()
        keys.answer()
        keys.onwards()  # the practice
        screens = 0
        while not page.url.endswith("/s/review"):
            keys.answer()
            keys.onwards()
            screens += 1
        keys.onwards("#send")
        assert page.url.endswith("/s/done")
    assert keys.wrong == []
    with seen_by(app, invited.clinic_id) as session:
        assert session.get_one(Visit, invited.visit_id).submitted_at is not None
        asked = select(Answer.item, Answer.level).where(Answer.item.in_(("lifting", "resting", "mobility", "vas")))
        levels = [(item, level) for item, level in session.execute(asked.order_by(Answer.item))]
        assert levels == [("lifting", 2), ("mobility", 3), ("resting", 2), ("vas", 70)]
        # P11: arrow keys pass through every row above, and none of those was an answer
        assert session.scalar(select(func.count()).select_from(Answer)) == screens
    assert len([url for url in sent if "/s/" in url]) == screens + 2


def test_p13_an_error_is_left_by_keys_and_answering_can_be_refused(
    web_server: str, app: Flask, browser: Browser
) -> None:
    with seen_as(browser, Look(width=320, height=568)) as page:
        keys = Keys(page)
        page.goto(f"{web_server}/q/{invite(app).token}")
        keys.press("#respondent-self", "Space")
        keys.press("#consent", "Space")
        keys.onwards()
        page.goto(f"{web_server}/s/odi/1")
        keys.press("button.primary", "Enter")
        expect(page.locator("[role=alert]")).to_be_focused()
        keys.last = 0.0
        keys.onwards("button[value=decline]")
        expect(page).to_have_title("Question 2 of 28 – Riverside Clinic")
    assert keys.wrong == []
