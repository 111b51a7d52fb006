"""The clinic's tablet in a real browser, with and without scripts: what one patient leaves, the next does not find."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import select

from surveys.models import Response
from tests.browser.kiosk import code_for
from tests.patients import invite, seen_by

TABLET = ViewportSize(width=768, height=1024)


def open_by_code(page: Page, base: str, code: str) -> None:
    page.goto(f"{base}/tablet")
    page.get_by_label("Enter the code").fill(code)
    page.get_by_role("button", name="Open the questionnaire").click()
    page.get_by_label("I am, by myself").check()
    page.get_by_label("I have read this and I agree.").check()
    page.get_by_role("button", name="Start").click()
    if page.url.endswith("/s/practice"):
        page.goto(f"{base}/s/odi/1")


def answer(page: Page, times: int) -> None:
    for _each in range(times):
        page.get_by_role("radio").nth(1).check()
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("radio").nth(1)).not_to_be_checked()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_one_patient_leaves_on_a_tablet_the_next_does_not_find(
    web_server: str, app: Flask, browser: Browser, scripts: bool
) -> None:
    first, second = invite(app, first_name="Wilhelmina"), invite(app, first_name="Otto")
    context = browser.new_context(viewport=TABLET, has_touch=True, java_script_enabled=scripts)
    context.set_default_timeout(10_000)
    page = context.new_page()
    open_by_code(page, web_server, code_for(app, first))
    answer(page, 2)
    page.goto(f"{web_server}/s/review")
    expect(page.locator(".answer").first).to_be_visible()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_text("Please hand the tablet back.")).to_be_visible()
    page.get_by_role("link", name="Hand the tablet back", exact=True).click()
    expect(page).to_have_title("Your questionnaire on this tablet")
    assert context.cookies() == []
    for _each in range(4):
        page.go_back(wait_until="load")
        shown = page.content()
        assert "Wilhelmina" not in shown
        assert "Riverside" not in shown
        assert page.get_by_role("radio").count() == 0
        assert page.locator(".answer").count() == 0
    open_by_code(page, web_server, code_for(app, second))
    expect(page).to_have_title(re.compile("^Question 1 of"))
    assert page.get_by_role("radio", checked=True).count() == 0
    page.goto(f"{web_server}/tablet")
    kept = context.storage_state(indexed_db=True)
    assert kept["cookies"] == []
    assert kept["origins"] == []
    if scripts:
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    context.close()
    with seen_by(app, first.clinic_id) as session:
        mine = select(Response.mode, Response.finality).where(Response.visit_id == first.visit_id)
        assert session.execute(mine).all() == [("tablet", "submitted")]


def test_a_tablet_that_lies_about_asks_and_goes_blank_by_itself(web_server: str, app: Flask, page: Page) -> None:
    """The browser itself follows the header: here with its seconds cut short on the way."""

    def hurried(route) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        reply = route.fetch(max_redirects=0)
        headers = dict(reply.headers)
        if "refresh" in headers:
            headers["refresh"] = re.sub("^[0-9]+", "0", headers["refresh"])
        route.fulfill(response=reply, headers=headers)

    open_by_code(page, web_server, code_for(app, invite(app)))
    expect(page.get_by_role("radio").first).to_be_visible()
    page.route("**/s/**", hurried)
    page.goto(f"{web_server}/s/odi/1")
    expect(page).to_have_title("Your questionnaire on this tablet")
    assert page.context.cookies() == []
