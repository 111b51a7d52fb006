"""The questionnaire on paper: every item and level of the screens with its code, a number and no name."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scoring.instrument import load_instruments
from surveys.answering.battery import screens_of
from surveys.answering.paper import paper_form
from surveys.models import Patient
from surveys.protocols.loading import bundled_protocols
from surveys.wordings import wording_for
from tests.factories import MadeClinic, make_clinic
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE, signed_in

SPINE = bundled_protocols()["spine"]


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture
def desk(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "coordinator")


def sheet(desk: FlaskClient, invited: Invited, query: str = "") -> str:
    reply = desk.get(f"/visits/{invited.visit_id}/paper{query}", base_url=SITE)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_a_form_asks_what_the_screens_ask_with_the_same_codes(
    app: Flask, desk: FlaskClient, clinic: MadeClinic
) -> None:
    invited = invite(app, clinic_id=clinic.id, first_name="Xiomara")
    page = sheet(desk, invited)
    asked = [f"{screen.instrument}.{screen.item.code}" for screen in screens_of(SPINE, "baseline")]
    assert re.findall(r'<bdi dir="ltr">(\w+\.\w+)</bdi>', page) == asked
    for screen in screens_of(SPINE, "baseline"):
        text = wording_for(screen.instrument, "en").item(screen.item.code)
        assert page.count(f"</span> {text.text}</h3>") == 1
    levels = sum(len(s.item.levels) for s in screens_of(SPINE, "baseline") if s.item.kind != "number")
    assert page.count('class="box"') == levels + 3
    with seen_by(app, clinic.id) as session:
        number = session.get_one(Patient, invited.patient_id).number
    assert f'<strong class="write">{number}</strong>' in page
    assert "Xiomara" not in page
    assert "Lopez" not in page


def test_every_wording_is_named_with_status_and_hash(app: Flask, desk: FlaskClient, clinic: MadeClinic) -> None:
    page = sheet(desk, invite(app, clinic_id=clinic.id))
    for code in ("odi", "nrs11", "eq5d3l", "functionality"):
        wording = wording_for(code, "en")
        assert f"{wording.wording_id}</th><td>working wording</td>" in page
        assert wording.hash in page
    assert paper_form(screens_of(SPINE, "baseline"), "en").edition in page


def test_a_form_is_in_the_patients_language_and_staff_read_theirs(
    app: Flask, desk: FlaskClient, clinic: MadeClinic
) -> None:
    page = sheet(desk, invite(app, clinic_id=clinic.id, language="es"))
    assert '<html lang="es" dir="ltr">' in page
    assert wording_for("odi", "es").items[0].text in page
    assert "Print on A4 with your browser" in page
    assert "Deje en blanco" in page


def test_a_language_without_wording_is_never_replaced_in_silence(
    app: Flask, desk: FlaskClient, clinic: MadeClinic
) -> None:
    invited = invite(app, clinic_id=clinic.id)
    reply = desk.get(f"/visits/{invited.visit_id}/paper?language=fr", base_url=SITE)
    assert reply.status_code == 409
    assert "no wording in that language" in reply.text
    assert f"/visits/{invited.visit_id}/paper?language=es" in reply.text


def test_blank_forms_of_every_timepoint_and_language_are_listed(
    app: Flask, desk: FlaskClient, clinic: MadeClinic
) -> None:
    invite(app, clinic_id=clinic.id)
    listed = desk.get("/paper", base_url=SITE).text
    links = re.findall(r'href="(/paper/[^"]+)"', listed)
    assert {f"/paper/spine/{each.code}/es" for each in SPINE.timepoints} <= set(links)
    page = desk.get("/paper/spine/m12/es", base_url=SITE)
    assert page.status_code == 200
    assert '<strong class="write"></strong>' in page.text
    assert "events.spine_operation" in page.text
    for wrong in ("/paper/none/m12/es", "/paper/spine/m99/es", "/paper/spine%00/m12/es"):
        assert desk.get(wrong, base_url=SITE).status_code == 404


def test_a_number_has_a_box_for_each_digit_and_sign() -> None:
    numbers = {"eq5d3l": 3, "improvement": 4}
    form = paper_form(screens_of(SPINE, "m12"), "en")
    for section in form.sections:
        for question in section.questions:
            kind = load_instruments()[section.wording.instrument].item(question.item.code).kind
            assert question.digits == (numbers[section.wording.instrument] if kind == "number" else 0)
