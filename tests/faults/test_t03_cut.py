"""The connection is cut before the response, and the answer is sent again (T3): one row; other content, a revision."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, expect
from sqlalchemy import func, select

from surveys.models import Score
from tests.browser.tab import SCREENS, levels, stored, tab_of
from tests.faults.counting import Fault
from tests.faults.cutting import Cut, Line, cut_line
from tests.faults.plain_patient import PlainPatient
from tests.patients import invite, seen_by

pytestmark = pytest.mark.faults
ITEM = "/s/odi/1"


@pytest.fixture
def line(web_server: str) -> Iterator[Line]:
    with cut_line(urlsplit(web_server).port or 0) as line:
        yield line


@pytest.mark.parametrize("lost", ["request", "reply"])
def test_t03_an_answer_sent_again_after_a_cut_is_one_row(
    app: Flask, line: Line, record_fault: Fault, lost: Cut
) -> None:
    invited, patient = invite(app), PlainPatient(line.port)
    patient.start(invited)
    form = patient.form(ITEM)
    line.wanted += [lost] * 3
    for _try in range(3):
        with pytest.raises((OSError, http.client.HTTPException)):
            patient.ask("POST", ITEM, answer="3", **form)
    assert patient.ask("POST", ITEM, answer="3", **form)[0] == 303
    record_fault.inject(f"{lost} cut", len(line.cut))
    record_fault.count(sent=4, rows=len(stored(app, invited)))
    assert levels(app, invited) == [3]


def test_t03_another_answer_after_a_cut_is_a_revision(app: Flask, line: Line, record_fault: Fault) -> None:
    invited, patient = invite(app), PlainPatient(line.port)
    patient.start(invited)
    form = patient.form(ITEM)
    line.wanted.append("reply")
    with pytest.raises((OSError, http.client.HTTPException)):
        patient.ask("POST", ITEM, answer="3", **form)
    assert patient.ask("POST", ITEM, answer="1", **form)[0] == 303
    record_fault.inject("reply cut", len(line.cut))
    record_fault.count(rows=len(stored(app, invited)))
    assert levels(app, invited) == [3, 1]
    assert 'value="1" checked' in patient.ask("GET", ITEM)[1]


def test_t03_a_browser_with_scripts_sends_what_was_cut_again_in_order(
    app: Flask, browser: Browser, line: Line, record_fault: Fault
) -> None:
    invited = invite(app)
    with tab_of(browser, f"http://localhost:{line.port}") as tab:
        tab.start(invited)
        line.wanted += ["reply", "request", "reply", "reply"]
        tab.answer_from(1, [4, 3, 2, 1])
        tab.is_at(5)
        tab.is_empty()
    record_fault.inject("cut", len(line.cut))
    record_fault.count(answers=4, rows=len(stored(app, invited)))
    assert line.wanted == []
    assert levels(app, invited) == [4, 3, 2, 1]


def test_t03_a_cut_at_every_step_loses_and_doubles_nothing(
    app: Flask, browser: Browser, line: Line, record_fault: Fault
) -> None:
    invited, base = invite(app), f"http://localhost:{line.port}"
    with tab_of(browser, base) as tab:
        line.wanted.append("reply")
        with suppress(Error):
            tab.start(invited)
        tab.start(invited)
        line.wanted += ["reply", "request"] * (SCREENS // 2)
        tab.answer_from(1, [1] * SCREENS)
        tab.page.wait_for_url("**/s/review", timeout=60_000)
        line.wanted.append("reply")
        with suppress(Error):
            tab.page.get_by_role("button", name="Send my answers").click()
        tab.page.goto(f"{base}/s/done")
        expect(tab.page.locator("h1")).to_have_text("Thank you. Your answers are sent.")
        tab.is_empty()
    items = [item for item, _level in stored(app, invited)]
    with seen_by(app, invited.clinic_id) as session:
        scores = session.scalar(select(func.count()).where(Score.scale == "odi"))
    record_fault.inject("cut", len(line.cut))
    record_fault.count(answers=SCREENS, rows=len(items), submissions=scores or 0)
    assert (len(items), len(set(items)), scores) == (SCREENS, SCREENS, 1)
