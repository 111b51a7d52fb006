"""Weekends and holidays as admins set them, and the page that foresees a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.db import app_now, clinic_session, uuid7
from surveys.models import AuditEvent, Clinic, ClinicHoliday, Patient
from tests.factories import MadeClinic
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled, enrol


@pytest.fixture
def patient(app: Flask) -> Iterator[Enrolled]:
    """A patient whose baseline is open, with nothing sent yet."""
    with app.app_context():
        yield enrol()


def browser_of(app: Flask, patient: Enrolled, role: str = "admin") -> FlaskClient:
    logins = {role: f"{role}-{patient.clinic_id.hex[-12:]}"}
    return signed_in(app, MadeClinic(patient.clinic_id, logins), role)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def add(browser: FlaskClient, day: str, name: str = "Founders' day") -> tuple[int, str]:
    token = token_of(browser.get("/settings", base_url=SITE).text)
    form = {"on_date": day, "name": name, "csrf_token": token}
    reply = browser.post("/settings/holidays", data=form, base_url=SITE)
    return reply.status_code, reply.text


def holidays(patient: Enrolled) -> list[date]:
    with clinic_session(patient.clinic_id) as session:
        return list(session.scalars(select(ClinicHoliday.on_date).order_by(ClinicHoliday.on_date)))


def today_of(patient: Enrolled) -> date:
    with clinic_session(patient.clinic_id) as session:
        return app_now(session).date()


def test_an_admin_adds_and_removes_a_holiday_and_the_audit_tells(app: Flask, patient: Enrolled) -> None:
    browser, day = browser_of(app, patient), today_of(patient) + timedelta(days=30)
    assert add(browser, day.isoformat())[0] == 303
    page = browser.get("/settings", base_url=SITE).text
    assert "Founders&#39; day" in page
    assert holidays(patient) == [day]
    form = {"on_date": day.isoformat(), "csrf_token": token_of(page)}
    assert browser.post("/settings/holidays/remove", data=form, base_url=SITE).status_code == 303
    assert holidays(patient) == []
    with clinic_session(patient.clinic_id) as session:
        told = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action == "settings_changed")))
    assert len(told) == 2


@pytest.mark.parametrize("day", ["", "soon", "1900-01-01", "9999-12-31", "2026-02-30", "0000-00-00"])
def test_a_day_that_cannot_be_is_refused_with_a_sentence(app: Flask, patient: Enrolled, day: str) -> None:
    status, page = add(browser_of(app, patient), day)
    assert status == 422
    assert 'id="on_date-error"' in page
    assert holidays(patient) == []


def test_a_day_that_a_colleague_adds_at_that_moment_is_refused_with_a_sentence(
    app: Flask, patient: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, day = browser_of(app, patient), today_of(patient) + timedelta(days=30)

    def colleague(_day: date) -> None:
        with clinic_session(patient.clinic_id) as session:
            session.add(ClinicHoliday(clinic_id=patient.clinic_id, id=uuid7(), on_date=day, name="Closed"))
            session.commit()

    monkeypatch.setattr("surveys.views.holidays._problem", colleague)
    status, page = add(browser, day.isoformat())
    assert status == 422
    assert "This day is on the list already." in page
    assert holidays(patient) == [day]


def test_a_day_on_the_list_is_not_added_twice(app: Flask, patient: Enrolled) -> None:
    browser, day = browser_of(app, patient), today_of(patient) + timedelta(days=30)
    assert [add(browser, day.isoformat())[0] for _ in range(2)] == [303, 422]
    assert holidays(patient) == [day]


def test_weekends_are_a_choice_on_the_settings_page(app: Flask, patient: Enrolled) -> None:
    browser = browser_of(app, patient)
    page = browser.get("/settings", base_url=SITE).text
    assert re.search(r'name="send_on_weekends"[^>]* checked', page)
    form = {
        "sender_name": "Riverside Clinic",
        "reply_to": "desk@riverside.example",
        "phone": "+44 20 7946 0000",
        "csrf_token": token_of(page),
    }
    assert browser.post("/settings", data=form, base_url=SITE).status_code == 303
    with clinic_session(patient.clinic_id) as session:
        assert not session.get_one(Clinic, patient.clinic_id).send_on_weekends


def test_the_preview_names_who_is_written_to_and_is_noted_in_the_audit(app: Flask, patient: Enrolled) -> None:
    browser = browser_of(app, patient, "coordinator")
    page = browser.get(f"/messages/preview?on={today_of(patient)}", base_url=SITE).text
    assert "Ana" in page
    assert "no. 1" in page
    assert "Invitation" in page
    assert "for someone who has not begun" in page
    with clinic_session(patient.clinic_id) as session:
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("%view%"))).first()
        assert session.scalars(select(Patient.number)).one() == 1
    assert patient.states()[0] == ("invitation", "planned")


def test_the_preview_of_tomorrow_says_why_nothing_goes(app: Flask, patient: Enrolled) -> None:
    page = browser_of(app, patient, "coordinator").get("/messages/preview", base_url=SITE).text
    assert "No message goes on this day." in page
    assert "nothing is due on this day" in page


@pytest.mark.parametrize("day", ["", "soon", "1900-01-01", "9999-12-31", "2026-13-01"])
def test_a_day_that_cannot_be_foreseen_is_refused_with_a_sentence(app: Flask, patient: Enrolled, day: str) -> None:
    reply = browser_of(app, patient, "coordinator").get(f"/messages/preview?on={day}", base_url=SITE)
    assert reply.status_code == 422
    assert "Choose a day from today to ten years ahead." in reply.text


def test_the_command_tells_the_same(app: Flask, patient: Enrolled) -> None:
    runner = app.test_cli_runner()
    with clinic_session(patient.clinic_id) as session:
        code = session.get_one(Clinic, patient.clinic_id).code
    told = runner.invoke(args=["messages", "preview", "--on", today_of(patient).isoformat(), "--clinic", code])
    assert told.exit_code == 0, told.output
    assert "1 messages, 0 tasks for staff" in told.output
    assert re.search(r"patient 1 .*baseline: Invitation", told.output)
    wrong = runner.invoke(args=["messages", "preview", "--on", "1900-01-01", "--clinic", code])
    assert (wrong.exit_code, "Choose a day" in wrong.output) == (2, True)
    nowhere = runner.invoke(args=["messages", "preview", "--on", "2030-01-01", "--clinic", "nowhere"])
    assert (nowhere.exit_code, "There is no clinic" in nowhere.output) == (2, True)
