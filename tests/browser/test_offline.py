"""P7, P9, P10, P11: the line goes, the tab goes, the server goes, in mid-flow; every answer is there, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, expect
from sqlalchemy import func, select, update

from local.ports import free_port
from surveys.models import PatientLink, ScreenUse, Visit
from tests.browser.tab import KEPT, SCREENS, UNSAVED, Tab, levels, stored, tab_of
from tests.patients import invite, seen_by
from tests.servers.processes import web_process

pytestmark = pytest.mark.browser
FILLS_UP = """() => {
    const put = Storage.prototype.setItem;
    Storage.prototype.setItem = function (key, value) {
        if (this.length) throw new DOMException("no room", "QuotaExceededError");
        put.call(this, key, value);
    };
}"""


@pytest.fixture
def tab(browser: Browser, web_server: str) -> Iterator[Tab]:
    with tab_of(browser, web_server) as one:
        yield one


def test_p11_a_tunnel_stops_nobody_and_every_answer_arrives_in_order(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.answer_from(1, [1, 2])
    tab.is_empty()
    tab.context.set_offline(True)
    tab.answer_from(3, [3, 4, 0, 1, 2])
    tab.is_at(8)
    tab.says(UNSAVED)
    assert tab.page.evaluate("document.activeElement.tagName") == "H1"
    assert (tab.waiting(), levels(app, invited)) == (5, [1, 2])
    tab.context.set_offline(False)
    tab.is_empty()
    tab.says("Everything is saved")
    assert levels(app, invited) == [1, 2, 3, 4, 0, 1, 2]
    with seen_by(app, invited.clinic_id) as session:
        late = session.scalars(select(ScreenUse.queued).order_by(ScreenUse.answer_id)).all()
    assert late == [False, False, *[True] * 5]
    tab.answer_from(8, [1] * (SCREENS - 7))
    tab.page.get_by_role("button", name="Send my answers").click()
    expect(tab.page.locator("h1")).to_have_text("Thank you. Your answers are sent.")
    assert tab.page.evaluate(KEPT) == 0
    assert len(stored(app, invited)) == SCREENS
    with seen_by(app, invited.clinic_id) as session:
        assert session.get_one(Visit, invited.visit_id).submitted_at is not None


def test_p11_a_storage_that_fills_up_in_the_tunnel_keeps_no_answer_back(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.page.evaluate(FILLS_UP)
    tab.context.set_offline(True)
    tab.answer_from(1, [2, 3])
    tab.says(UNSAVED)
    tab.context.set_offline(False)
    tab.is_empty()
    assert levels(app, invited) == [2, 3]


def test_p11_the_review_comes_once_the_last_answer_is_saved(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.open("/s/functionality/9")
    tab.context.set_offline(True)
    tab.answer_from(SCREENS - 1, [1, 0])
    tab.says(UNSAVED)
    assert tab.waiting() == 2
    tab.context.set_offline(False)
    expect(tab.page.locator("h1")).to_have_text("Check your answers")
    assert tab.page.get_by_text("26 questions have no answer yet.").count() == 1
    assert (tab.page.evaluate(KEPT), levels(app, invited)) == (0, [1, 0])


def test_p11_answers_survive_a_reload_and_are_shown_when_they_are_saved(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.context.set_offline(True)
    tab.answer_from(1, [5, 4, 3])
    tab.says(UNSAVED)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        tab.page.reload()
    tab.context.set_offline(False)
    tab.page.goto(f"{tab.base}/s/odi/1")
    tab.is_empty()
    expect(tab.page.locator("#answer-5")).to_be_checked()
    assert levels(app, invited) == [5, 4, 3]


def test_p07_back_and_a_changed_mind_in_the_tunnel_are_versions_in_their_order(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.context.set_offline(True)
    tab.answer_from(1, [1, 1])
    tab.page.go_back()
    tab.is_at(2)
    expect(tab.page.locator("#answer-1")).to_be_checked()
    tab.page.get_by_role("link", name="Back", exact=True).click()
    tab.answer_from(1, [2, 3])
    tab.context.set_offline(False)
    tab.is_empty()
    assert stored(app, invited) == [
        *(("pain_intensity", 1), ("personal_care", 1)),
        *(("pain_intensity", 2), ("personal_care", 3)),
    ]


def test_p08_a_blank_answer_is_asked_again_without_a_line_and_can_be_declined(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.context.set_offline(True)
    tab.page.locator("main button.primary").click()
    expect(tab.page).to_have_title("Error: Question 1 of 28 – Riverside Clinic")
    assert tab.page.evaluate("document.activeElement.className") == "errors"
    assert tab.waiting() == 0
    tab.page.get_by_role("button", name="I do not want to answer this").click()
    tab.is_at(2)
    tab.context.set_offline(False)
    tab.is_empty()
    assert stored(app, invited) == [("pain_intensity", None)]


def test_p11_what_the_server_refuses_is_shown_again_and_the_rest_is_saved(app: Flask, tab: Tab) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.open("/s/eq5d3l/6")
    tab.context.set_offline(True)
    tab.answer_from(18, [1000, 2])
    tab.is_at(20)
    tab.context.set_offline(False)
    expect(tab.page.locator("#wrong")).to_have_text("Enter a whole number from 0 to 100, in digits only.")
    assert tab.page.locator("#answer").input_value() == "1000"
    tab.is_empty()
    tab.answer(70)
    tab.is_at(20)
    tab.is_empty()
    assert stored(app, invited) == [("dressing", 2), ("vas", 70)]


@pytest.mark.parametrize("why", ["sent", "revoked"])
def test_p11_answers_for_a_visit_that_is_over_are_dropped_and_the_page_says_so(app: Flask, tab: Tab, why: str) -> None:
    invited = invite(app)
    tab.start(invited)
    tab.answer_from(1, [1])
    tab.is_empty()
    tab.context.set_offline(True)
    tab.answer_from(2, [2, 3])
    with seen_by(app, invited.clinic_id) as session:
        whose = PatientLink.visit_id == invited.visit_id
        if why == "revoked":
            session.execute(update(PatientLink).where(whose).values(revoked_at=func.now()))
        else:
            session.get_one(Visit, invited.visit_id).submitted_at = func.now()
        session.commit()
    tab.context.set_offline(False)
    heading = "Your answers are already sent" if why == "sent" else "This link is not open"
    expect(tab.page.locator("h1")).to_have_text(heading)
    tab.is_empty()
    assert levels(app, invited) == [1]


def test_p11_a_tab_that_is_closed_after_the_answers_were_saved_loses_nothing(
    app: Flask, browser: Browser, web_server: str
) -> None:
    invited = invite(app)
    with tab_of(browser, web_server) as tab:
        tab.start(invited)
        tab.answer_from(1, [1, 2, 3])
        tab.is_empty()
    assert levels(app, invited) == [1, 2, 3]
    with tab_of(browser, web_server, scripts=False) as other:
        other.page.goto(f"{web_server}/q/{invited.token}")
        other.page.locator("#respondent-self").check()
        other.page.locator("main button.primary").click()
        other.is_at(4)
        other.answer_from(4, [4])
        other.is_at(5)
    assert levels(app, invited) == [1, 2, 3, 4]


def test_p11_a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    app: Flask, browser: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    invited, settings = invite(app), {**environment, "PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
    with tab_of(browser, settings["PUBLIC_BASE_URL"]) as tab:
        with web_process(settings, tmp_path / "web.log", workers=1) as web:
            tab.start(invited)
            tab.answer_from(1, [1, 2])
            os.killpg(web.pid, signal.SIGKILL)
            tab.answer_from(3, [3, 4])
            tab.is_at(5)
            tab.says(UNSAVED)
        with web_process(settings, tmp_path / "web.log", workers=1):
            tab.answer_from(5, [0])
            tab.is_empty()
    assert levels(app, invited) == [1, 2, 3, 4, 0]
