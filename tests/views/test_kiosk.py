"""The clinic's tablet over HTTP: a code from the staff's screen, the questions, and nothing afterwards."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from surveys.answering.item_token import read_item, sign_item
from surveys.models import Answer, AuditEvent, Clinic, Patient, PatientSession, Response
from tests.factories import MadeClinic, make_clinic
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE, signed_in
from tests.views.test_patient import save, shown, token_of

COOKIE = "__Host-patient"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture
def invited(app: Flask, clinic: MadeClinic) -> Invited:
    return invite(app, clinic_id=clinic.id)


def asked_for(desk: FlaskClient, invited: Invited) -> str:
    """Return the code that staff see when they press the button."""
    page = desk.get(f"/patients/{invited.patient_id}", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    reply = desk.post(f"/visits/{invited.visit_id}/qr", data={"csrf_token": token[1]}, base_url=SITE)
    found = re.search(r'class="code"[^>]*>([^<]+)<', reply.text)
    assert found, reply.text
    return found[1]


@pytest.fixture
def code(app: Flask, clinic: MadeClinic, invited: Invited) -> str:
    return asked_for(signed_in(app, clinic, "coordinator"), invited)


def enter(tablet: FlaskClient, code: str) -> TestResponse:
    return tablet.post("/tablet", data={"code": code}, base_url=SITE)


def begin(tablet: FlaskClient, respondent: str = "self") -> TestResponse:
    token = token_of(shown(tablet, "/s/start"))
    form = {"respondent": respondent, "consent": "1", "token": token}
    return tablet.post("/s/start", data=form, base_url=SITE)


def opened(tablet: FlaskClient, code: str, respondent: str = "self") -> FlaskClient:
    """Type the code and press Start."""
    assert enter(tablet, code).location == "/s/start"
    assert begin(tablet, respondent).status_code == 303
    return tablet


def sessions(app: Flask, invited: Invited) -> list[PatientSession]:
    with seen_by(app, invited.clinic_id) as session:
        mine = select(PatientSession).where(PatientSession.visit_id == invited.visit_id)
        return list(session.scalars(mine.order_by(PatientSession.id)))


@pytest.mark.parametrize(("respondent", "mode"), [("self", "tablet"), ("self_with_help", "tablet"), ("proxy", "proxy")])
def test_a_code_opens_the_questions_and_the_mode_is_kept(
    app: Flask, client: FlaskClient, invited: Invited, code: str, respondent: str, mode: str
) -> None:
    opened(client, code.lower().replace("-", " "), respondent)
    assert save(client, "/s/odi/1", "2").status_code == 303
    with seen_by(app, invited.clinic_id) as session:
        mine = select(Answer.mode, Response.mode).join(Response, Response.id == Answer.response_id)
        assert session.execute(mine.where(Response.visit_id == invited.visit_id)).all() == [(mode, mode)]
        acts = select(AuditEvent.action).where(AuditEvent.subject_id == invited.visit_id)
        assert {"link_shown", "code_used"} <= set(session.scalars(acts))
    (row,) = sessions(app, invited)
    assert row.kiosk
    assert row.respondent == mode


def test_before_start_a_tablet_shows_no_question(client: FlaskClient, code: str) -> None:
    enter(client, code)
    for path in ("/s/odi/1", "/s/review", "/s/year-of-birth"):
        assert shown(client, path).location == "/s/start"
    without = client.post("/s/start", data={"respondent": "self", "consent": "1"}, base_url=SITE)
    assert without.status_code == 400
    token = token_of(shown(client, "/s/start"))
    assert client.post("/s/start", data={"respondent": "self", "token": token}, base_url=SITE).status_code == 422


def test_nobody_is_asked_for_the_year_of_birth_whom_staff_hand_the_tablet(
    app: Flask, client: FlaskClient, invited: Invited, code: str
) -> None:
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).birth_year_check = True
        session.get_one(Patient, invited.patient_id).birth_year = 1951
        session.commit()
    enter(client, code)
    assert begin(client).location == "/s/practice"
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).birth_year_check = False
        session.commit()


def test_a_tablet_shows_nothing_that_is_meant_for_the_patients_own_phone(client: FlaskClient, code: str) -> None:
    enter(client, code)
    first = shown(client, "/s/start").text
    assert "Maria" in first
    begin(client)
    pages = [first, *(shown(client, path).text for path in ("/s/odi/1", "/s/review"))]
    for page in pages:
        assert "/preferences" not in page
        assert "/s/permissions" not in page
        assert "tel:" not in page
        assert "Stop and hand the tablet back" in page
        assert "data-item" not in page
    assert shown(client, "/s/permissions").status_code == 404
    assert shown(client, "/s/leave").status_code == 404


def test_the_blank_page_forgets_and_names_nobody(app: Flask, client: FlaskClient, invited: Invited, code: str) -> None:
    opened(client, code)
    save(client, "/s/odi/1", "3")
    blank = shown(client, "/tablet")
    assert blank.status_code == 200
    assert blank.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert blank.headers["Cache-Control"] == "no-store"
    assert client.get_cookie(COOKIE) is None
    for name in ("Maria", "Lopez", "Riverside"):
        assert name not in blank.text
    (row,) = sessions(app, invited)
    assert row.revoked_at is not None
    assert shown(client, "/s/odi/1").status_code == 403
    assert "Maria" not in shown(client, "/s/odi/1").text
    assert "Clear-Site-Data" not in shown(client, "/tablet").headers


def test_the_blank_page_leaves_a_patients_own_phone_alone(app: Flask, client: FlaskClient) -> None:
    own = invite(app)
    client.post(f"/q/{own.token}", data={"respondent": "self", "consent": "1"}, base_url=SITE)
    assert shown(client, "/tablet").status_code == 200
    assert shown(client, "/s/odi/1").status_code == 200


def test_every_page_of_a_tablet_leaves_by_itself(client: FlaskClient, code: str) -> None:
    enter(client, code)
    begin(client)
    for path in ("/s/odi/1", "/s/review", "/s/consent"):
        assert shown(client, path).headers["Refresh"] == "480; url=/s/pause?idle=1"
    asked = shown(client, "/s/pause?idle=1")
    assert asked.headers["Refresh"] == "120; url=/tablet"
    assert "Are you still there?" in asked.text
    assert 'href="/s/odi/1"' in asked.text
    assert "Refresh" not in shown(client, "/tablet").headers


def test_ten_idle_minutes_end_a_tablets_session_and_a_page_that_opens_by_itself_prolongs_nothing(
    app: Flask, client: FlaskClient, invited: Invited, code: str
) -> None:
    opened(client, code)
    idle(app, invited, timedelta(minutes=9))
    assert shown(client, "/s/pause?idle=1").status_code == 200
    idle(app, invited, timedelta(minutes=2))
    for path in ("/s/odi/1", "/s/pause", "/s/review", "/s/start"):
        assert shown(client, path).location == "/tablet"


def idle(app: Flask, invited: Invited, by: timedelta) -> None:
    """Let the tablet lie for so long, beyond what it has lain already."""
    with seen_by(app, invited.clinic_id) as session:
        mine = select(PatientSession).where(PatientSession.visit_id == invited.visit_id)
        for row in session.scalars(mine):
            row.last_seen_at -= by
        session.commit()


def test_a_form_left_open_on_a_tablet_saves_nothing_a_quarter_of_an_hour_later(
    app: Flask, client: FlaskClient, invited: Invited, code: str
) -> None:
    opened(client, code)
    form = {"answer": "2", "action": "save", "token": token_of(shown(client, "/s/odi/1"))}
    late = _later(app, form["token"], timedelta(minutes=16))
    reply = client.post("/s/odi/1", data=form | {"token": late}, base_url=SITE)
    assert reply.location == "/tablet"
    with seen_by(app, invited.clinic_id) as session:
        mine = select(func.count()).select_from(Response).where(Response.visit_id == invited.visit_id)
        assert session.scalar(mine) == 0


@pytest.mark.parametrize("typed", ["2", ""])
def test_a_form_left_in_another_tab_neither_saves_nor_shows_anything_once_the_tablet_was_handed_back(
    app: Flask, clinic: MadeClinic, client: FlaskClient, invited: Invited, code: str, typed: str
) -> None:
    opened(client, code)
    form = {"answer": typed, "action": "save", "token": token_of(shown(client, "/s/odi/1"))}
    following = invite(app, first_name="Zoe", clinic_id=clinic.id)
    opened(client, asked_for(signed_in(app, clinic, "coordinator"), following))
    assert client.post("/s/odi/1", data=form, base_url=SITE).location == "/tablet"
    with seen_by(app, invited.clinic_id) as session:
        theirs = Response.visit_id.in_((invited.visit_id, following.visit_id))
        assert session.scalar(select(func.count()).select_from(Response).where(theirs)) == 0


def _later(app: Flask, token: str, by: timedelta) -> str:
    """Return the form's token as if it had been drawn so much earlier."""
    known = read_item(token, str(app.secret_key))
    assert known
    return sign_item(replace(known, expires=known.expires - int(by.total_seconds())), str(app.secret_key))


