"""The preview of a day and the days of sending in a real browser: accessible, within the window, refusing nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from surveys.db import app_now, clinic_session
from surveys.models import Clinic, ClinicHoliday, Patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.browser.looks import PHONE, faults
from tests.browser.test_staff import opened
from tests.factories import MadeClinic, make_clinic
from tests.outbox.follow_up import Site, Story, another_episode, fill
from tests.staff_browser import staff_cookie

PAGES = {
    "preview": ("coordinator", "/messages/preview"),
    "impossible": ("coordinator", "/messages/preview?on=1900-01-01"),
    "settings": ("admin", "/settings"),
}


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """Patients with a message, a task, a pause and nothing tomorrow; one in another zone, one with two episodes."""
    with app.app_context():
        made = make_clinic(time_zone="Europe/London")
        with clinic_session(made.id) as session:
            now = app_now(session)
            today, text = now.date(), bundled_protocols()["spine"].source
            row = protocol_store.load(session, made.id, text, "spine.toml", now=now)
            session.get_one(Clinic, made.id).send_on_weekends = True
            for ahead, name in ((34, "Christmas Day"), (35, "Boxing Day")):
                session.add(ClinicHoliday(clinic_id=made.id, on_date=today + timedelta(days=ahead), name=name))
            session.commit()
        site = Site(made.id, row.id)
        zones = {20: "America/Denver"}
        treated = [today - timedelta(days=ago) for ago in (10, 13, 17, 20, 23, 40)]  # tomorrow each has a step due
        stories = [Story(f"p{day}", day, day, zone=zones.get((today - day).days, "Europe/London")) for day in treated]
        ids = fill(site, [*stories, Story("paused", treated[2], treated[2])], now=now)
        with clinic_session(made.id) as session:
            session.get_one(Patient, ids["paused"]).paused_until = now + timedelta(days=9)
            first = session.get_one(Patient, ids[stories[0].who])
            another_episode(session, site, first, Story("again", treated[3], treated[3]), now=now)
            session.commit()
    return made


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_days_is_accessible_and_holds_to_the_policy(
    app: Flask, browser: Browser, web_server: str, clinic: MadeClinic, name: str
) -> None:
    role, path = PAGES[name]
    cookie, value = staff_cookie(app, clinic, role)
    with opened(browser, web_server, None) as page:
        page.context.add_cookies([{"name": cookie, "value": value, "url": "https://localhost", "secure": True}])
        page.goto(path)
        assert faults(page, dark=PHONE) == []
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"days-{name}.png"), full_page=True)
