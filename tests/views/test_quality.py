"""The data-quality page over HTTP: what was sent in is what it counts, on the page and in the files."""

from __future__ import annotations

import csv
import io
import re
from json import dumps

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ViewportSize
from sqlalchemy import event

from surveys.db import db
from tests.browser.looks import DESK, WATCH, faults
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.page_forms import form_to
from tests.patients import Invited, invite
from tests.staff_browser import SITE
from tests.views.test_dashboard import read, signed_in

NARROWEST: ViewportSize = {"width": 320, "height": 640}
PHONE = {
    "first_input_ms": 900,
    "confirmed_ms": 2000,
    "changes": 0,
    "slips": 0,
    "backs": 0,
    "viewport_width": 390,
    "viewport_height": 844,
    "row_height": 56,
    "text_size": 100,
    "orientation": "portrait",
    "pointer": "touch",
    "input_path": None,
    "translated": False,
}
SLIPPED = PHONE | {"changes": 1, "slips": 1, "confirmed_ms": 4000}
ABROAD = PHONE | {"translated": True, "pointer": "mouse", "viewport_width": 1280, "confirmed_ms": 6000}


class Patient:
    """A patient of the clinic who answers by forms."""

    def __init__(self, app: Flask, invited: Invited, respondent: str = "self") -> None:
        self.client = app.test_client()
        started = {"respondent": respondent, "consent": "1"}
        assert self.client.post(f"/q/{invited.token}", data=started, base_url=SITE).status_code == 303

    def say(self, path: str, use: object = None, **typed: str) -> None:
        token = form_to(self.client.get(path, base_url=SITE).text, path).value("token")
        told = {} if use is None else {"use": dumps(use)}
        reply = self.client.post(path, data={"token": token, **told, **typed}, base_url=SITE)
        assert reply.status_code == 303, path


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """Two patients: one alone on a phone and, for one screen, a computer; one helped, without scripts."""
    with app.app_context():
        made = make_clinic()
    one = Patient(app, invite(app, clinic_id=made.id))
    one.say("/s/odi/1", PHONE, answer="2")
    one.say("/s/odi/2", SLIPPED, answer="2")
    one.say("/s/odi/3", ABROAD, action="decline")
    for position in range(4, 11):
        one.say(f"/s/odi/{position}", PHONE, answer="2", queued="1")
    one.say("/s/odi/3", ABROAD, answer="2")
    one.say("/s/eq5d3l/6", PHONE | {"input_path": "tapped"}, answer="75")
    other = Patient(app, invite(app, clinic_id=made.id), "self_with_help")
    other.say("/s/odi/1", answer="0")
    other.say("/s/odi/2", action="decline")
    other.say("/s/eq5d3l/6", answer="70")
    other.say("/s/nrs11/1", answer="5")
    return made


@pytest.fixture(scope="module")
def reader(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


def rows(client: FlaskClient, figure: str, query: str = "") -> dict[str, dict[str, str]]:
    found = csv.DictReader(io.StringIO(read(client, f"/quality/{figure}.csv{query}").lstrip("\ufeff")))
    return {row["code"]: row for row in found}


def part(client: FlaskClient, figure: str, code: str) -> str:
    row = rows(client, figure)[code]
    return f"{row['number']}/{row['of']}"


def test_times_are_the_quartiles_of_what_was_told(reader: FlaskClient) -> None:
    third = rows(reader, "screen-times")["odi/lifting"]
    assert (third["timed"], third["of"], third["median_s"], third["patients"]) == ("2", "2", "6.0", "1")
    first = rows(reader, "screen-times")["odi/pain_intensity"]
    assert (first["timed"], first["of"], first["patients"]) == ("2", "2", "2")  # one by the server's own clock
    whole = rows(reader, "questionnaire-times")["odi"]
    assert (whole["timed"], whole["of"]) == ("2", "2")


@pytest.mark.parametrize(
    ("figure", "code", "said"),
    [
        ("changes", "odi/personal_care", "1/1"),
        ("changes", "odi/walking", "0/1"),
        ("slips", "phone/3", "1/9"),
        ("slips", "computer/3", "0/2"),
        ("declines", "odi/personal_care", "1/2"),
        ("declines", "odi/lifting", "0/1"),  # declined first, then answered
        ("devices", "switched", "1/1"),
        ("devices", "device/phone", "10/12"),
        ("conditions", "translated/True", "2/12"),
        ("conditions", "queued/True", "7/16"),
        ("layouts", "layout/vas-1", "2/16"),
        ("modes", "self_with_help", "3/5"),
        ("vas-digits", "0", "1/2"),
        ("vas-digits", "5", "1/2"),
        ("vas-paths", "input_path/tapped", "1/1"),
        ("pain-levels", "5", "1/1"),
        ("straight-lines", "odi", "1/1"),
        ("straight-lines", "odi/lowest", "0/1"),
    ],
)
def test_every_share_adds_up(reader: FlaskClient, figure: str, code: str, said: str) -> None:
    assert part(reader, figure, code) == said


def test_the_page_says_what_is_missing_and_prints_the_files_numbers(reader: FlaskClient) -> None:
    page = read(reader, "/quality")
    assert "<strong>16</strong>" in page
    assert "of 2 patients" in page
    assert 'Of these, measured by the browser</th><td class="number parts">12/<wbr>16' in page
    assert 'Of these, without scripts</th><td class="number parts">4/<wbr>16' in page
    assert "Ending in 0: 1/2, in 5: 1/2." in page
    assert re.search(r"<td>Lifting \(odi\)</td><td class=\"number\">2</td><td class=\"number\">2</td>", page)
    assert read(reader, "/quality/slips.svg").startswith("<svg")


def test_filters_narrow_it_and_strange_ones_are_refused(reader: FlaskClient) -> None:
    assert rows(reader, "modes", "?timepoint=m1") == {}
    assert "No answers yet" in read(reader, "/quality?enrolled_from=2090-01-01")
    for query in ("timepoint=m99", "protocol=nothing", "enrolled_to=never", "protocol=%00"):
        reply = reader.get(f"/quality?{query}", base_url=SITE)
        assert reply.status_code == 422
        assert "choose again" in reply.text
    assert reader.get("/quality/nothing.csv", base_url=SITE).status_code == 404


def test_whoever_reads_without_names_sees_no_row_of_a_few(app: Flask, clinic: MadeClinic) -> None:
    analyst = signed_in(app, clinic, "analyst")
    page = read(analyst, "/quality")
    assert "fewer than 5 patients have answered here" in page
    assert "Ending in 0" not in page
    assert rows(analyst, "modes") == {}
    assert "fewer than 5 patients stand behind it" in page


def test_the_number_of_statements_does_not_grow(app: Flask, reader: FlaskClient) -> None:
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    listen = lambda *told: asked.append(told[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    read(reader, "/quality")
    event.remove(engine, "before_cursor_execute", listen)
    assert sum("screen_use" in statement for statement in asked) == 1
    assert len(asked) < 15


@pytest.mark.browser
def test_the_page_is_accessible_and_holds_to_the_policy(browser: Browser, web_server: str, clinic: MadeClinic) -> None:
    context = browser.new_context(base_url=web_server, viewport=NARROWEST)
    context.set_default_timeout(60_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("/login?next=/quality")
    page.fill("#login", clinic.logins["coordinator"])
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("figure")
    try:
        assert faults(page, (NARROWEST, DESK), dark=DESK) == []
        assert page.evaluate("document.querySelectorAll('.staffbar [aria-current=page]').length") == 1
    finally:
        context.close()
