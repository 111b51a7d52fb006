"""The session or the key of the forms ends in mid-survey (T5): the answer is saved, or shown again to be saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from local.ports import free_port
from surveys.answering.sitting import IDLE
from surveys.models import PatientSession
from tests.browser.tab import Tab, levels, tab_of
from tests.faults.counting import Fault
from tests.patients import Invited, invite, seen_by
from tests.servers.processes import web_process

pytestmark = pytest.mark.faults
SAVED = "Your answer is saved"


@pytest.fixture
def invited(app: Flask) -> Invited:
    return invite(app)


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def let_sessions_end(app: Flask, invited: Invited) -> None:
    """The patient laid the phone down for longer than a session lasts."""
    with seen_by(app, invited.clinic_id) as session:
        long_ago = datetime.now(UTC) - IDLE - timedelta(minutes=1)
        whose = PatientSession.visit_id == invited.visit_id
        session.execute(update(PatientSession).where(whose).values(last_seen_at=long_ago))
        session.commit()


def start(tab: Tab, invited: Invited) -> None:
    tab.start(invited)
    tab.answer_from(1, [1])
    tab.is_at(2)


def test_t05_an_answer_after_the_session_is_saved_and_the_page_says_so(
    app: Flask, web_server: str, browser: Browser, invited: Invited, record_fault: Fault, scripts: bool
) -> None:
    with tab_of(browser, web_server, scripts=scripts) as tab:
        start(tab, invited)
        tab.is_empty()
        let_sessions_end(app, invited)
        tab.answer(3)
        expect(tab.page.locator("h1")).to_have_text(SAVED)
        tab.is_empty()
        tab.start(invited)
        tab.open("/s/odi/3")
        tab.answer_from(3, [2])
        tab.is_at(4)
        tab.is_empty()
    record_fault.inject("session ended")
    record_fault.count(answers=len(levels(app, invited)))
    assert levels(app, invited) == [1, 3, 2]


def test_t05_answers_that_waited_longer_than_the_session_are_all_saved(
    app: Flask, web_server: str, browser: Browser, invited: Invited, record_fault: Fault
) -> None:
    with tab_of(browser, web_server) as tab:
        start(tab, invited)
        tab.is_empty()
        tab.context.set_offline(True)
        tab.answer_from(2, [2, 3, 4])
        let_sessions_end(app, invited)
        tab.context.set_offline(False)
        expect(tab.page.locator("h1")).to_have_text(SAVED)
        tab.is_empty()
    record_fault.inject("session ended")
    record_fault.count(answers=len(levels(app, invited)))
    assert levels(app, invited) == [1, 2, 3, 4]


@dataclass
class Web:
    """A server whose key of the forms can be changed."""

    settings: dict[str, str]
    log: Path
    running: ExitStack

    def start(self, key: str) -> None:
        """Stop what runs and start with another key."""
        self.running.close()
        self.running.enter_context(web_process({**self.settings, "SECRET_KEY": key}, self.log, workers=1))


@pytest.fixture
def web(environment: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    settings = {**environment, "PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
    with ExitStack() as running:
        yield Web(settings, tmp_path / "web.log", running)


def test_t05_answers_in_forms_that_are_no_longer_valid_are_shown_again_and_saved(
    app: Flask, web: Web, browser: Browser, invited: Invited, record_fault: Fault
) -> None:
    web.start("a" * 64)
    base = web.settings["PUBLIC_BASE_URL"]
    with tab_of(browser, base) as tab, tab_of(browser, base, scripts=False) as plain:
        start(tab, invited)
        tab.is_empty()
        start(plain, invited)
        plain.page.locator("#answer-2").check()
        tab.context.set_offline(True)
        tab.answer_from(2, [5, 4])
        web.start("b" * 64)
        plain.page.locator("main button.primary").click()
        expect(plain.page.locator("#answer-2")).to_be_checked()
        plain.page.locator("main button.primary").click()
        plain.is_at(3)
        tab.context.set_offline(False)
        for number, level in ((2, 5), (3, 4)):
            expect(tab.page).to_have_title(f"Error: Question {number} of 28 – Riverside Clinic")
            expect(tab.page.locator(f"#answer-{level}")).to_be_checked()
            tab.page.locator("main button.primary").click()
        tab.is_at(4)
        tab.is_empty()
    record_fault.inject("key changed")
    record_fault.count(shown_again=3, rows=len(levels(app, invited)))
    assert levels(app, invited) == [1, 1, 2, 5, 4]
