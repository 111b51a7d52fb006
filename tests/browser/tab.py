"""A patient's tab in a real browser: opens the link, answers screen by screen, and what it keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from sqlalchemy import select

from surveys.models import Answer, Response
from tests.patients import Invited, seen_by
from tests.servers.chromium import PHONE
from tests.servers.processes import wait_until

SCREENS = 28  # of the registry's baseline
UNSAVED = "Not saved yet. Trying again"
KEPT = "sessionStorage.length + localStorage.length"
WAITING = "JSON.parse(sessionStorage.getItem('answers') || '[]').length"
COMING = "Boolean(document.querySelector('.line[data-coming]'))"


@dataclass(frozen=True)
class Tab:
    """One tab of a patient's phone; ``base``: the address of the service; ``scripts``: whether they run."""

    context: BrowserContext
    page: Page
    base: str
    scripts: bool

    def start(self, invited: Invited) -> None:
        """Open the link, agree, and go to the first question."""
        self.page.goto(f"{self.base}/q/{invited.token}")
        self.page.locator("#respondent-self").check()
        if self.page.locator("#consent").count():
            self.page.locator("#consent").check()
        self.page.locator("main button.primary").click()
        self.open("/s/odi/1")

    def open(self, path: str) -> None:
        """Open a page of the questionnaire and, where it brings the items to come, wait for them."""
        self.page.goto(self.base + path)
        if self.scripts and self.page.locator('form[data-item^="/s/ahead"]').count():
            wait_until(lambda: bool(self.page.evaluate(COMING)), "the items to come")

    def is_at(self, number: int) -> None:
        expect(self.page).to_have_title(re.compile(f"Question {number} of {SCREENS}"))

    def answer(self, level: int) -> None:
        """Choose a row, or type into the box, and confirm."""
        box = self.page.locator("#answer")
        if box.count():
            box.fill(str(level))
        else:
            self.page.locator("main input[type=radio]").nth(level).check()
        self.page.locator("main button.primary").click()

    def answer_from(self, number: int, levels: list[int]) -> None:
        """Answer one screen after the other, each once it is shown."""
        for place, level in enumerate(levels):
            self.is_at(number + place)
            self.answer(level)

    def says(self, text: str) -> None:
        expect(self.page.locator("p.line")).to_have_text(text)

    def waiting(self) -> int:
        """How many answers wait in the tab."""
        return int(self.page.evaluate(WAITING))

    def is_empty(self) -> None:
        """Wait until nothing is left in the browser's storage."""
        wait_until(self._keeps_nothing, "an empty storage", 30)

    def _keeps_nothing(self) -> bool:
        try:
            return bool(self.page.evaluate(KEPT) == 0)
        except Error:  # the page is just being replaced
            return False


@contextmanager
def tab_of(browser: Browser, base: str, *, scripts: bool = True) -> Iterator[Tab]:
    """Yield a phone's only tab."""
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=scripts)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # the browser's own question before unsaved answers are left
    try:
        yield Tab(context, page, base, scripts)
    finally:
        context.close()


def stored(app: Flask, invited: Invited) -> list[tuple[str, int | None]]:
    """Every version of every answer of the visit, in the order in which they came."""
    with seen_by(app, invited.clinic_id) as session:
        wanted = select(Answer.item, Answer.level).join(Response, Response.id == Answer.response_id)
        rows = session.execute(wanted.where(Response.visit_id == invited.visit_id).order_by(Answer.id))
        return [(item, level) for item, level in rows]


def levels(app: Flask, invited: Invited) -> list[int | None]:
    """The levels alone."""
    return [level for _item, level in stored(app, invited)]
