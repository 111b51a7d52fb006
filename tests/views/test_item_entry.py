"""Interviews and paper forms on the item screens: mode and author are kept; only who is signed in goes on."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, real_now
from surveys.models import (
    Answer,
    AuditEvent,
    Clinic,
    Consent,
    Patient,
    PatientSession,
    Response,
    Score,
    Staff,
    StaffSession,
    Visit,
)
from surveys.pathway.endings import end_participation, endings_of, revoke_ending
from surveys.people.participation import consent_text, give_consent, participation
from tests.factories import MadeClinic, make_clinic
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE, signed_in
from tests.views.test_patient import save, shown, token_of

SIGNED = {"consent_version": "1", "signed_on": "2026-01-02"}


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture
def invited(app: Flask, clinic: MadeClinic) -> Invited:
    return invite(app, clinic_id=clinic.id)


@pytest.fixture
def desk(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "coordinator")


def begin(desk: FlaskClient, invited: Invited, mode: str = "interview", **typed: str) -> TestResponse:
    path = f"/visits/{invited.visit_id}/enter"
    page = desk.get(f"{path}?mode={mode}", base_url=SITE)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token, page.text
    return desk.post(path, data={"csrf_token": token[1], "mode": mode, **typed}, base_url=SITE)


def member(app: Flask, clinic: MadeClinic, role: str) -> UUID:
    with seen_by(app, clinic.id) as session:
        return session.scalars(select(Staff.id).where(Staff.login == clinic.logins[role])).one()


def answers(app: Flask, invited: Invited) -> list[tuple[str, int | None, str, UUID | None]]:
    with seen_by(app, invited.clinic_id) as session:
        mine = select(Answer.item, Answer.level, Answer.mode, Answer.author_id)
        mine = mine.join(Response, Response.id == Answer.response_id).where(Response.visit_id == invited.visit_id)
        return [(item, level, mode, author) for item, level, mode, author in session.execute(mine.order_by(Answer.id))]


@pytest.mark.parametrize("mode", ["interview", "paper"])
def test_an_entry_keeps_mode_author_and_consent_and_ends_at_the_patients_page(
    app: Flask, clinic: MadeClinic, desk: FlaskClient, invited: Invited, mode: str
) -> None:
    assert begin(desk, invited, mode, **SIGNED).location == "/s/odi/1"
    for position in range(1, 11):
        assert save(desk, f"/s/odi/{position}", "2").status_code == 303
    author = member(app, clinic, "coordinator")
    assert {(level, by, who) for _item, level, by, who in answers(app, invited)} == {(2, mode, author)}
    sent = desk.post("/s/send", data={"token": token_of(shown(desk, "/s/review"))}, base_url=SITE)
    assert sent.location == f"/patients/{invited.patient_id}"
    assert desk.get_cookie("__Host-patient") is None
    assert "The answers are sent and scored." in desk.get(sent.location, base_url=SITE).text
    with seen_by(app, invited.clinic_id) as session:
        visit = session.get_one(Visit, invited.visit_id)
        assert visit.submitted_at is not None
        response = session.scalars(select(Response).where(Response.visit_id == visit.id)).one()
        assert response.mode == mode
        assert session.scalars(select(Score.value).where(Score.response_id == response.id)).all() == [40]
        consent = select(Consent).where(Consent.patient_id == invited.patient_id, Consent.kind == "participation")
        assert session.scalars(consent).one().recorded_by == author
        acts = select(AuditEvent.action, AuditEvent.actor_id).where(AuditEvent.subject_id == visit.id)
        assert {("entry_begun", author), ("submitted", author)} <= {
            (row.action, row.actor_id) for row in session.execute(acts)
        }
        seen = select(AuditEvent).where(AuditEvent.action == "viewed", AuditEvent.subject_id == invited.patient_id)
        assert {"page": "item_entry.form"} in [event.new for event in session.scalars(seen)]


@pytest.mark.parametrize(
    "typed", [{}, {"consent_version": "1"}, SIGNED | {"signed_on": "2999-01-01"}, SIGNED | {"consent_version": "9"}]
)
def test_without_a_signed_consent_nothing_begins(
    app: Flask, desk: FlaskClient, invited: Invited, typed: dict[str, str]
) -> None:
    reply = begin(desk, invited, **typed)
    assert reply.status_code == 422
    assert "Enter the consent that was signed" in reply.text
    with seen_by(app, invited.clinic_id) as session:
        mine = select(func.count()).select_from(PatientSession).where(PatientSession.visit_id == invited.visit_id)
        assert session.scalar(mine) == 0


def test_a_paper_older_than_the_withdrawal_does_not_undo_it(app: Flask, desk: FlaskClient, invited: Invited) -> None:
    with seen_by(app, invited.clinic_id) as session:
        now, clinic = app_now(session), session.get_one(Clinic, invited.clinic_id)
        patient = session.get_one(Patient, invited.patient_id)
        give_consent(session, patient, consent_text("1", "en"), now=now)
        end_participation(session, clinic, patient, date(2026, 1, 5), reason=None, actor=SYSTEM, now=now)
        (ending,) = endings_of(session, patient)
        revoke_ending(session, clinic, ending, actor=SYSTEM, now=now)
        session.commit()
    older = begin(desk, invited, consent_version="1", signed_on="2026-01-04")
    sheet = desk.get(f"/visits/{invited.visit_id}/answers/odi", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', sheet)
    assert token
    typed = {"csrf_token": token[1], "mode": "paper", "sitting": "3"} | SIGNED
    for reply in (older, desk.post(f"/visits/{invited.visit_id}/answers/odi", data=typed, base_url=SITE)):
        assert reply.status_code == 422
        assert "took this permission back on 5 January 2026." in reply.text
    with seen_by(app, invited.clinic_id) as session:
        assert participation(session, session.get_one(Patient, invited.patient_id)) is None
    assert begin(desk, invited, consent_version="1", signed_on="2026-01-05").status_code == 303


def test_an_unknown_mode_begins_nothing(desk: FlaskClient, invited: Invited) -> None:
    reply = begin(desk, invited, "telepathy", **SIGNED)
    assert reply.status_code == 422
    assert "Choose how the answers are given." in reply.text


def test_consent_is_asked_once(desk: FlaskClient, invited: Invited) -> None:
    begin(desk, invited, **SIGNED)
    save(desk, "/s/odi/1", "2")
    page = desk.get(f"/visits/{invited.visit_id}/enter", base_url=SITE).text
    assert "Signed on" not in page
    assert "1 question is answered already" in page
    assert begin(desk, invited, "paper").location == "/s/odi/2"


def signed_out(_app: Flask, _clinic: MadeClinic, desk: FlaskClient) -> None:
    page = desk.get("/desk", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    desk.post("/logout", data={"csrf_token": token[1]}, base_url=SITE)


def disabled(app: Flask, clinic: MadeClinic, _desk: FlaskClient) -> None:
    who = member(app, clinic, "coordinator")
    with seen_by(app, clinic.id) as session:
        session.get_one(Staff, who).disabled_at = real_now(session)
        session.commit()


def replaced(app: Flask, clinic: MadeClinic, desk: FlaskClient) -> None:
    """Somebody else signs in at the same desk."""
    other = signed_in(app, clinic, "clinician").get_cookie("__Host-staff")
    assert other
    desk.set_cookie("__Host-staff", other.value, domain="localhost", secure=True, httponly=True)


def demoted(app: Flask, clinic: MadeClinic, _desk: FlaskClient) -> None:
    who = member(app, clinic, "coordinator")
    with seen_by(app, clinic.id) as session:
        session.get_one(Staff, who).role = "analyst"
        session.commit()


@pytest.mark.parametrize("happens", [signed_out, disabled, replaced, demoted])
def test_who_is_no_longer_signed_in_neither_sees_nor_saves(app: Flask, happens: object) -> None:
    with app.app_context():
        clinic = make_clinic()
    desk, invited = signed_in(app, clinic, "coordinator"), invite(app, clinic_id=clinic.id)
    begin(desk, invited, **SIGNED)
    form = {"answer": "2", "action": "save", "token": token_of(shown(desk, "/s/odi/1"))}
    sending = {"token": token_of(shown(desk, "/s/review"))}
    assert callable(happens)
    happens(app, clinic, desk)
    for reply in (desk.post("/s/odi/1", data=form, base_url=SITE), desk.post("/s/send", data=sending, base_url=SITE)):
        assert reply.status_code == 403
        assert "Nothing was saved just now." in reply.text
    for path in ("/s/odi/1", "/s/review", "/s/done", "/s/consent"):
        page = shown(desk, path)
        assert page.status_code == 403
        assert "pain" not in page.text.lower().replace("painting", "")
    assert answers(app, invited) == []


def test_another_device_cannot_save_with_a_form_that_staff_had_open(
    app: Flask, desk: FlaskClient, invited: Invited
) -> None:
    begin(desk, invited, **SIGNED)
    form = {"answer": "2", "action": "save", "token": token_of(shown(desk, "/s/odi/1"))}
    assert app.test_client().post("/s/odi/1", data=form, base_url=SITE).status_code == 403
    assert answers(app, invited) == []


def test_after_signing_in_again_the_same_member_goes_on(
    app: Flask, clinic: MadeClinic, desk: FlaskClient, invited: Invited
) -> None:
    begin(desk, invited, **SIGNED)
    with seen_by(app, clinic.id) as session:
        for row in session.scalars(select(StaffSession)):
            row.revoked_at = real_now(session)
        session.commit()
    locked = shown(desk, "/s/odi/1")
    assert locked.status_code == 403
    assert "/login?next=/s/odi/1" in locked.text
    again = signed_in(app, clinic, "coordinator").get_cookie("__Host-staff")
    assert again
    desk.set_cookie("__Host-staff", again.value, domain="localhost", secure=True, httponly=True)
    assert save(desk, "/s/odi/1", "2").status_code == 303


def test_the_pages_are_the_staffs_and_a_question_may_be_left_out(desk: FlaskClient, invited: Invited) -> None:
    begin(desk, invited, "paper", **SIGNED)
    page = shown(desk, "/s/odi/1").text
    assert "You enter answers for patient" in page
    assert "Leave this without an answer and go on" in page
    assert 'href="/s/odi/2"' in page
    assert "tel:" not in page
    assert "/s/permissions" not in page
    assert "data-item" not in page
    assert shown(desk, "/s/permissions").status_code == 404


def test_a_visit_that_takes_no_answers_is_not_begun(app: Flask, desk: FlaskClient, invited: Invited) -> None:
    with seen_by(app, invited.clinic_id) as session:
        visit = session.get_one(Visit, invited.visit_id)
        visit.submitted_at = visit.opens_at
        session.commit()
    reply = desk.get(f"/visits/{invited.visit_id}/enter", base_url=SITE)
    assert reply.status_code == 409
    assert "enter them on the sheet" in reply.text
