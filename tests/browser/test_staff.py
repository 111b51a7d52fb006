"""The staff side in a real browser: every page, both widths and schemes, and a coordinator's straight path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect
from sqlalchemy import select

from surveys.db import app_now, clinic_session, db
from surveys.models import Clinic, Response
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.browser.looks import DESK, PHONE, WATCH, faults
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.outcomes.study import lay, life

NARROWEST: ViewportSize = {"width": 320, "height": 640}
BAD_FILE = "chart_number,first_name,surname,arm,pain_generator\nX-1,Ann,One,treated,facet\nX-2,Bob,Two,nowhere,facet\n"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """A clinic with a small study behind its dashboard and the registry to enrol into."""
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, [life(1), life(2), life(3, arm="conventional")])
        with clinic_session(made.id) as session:
            source = bundled_protocols()["spine"].source
            protocol_store.load(session, made.id, source, "spine.toml", now=app_now(session))
            session.get_one(Clinic, made.id).next_patient_number = 100_000  # the study numbers its patients itself
            session.commit()
    return made


@pytest.fixture(scope="module")
def signed_in(browser: Browser, web_server: str, clinic: MadeClinic) -> StorageState:
    """The cookies of a coordinator who has enrolled Eva and Nia, treated today; Nia wants calls and no messages."""
    with opened(browser, web_server, None) as page:
        page.goto("/login")
        page.fill("#login", clinic.logins["coordinator"])
        page.fill("#password", PASSWORD)
        page.click("main button")
        enrol(page, "Eva", "E-1")
        enrol(page, "Nia", "N-1", called=True)
        return page.context.storage_state()


@contextmanager
def opened(browser: Browser, base: str, state: StorageState | None, **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=base, storage_state=state, **({"viewport": PHONE} | options))
    context.set_default_timeout(60_000)  # a server's first chart, on a machine that has other work to do
    context.add_init_script(WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()


def enrol(page: Page, name: str, chart: str, *, called: bool = False) -> None:
    today = page.request.get("/desk").text()
    page.goto("/patients/new")
    for field, value in {"chart_number": chart, "first_name": name, "surname": f"Berg-{chart}"}.items():
        page.fill(f"#{field}", value)
    page.fill("#email", "eva@example.org")
    page.check("#contact_email")
    if called:
        page.select_option("#channel", "none")
        page.fill("#phone", "+44 20 7946 0999")
        page.check("#contact_phone")
    page.select_option("#arm", "treated")
    page.fill("#treatment_on", iso_day(today))
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Berg-{chart}, {name}")


def iso_day(desk: str) -> str:
    """The clinic's day, which the desk prints in its machine form too."""
    found = re.search(r'<time datetime="([0-9-]{10})"', desk)
    assert found
    return found[1]


def patient(page: Page, wanted: str = "E-1") -> None:
    page.goto(f"/patients?q={wanted}")
    page.get_by_role("link", name=re.compile("^Berg-")).click()


def follow(name: str, *, more: bool = False) -> Callable[[Page], None]:
    """Go where a link of the patient's page leads; ``more``: it stands behind the visit's "More"."""

    def go(page: Page) -> None:
        patient(page)
        if more:
            page.get_by_text(re.compile("^More")).first.click()
        with page.expect_navigation():
            page.get_by_role("link", name=re.compile(name)).first.click()

    return go


def at(path: str) -> Callable[[Page], None]:
    return lambda page: void(page.goto(path))


def void(_result: object) -> None:
    """For what is done and not looked at."""


def code(page: Page) -> None:
    patient(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Show on the tablet").first.click()


def case_report(page: Page) -> None:
    follow("^Patient sheet$")(page)
    with page.expect_navigation():
        page.get_by_role("link", name="Case report").click()


def call(page: Page) -> None:
    page.goto("/queue")
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("^Log a call")).first.click()


def report(page: Page) -> None:
    page.goto("/patients/import")
    page.fill("#text", BAD_FILE)
    with page.expect_navigation():
        page.get_by_role("button", name="Look through it").click()


def refused(page: Page) -> None:
    page.goto("/patients/new")
    page.fill("#chart_number", "E-1")
    page.fill("#first_name", "Eva")
    page.fill("#surname", "Other")
    page.select_option("#channel", "none")
    with page.expect_navigation():
        page.get_by_role("button", name="Enrol", exact=True).click()


def behind(page: Page) -> None:
    page.goto("/dashboard?protocol=trial")
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("See the patients")).first.click()


