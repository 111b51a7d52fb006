"""Staff and texts over HTTP: enrolling, changing, importing, sending again, and lifting what was stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.channels.stopping import stop_texts
from surveys.db import app_now, clinic_session
from surveys.models import AuditEvent, Consent, Message, Patient, StaffTask, StaffTaskLog, SuppressedPhone, Suppression
from surveys.outbox.staff_tasks import ask_staff
from surveys.outbox.suppressing import suppress_of
from tests.views.test_enrolment import PERSON, Desk, sign_in

BY_TEXT = {"channel": "sms", "phone": "+44 (0)7700 900 123", "contact_sms": "y"}
DETAILS = {
    name: PERSON[name]
    for name in ("chart_number", "first_name", "surname", "email", "birth_year", "sex", "language", "contact_email")
}


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context():
        return sign_in(app)


def open_tasks(session: Session) -> list[str]:
    return list(session.scalars(select(StaffTask.kind).where(StaffTask.closed_at.is_(None))))


def test_a_patient_is_enrolled_for_texts_with_a_permission_of_its_own(app: Flask, desk: Desk) -> None:
    desk.enrol(**BY_TEXT)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert set(session.scalars(select(Consent.kind))) == {"contact_email", "contact_sms"}
        assert set(session.scalars(select(Message.channel).where(Message.step != "phone_task"))) == {"sms"}


@pytest.mark.parametrize("phone", ["", "07700 900123", "call me", "+44 77"])
def test_texts_need_a_number_with_its_country(desk: Desk, phone: str) -> None:
    reply = desk.post("/patients/new", **PERSON | BY_TEXT | {"phone": phone})
    assert reply.status_code == 422
    assert "number" in reply.get_data(as_text=True)


def test_without_a_gateway_texts_are_refused_with_a_sentence(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "backstory", replace(app.extensions["backstory"], sms=None))
    reply = desk.post("/patients/new", **PERSON | BY_TEXT)
    assert reply.status_code == 422
    assert "Text messages are not set up here" in reply.get_data(as_text=True)


def test_a_csv_names_the_channel_or_implies_it(app: Flask, desk: Desk) -> None:
    text = (
        "chart_number,first_name,surname,email,phone,contact_sms,channel,arm,pain_generator\n"
        "T-1,Ann,One,,+34 600 112 233,yes,,treated,facet\n"
        "T-2,Bob,Two,bob@example.org,+34 600 112 234,yes,sms,treated,facet\n"
        "T-3,Cy,Three,,600 112 235,yes,,treated,facet\n"
        "T-4,Di,Four,,+34 600 112 236,no,,treated,facet\n"
    )
    page = desk.post("/patients/import", text=text).get_data(as_text=True)
    assert "3 lines are good" in page
    assert "channel: Texts need a number with its country" in page
    assert desk.post("/patients/import/enrol", text=text, which="good").status_code == 200
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(Patient.channel).order_by(Patient.number)).all() == ["sms", "sms", "none"]


def test_a_permission_taken_back_opens_a_task_at_once(app: Flask, desk: Desk) -> None:
    desk.enrol(**BY_TEXT)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert open_tasks(session) == []
        consents = dict(session.execute(select(Consent.kind, Consent.id)).all())
        assert desk.post(f"/consents/{consents['contact_email']}/withdraw").status_code == 303
        assert open_tasks(session) == []
        assert desk.post(f"/consents/{consents['contact_sms']}/withdraw").status_code == 303
        session.rollback()
        assert open_tasks(session) == ["no_channel"]
    page = desk.client.get("/desk").get_data(as_text=True)
    assert "no permission to write" in page


def test_a_link_goes_again_by_the_patients_channel(app: Flask, desk: Desk) -> None:
    desk.enrol(**BY_TEXT)
    with app.app_context():
        visit = desk.visit()
    assert desk.post(f"/visits/{visit.id}/resend").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(Message.channel).where(Message.issue == 2)).all() == ["sms"]


def test_what_was_stopped_is_shown_and_lifted_by_a_person(app: Flask, desk: Desk) -> None:
    path = desk.enrol(**BY_TEXT)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        now, patient = app_now(session), session.scalars(select(Patient)).one()
        assert stop_texts(session, app.extensions["vault"], desk.clinic.id, "+447700900123", now=now) == 1
        assert suppress_of(session, patient, "email", "complaint", now=now)
        session.commit()
    page = desk.client.get(f"{path}/details").get_data(as_text=True)
    assert "answered STOP" in page
    assert "reported as unwanted" in page
    assert "no texts are sent there" in desk.client.get(path).get_data(as_text=True)
    assert "no texts go to this number" in desk.client.get("/desk").get_data(as_text=True)
    with app.app_context():
        visit = desk.visit()
    assert "texts to this number were stopped" in desk.post(f"/visits/{visit.id}/resend").get_data(as_text=True)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert open_tasks(session) == ["no_channel"]
    for _ in range(2):
        assert desk.post(f"{path}/right-again").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert open_tasks(session) == [], "messages reach the patient again"
    assert "answered STOP" not in desk.client.get(f"{path}/details").get_data(as_text=True)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalar(select(func.count()).select_from(SuppressedPhone)) == 0
        assert session.scalar(select(func.count()).select_from(Suppression)) == 0
        lifted = select(AuditEvent).where(AuditEvent.action == "suppression_lifted")
        assert session.scalars(lifted).one().new == {"channels": ["email", "sms"]}
    assert desk.post(f"/visits/{visit.id}/resend").status_code == 303


def test_who_shares_what_is_right_again_needs_nobody_any_more(app: Flask, desk: Desk) -> None:
    path = desk.enrol(**BY_TEXT)
    desk.enrol(**BY_TEXT, chart_number="C-2", first_name="Bruno", anyway="y")
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        stop_texts(session, app.extensions["vault"], desk.clinic.id, "+447700900123", now=app_now(session))
        session.commit()
        assert open_tasks(session) == ["no_channel", "no_channel"]
        assert desk.post(f"{path}/right-again").status_code == 303
        session.rollback()
        assert open_tasks(session) == []
        assert set(session.scalars(select(StaffTask.outcome))) == {"details_changed", "address_freed"}
        noted = session.scalars(select(StaffTaskLog)).one()
        assert (noted.note, noted.outcome, noted.staff_id is not None) == ("address_freed", None, True)


def test_a_new_number_is_written_to_without_lifting_anything(app: Flask, desk: Desk) -> None:
    path = desk.enrol(**BY_TEXT)
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        stop_texts(session, app.extensions["vault"], desk.clinic.id, "+447700900123", now=app_now(session))
        session.commit()
    assert desk.post(f"{path}/details", **DETAILS | BY_TEXT | {"phone": "+44 7700 900999"}).status_code == 303
    assert "answered STOP" not in desk.client.get(f"{path}/details").get_data(as_text=True)
    with app.app_context():
        assert desk.post(f"/visits/{desk.visit().id}/resend").status_code == 303


def test_a_number_that_the_gateway_refused_is_not_called_a_stop_or_an_e_mail(app: Flask, desk: Desk) -> None:
    desk.enrol(**BY_TEXT, contact_phone="y")
    with app.app_context():
        visit = desk.visit()
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        now, patient = app_now(session), session.scalars(select(Patient)).one()
        assert suppress_of(session, patient, "sms", "bounced", now=now)
        ask_staff(session, desk.clinic.id, visit.id, "bounced", now=now)
        session.commit()
    page = desk.client.get("/queue").get_data(as_text=True)
    assert "The number takes no texts" in page
    assert "Call, and correct the address or number." in page
    assert "STOP" not in page
    assert "E-mail came back" not in page


def test_another_clinic_lifts_nothing(app: Flask, desk: Desk) -> None:
    path = desk.enrol(**BY_TEXT)
    with app.app_context():
        other = sign_in(app)
    assert other.post(f"{path}/right-again").status_code == 404