def test_a_tablet_that_opens_a_code_is_signed_out_of_the_staffs_pages(
    app: Flask, clinic: MadeClinic, code: str
) -> None:
    tablet = signed_in(app, clinic, "coordinator")
    assert tablet.get("/desk", base_url=SITE).status_code == 200
    held = tablet.get_cookie("__Host-staff")
    assert held
    enter(tablet, code)
    assert tablet.get("/desk", base_url=SITE).location.startswith("/login")
    again = app.test_client()
    again.set_cookie("__Host-staff", held.value, domain="localhost", secure=True, httponly=True)
    assert again.get("/desk", base_url=SITE).location.startswith("/login")


def test_after_sending_the_tablet_thanks_and_is_handed_back(client: FlaskClient, code: str) -> None:
    opened(client, code)
    save(client, "/s/odi/1", "2")
    sent = client.post("/s/send", data={"token": token_of(shown(client, "/s/review"))}, base_url=SITE)
    thanks = client.get(sent.location, base_url=SITE)
    assert "Please hand the tablet back." in thanks.text
    assert "/preferences" not in thanks.text
    assert thanks.headers["Refresh"] == "60; url=/s/pause?idle=1"
    assert "Your answers are sent." in shown(client, "/s/pause?idle=1").text
    assert shown(client, "/tablet").headers["Clear-Site-Data"]
    assert shown(client, "/s/done").status_code == 403


def test_the_blank_page_speaks_four_languages(client: FlaskClient) -> None:
    texts = {each: shown(client, f"/tablet?language={each}").text for each in ("en", "es", "de", "ar")}
    assert len({re.search("<h1>.*?</h1>", page, re.S)[0] for page in texts.values()}) == 4  # type: ignore[index]
    assert 'dir="rtl"' in texts["ar"].partition(">")[2][:80]
    wrong = client.post("/tablet?language=de", data={"code": "x"}, base_url=SITE)
    assert '<html lang="de"' in wrong.text