PAGES: dict[str, Callable[[Page], None]] = {
    "desk": at("/desk"),
    "calls": at("/queue"),
    "call": call,
    "messages": at("/messages"),
    "messages behind a number": at("/messages/list"),
    "patients": at("/patients"),
    "nobody found": at("/patients?q=nobody"),
    "patient": patient,
    "patient sheet": follow("^Patient sheet$"),
    "case report": case_report,
    "privacy": follow("^Privacy$"),
    "retention": at("/retention"),
    "enrol": at("/patients/new"),
    "enrol refused": refused,
    "import": at("/patients/import"),
    "import report": report,
    "answers": follow("^All on one page", more=True),
    "form on paper": follow("^Form on paper", more=True),
    "forms for paper": at("/paper"),
    "details": follow("^Change details"),
    "further episode": follow("^Add an episode"),
    "code": code,
    "interview": follow("^Interview", more=True),
    "dashboard": at("/dashboard?protocol=trial"),
    "behind a rate": behind,
    "dashboard, effect": at("/dashboard/more/effect?protocol=trial"),
    "dashboard, missing data": at("/dashboard/more/missing?protocol=trial"),
    "dashboard, nobody chosen": at("/dashboard?protocol=trial&enrolled_from=2030-01-01"),
    "dashboard, a filter refused": at("/dashboard?protocol=trial&arm=nobody"),
    "nothing there": at("/patients/00000000-0000-0000-0000-000000000000"),
}


LONG = {"blank form with every instrument": at("/paper/spine/m12/en"), "data quality": at("/quality?protocol=trial")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_holds_to_the_policy(
    browser: Browser, web_server: str, signed_in: StorageState, name: str
) -> None:
    with opened(browser, web_server, signed_in) as page:
        PAGES[name](page)
        assert faults(page, dark=(PHONE, DESK)[list(PAGES).index(name) % 2]) == []


def test_no_page_scrolls_sideways_on_the_narrowest_phone(
    browser: Browser, web_server: str, signed_in: StorageState
) -> None:
    with opened(browser, web_server, signed_in, viewport=NARROWEST) as page:
        wide = {}
        for name, go in (PAGES | LONG).items():
            go(page)
            wide[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in wide.items() if width > NARROWEST["width"]} == {}


def test_a_coordinator_enrols_shows_the_code_and_confirms_the_treatment_without_scripts(
    browser: Browser, web_server: str, signed_in: StorageState
) -> None:
    with opened(browser, web_server, signed_in, java_script_enabled=False) as page:
        enrol(page, "Mia", "M-1")
        page.get_by_role("button", name="Show on the tablet").click()
        assert page.locator(".qr svg").bounding_box() is not None
        assert re.fullmatch("[A-Z2-9]{4}-[A-Z2-9]{4}", page.locator(".code").inner_text())
        assert page.locator(".address").inner_text() == f"{web_server}/tablet"
        patient(page, "M-1")
        page.get_by_role("button", name="Confirm done").click()
        visits = page.locator("table", has=page.get_by_role("rowheader", name="Baseline")).get_by_role("rowheader")
        names = visits.all_inner_texts()
        assert names[:7] == ["Baseline", "2 weeks", "1 month", "3 months", "6 months", "12 months", "2 years"]
        page.get_by_text(re.compile("^[0-9]+ messages")).last.click()
        expect(page.get_by_text(re.compile("^Goes on .* if it is still needed then")).last).to_be_visible()


def test_paper_answers_need_the_signed_consent(
    app: Flask, browser: Browser, web_server: str, signed_in: StorageState, clinic: MadeClinic
) -> None:
    with opened(browser, web_server, signed_in, java_script_enabled=False) as page:
        enrol(page, "Pia", "P-1")
        page.get_by_text(re.compile("^More")).first.click()
        page.get_by_role("link", name=re.compile("^All on one page")).click()
        page.select_option("#walking", "2")
        page.fill("#signed_on", "2026-01-02")
        page.get_by_role("button", name="Save and go on").click()
        page.goto("/patients?q=P-1")
        page.get_by_role("link", name=re.compile("^Berg-")).click()
        expect(page.get_by_text("2 Jan 2026, version 1, recorded by staff")).to_be_visible()
    with app.app_context(), clinic_session(clinic.id) as session:
        assert session.scalars(select(Response.mode).where(Response.instrument == "odi")).all().count("paper") == 1
