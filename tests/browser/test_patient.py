"""A patient's whole battery in a real browser of a phone's size, scripts off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveys.models import Answer, Response, Score, Visit
from tests.patients import Invited, invite, seen_by
from tests.servers.chromium import PHONE


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A phone's page with scripts switched off."""
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)
    context.set_default_timeout(8_000)
    yield context.new_page()
    context.close()


def start(page: Page, base: str, invited: Invited) -> None:
    page.goto(f"{base}/q/{invited.token}")
    page.get_by_label("I am, by myself").check()
    page.get_by_label("I have read this and I agree.").check()
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_title(re.compile("^Practice"))
    page.get_by_role("link", name="Skip the practice").click()


def answer_screen(page: Page) -> None:
    box = page.locator("#answer")
    if box.count():
        box.fill("70")
    else:
        page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Save and continue").click()


@pytest.mark.parametrize(("timepoint", "screens"), [("baseline", 28), ("m1", 34)])
def test_p11_a_patient_answers_the_whole_battery_without_scripts(
    web_server: str, app: Flask, plain_page: Page, timepoint: str, screens: int
) -> None:
    invited = invite(app, timepoint=timepoint)
    start(plain_page, web_server, invited)
    titles = set()
    for number in range(1, screens + 1):
        expect(plain_page).to_have_title(re.compile(f"Question {number} of {screens}"))
        titles.add(plain_page.title())
        answer_screen(plain_page)
    assert len(titles) == screens
    plain_page.get_by_role("button", name="Send my answers").click()
    assert plain_page.get_by_role("heading", level=1).inner_text() == "Thank you. Your answers are sent."
    with seen_by(app, invited.clinic_id) as session:
        visit = session.get_one(Visit, invited.visit_id)
        assert visit.submitted_at is not None
        answers = session.scalars(select(Answer).join(Response, Response.id == Answer.response_id)).all()
        assert len(answers) == screens
        scores = {score.scale: score.value for score in session.scalars(select(Score))}
        assert scores["odi"] == 20
        assert scores["eq_vas"] == 70


def test_p08_a_blank_screen_names_the_problem_and_offers_a_way_out(
    web_server: str, app: Flask, plain_page: Page
) -> None:
    start(plain_page, web_server, invite(app))
    plain_page.get_by_role("button", name="Save and continue").click()
    expect(plain_page).to_have_title(re.compile("^Error: Question 1 of"))
    assert plain_page.get_by_role("alert").inner_text().startswith("There is a problem")
    plain_page.get_by_role("button", name="I do not want to answer this").click()
    expect(plain_page).to_have_title(re.compile("^Question 2 of"))
