"""What a mail filter does to a link (T17): HEAD, 20 GETs, a browser with scripts, blind posts. Patients can answer."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select

from surveys.models import Answer, Consent, Ending, Message, PatientLink, Visit
from tests.browser.tab import SCREENS, levels, tab_of
from tests.faults.counting import Fault
from tests.faults.plain_patient import PlainPatient
from tests.page_forms import forms_of
from tests.patients import Invited, invite, seen_by

pytestmark = pytest.mark.faults
GETS = 20
COUNTED = (Answer, Consent, Ending, Message)


def state_of(app: Flask, invited: Invited) -> list[object]:
    """Everything that matters of a visit."""
    with seen_by(app, invited.clinic_id) as session:
        counted = [
            session.scalar(select(func.count()).select_from(each)) for each in (Answer, Consent, Ending, Message)
        ]
        visit = session.get_one(Visit, invited.visit_id)
        links = session.scalars(select(PatientLink.revoked_at).where(PatientLink.visit_id == visit.id)).all()
        return [*counted, visit.submitted_at, visit.cancelled_at, visit.closed_at, *links]


def scan(web_server: str, invited: Invited, fault: Fault) -> None:
    """Ask for the link, and send every form of its page as it stands and empty."""
    port, link = urlsplit(web_server).port or 0, f"/q/{invited.token}"
    assert PlainPatient(port).ask("HEAD", link)[0] == 200
    pages = [PlainPatient(port).ask("GET", link) for _ in range(GETS)]
    assert {status for status, _page in pages} == {200}
    posts = 0
    for form in forms_of(pages[0][1]):
        for fields in (dict(form.fields), {}):
            assert PlainPatient(port).ask("POST", form.action, **fields)[0] < 500
            posts += 1
    fault.inject("HEAD")
    fault.inject("GET", GETS)
    fault.inject("blind POST", posts)


def watch(browser: Browser, web_server: str, invited: Invited, fault: Fault) -> None:
    """Open the link in a browser with scripts, follow every link of the page, and press its button."""
    with tab_of(browser, web_server) as tab:
        tab.page.goto(f"{web_server}/q/{invited.token}", wait_until="networkidle")
        here = tab.page.evaluate("[...document.querySelectorAll('a[href*=\"/q/\"]')].map(a => a.href)")
        for address in here:
            tab.page.goto(address, wait_until="networkidle")
        tab.page.goto(f"{web_server}/q/{invited.token}")
        tab.page.locator("main button.primary").click()
        tab.page.wait_for_load_state("networkidle")
    fault.inject("browser with scripts")


def test_t17_after_a_scanner_the_patient_answers_and_sends(
    app: Flask, web_server: str, browser: Browser, record_fault: Fault
) -> None:
    invited = invite(app)
    before = state_of(app, invited)
    watch(browser, web_server, invited, record_fault)
    assert state_of(app, invited) == before
    scan(web_server, invited, record_fault)
    assert state_of(app, invited) == before
    with tab_of(browser, web_server) as tab:
        tab.start(invited)
        tab.answer_from(1, [1] * SCREENS)
        tab.page.get_by_role("button", name="Send my answers").click()
        tab.page.wait_for_url("**/s/done")
        tab.is_empty()
    record_fault.count(answers=len(levels(app, invited)))
    assert len(levels(app, invited)) == SCREENS
