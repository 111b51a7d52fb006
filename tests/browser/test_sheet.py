"""D6: the patient sheet, the case report and the alerts in every look, and the sheet on one page of A4."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.db import app_now, clinic_session
from surveys.demo import registry
from surveys.demo.alerts import look_back
from surveys.demo.clinics import PASSWORD, DemoClinic
from surveys.demo.fill import begin
from surveys.demo.lives import Life
from surveys.demo.story import play
from surveys.models import Alert, Patient, Response
from tests.browser.looks import OPEN, RULES, WATCH
from tests.servers.axe import violations

pytestmark = pytest.mark.browser
CLINIC = DemoClinic("shown", "Shown Clinic", "Europe/London")
WIDTHS, COLOURS = (320, 390, 1280), ("light", "dark", "forced")
PLACES = ("sheet", "case-report", "", "alerts")
WHOLE = bool(os.environ.get("AXE_FULL"))  # axe in each width and all colours; else each of them once a page, in turn
A4 = (595, 842)  # points, to the nearest


def chosen(lives: Iterator[Life]) -> Life:
    """A patient with as much on the sheet as there is: a goal, opioids, and a visit that was missed."""
    found = (each for each in lives if each.goal and len(each.opioids) > 1 and each.opioid_use and not each.ending)
    life = next(each for each in found if {"baseline", "m3", "m12"} <= set(each.replies))
    return replace(life, replies={code: reply for code, reply in life.replies.items() if code != "m6"})


def raised(session: Session, now: datetime) -> Iterator[Alert]:
    """An alert in time and one that nobody looked at, of the patient's last answers."""
    last = session.scalars(select(Response.id).order_by(Response.finalised_at.desc())).first()
    for subject, hours, escalated in (("odi", 4, None), ("nrs_active", -4, now)):
        rule = {
            "kind": "deterioration",
            "subject": subject,
            "rule": f"{subject} worse >= 2",
            "before": 2.0,
            "after": 8.0,
        }
        moments = {"raised_at": now - timedelta(hours=9), "due_at": now + timedelta(hours=hours)}
        yield Alert(clinic_id=CLINIC.id, response_id=last, escalated_at=escalated, **rule, **moments)


@pytest.fixture(scope="module")
def shown(app: Flask) -> str:
    """The address of the patient, in a clinic whose alerts are on."""
    vault = app.extensions["vault"]
    assert isinstance(vault, Vault)
    with app.app_context(), clinic_session(CLINIC.id) as session:
        now = app_now(session)
        stages = begin(session, vault, CLINIC, now=now)
        began = now.date().replace(day=1).replace(year=now.year - 2)
        play(stages["spine"], chosen(registry.lives(began, 40, CLINIC.code)))
        look_back(session, CLINIC.id, now=now)
        session.add_all(raised(session, now))
        session.commit()
        return f"/patients/{session.scalars(select(Patient.id)).one()}"


@pytest.fixture(scope="module")
def page(browser: Browser, web_server: str, shown: str) -> Iterator[Page]:
    """A clinician's page."""
    assert shown
    context = browser.new_context(base_url=web_server)
    context.set_default_timeout(60_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("/login")
    page.fill("#login", CLINIC.login("clinician"))
    page.fill("#password", PASSWORD)
    page.click("main button")
    yield page
    context.close()


LOOKS = tuple(product(WIDTHS, COLOURS))


def looks_of(place: str) -> Sequence[tuple[int, str]]:
    """Every width once and all colours once, other pairs on other pages."""
    first = PLACES.index(place) % len(COLOURS)
    return LOOKS if WHOLE else tuple(zip(WIDTHS, COLOURS[first:] + COLOURS[:first], strict=True))


def in_looks(page: Page, look: Callable[[], list[str]], looks: Sequence[tuple[int, str]] = LOOKS) -> list[str]:
    """Whatever ``look`` finds, with where."""
    found = []
    for width, colours in looks:
        page.set_viewport_size({"width": width, "height": 900})
        scheme, forced = ("dark" if colours == "dark" else "light"), ("active" if colours == "forced" else "none")
        page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]
        found += [f"{width} {colours}: {each}" for each in look()]
    return found


@pytest.mark.parametrize("place", PLACES)
def test_d6_a_page_is_accessible_in_every_width_and_colour(page: Page, shown: str, place: str) -> None:
    page.goto("/alerts" if place == "alerts" else f"{shown}/{place}".rstrip("/"))
    assert page.locator("h1").count() == 1

    def too_wide() -> list[str]:
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return [f"{width} px too wide"] if width else []

    assert in_looks(page, too_wide) == []
    page.evaluate(OPEN)
    assert in_looks(page, lambda: violations(page, runOnly=RULES), looks_of(place)) == []
    assert page.evaluate("window.broken") == []


def test_d6_the_sheet_of_a_whole_course_prints_on_one_page_of_a4(page: Page, shown: str) -> None:
    page.goto(f"{shown}/sheet")
    assert page.locator(".measure").count() >= 6
    assert page.locator(".gaps").inner_text().startswith("1 visit without an answer: 6 months")
    assert "MME" in page.locator(".lower").inner_text()
    page.emulate_media(media="print", color_scheme="light", forced_colors="none")
    pdf = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="screen")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    (size,) = set(re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf))
    assert tuple(round(float(each)) for each in size) == A4
