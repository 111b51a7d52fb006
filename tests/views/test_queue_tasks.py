"""Lines of the work queue that come and go by themselves: what opens a task, brings it back or closes it."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import (
    Clinic,
    Episode,
    Patient,
    StaffTask,
    Visit,
)
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.closing import close_windows
from surveys.pathway.endings import record_ending
from tasks.retention import retain_clinic
from tests.staff_browser import SITE
from tests.tasks.enrolled import Enrolled
from tests.views.queue_hands import browser_of, log, read, task, tried


def test_a_new_reason_brings_the_line_back_before_its_next_try(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    assert log(browser, unreached, "promised", next_try_on=days_on(app, unreached, 60)).status_code == 303
    assert "Nobody has to be called." in read(browser)
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        ask_staff(session, unreached.clinic_id, unreached.visit_id, "birth_year", now=app_now(session))
        session.commit()
    page = read(browser)
    assert "Nobody has to be called." not in page
    assert "Call, make sure who is speaking, then give a new link." in page


def days_on(app: Flask, patient: Enrolled, days: int) -> str:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        return (app_now(session).date() + timedelta(days=days)).isoformat()


def test_a_refusal_leaves_the_question_who_guessed_at_the_link(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        ask_staff(session, unreached.clinic_id, unreached.visit_id, "birth_year", now=app_now(session))
        session.commit()
    assert log(browser, unreached, "declined").status_code == 303
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        outcomes = dict(session.execute(select(StaffTask.kind, StaffTask.outcome)).all())
    assert outcomes == {"no_channel": "declined", "birth_year": None}
    assert "Wrong year of birth closed the link" in read(browser)


def test_what_outlived_its_visit_is_closed_at_night(app: Flask, unreached: Enrolled) -> None:
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        now = app_now(session)
        retain_clinic(str(unreached.clinic_id))
        assert session.scalars(select(StaffTask.outcome)).one() is None, "the visit is open"
        session.execute(update(Visit).values(closed_at=now))  # as before closing a window closed its tasks
        ask_staff(session, unreached.clinic_id, unreached.visit_id, "erasure_wish", now=now)
        session.commit()
        retain_clinic(str(unreached.clinic_id))
        outcomes = dict(session.execute(select(StaffTask.kind, StaffTask.outcome)).all())
    assert outcomes == {"no_channel": "window_closed", "erasure_wish": None}


def test_a_task_closes_when_the_window_does_and_when_follow_up_stops(app: Flask, unreached: Enrolled) -> None:
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        clinic, visit = session.get_one(Clinic, unreached.clinic_id), session.get_one(Visit, unreached.visit_id)
        assert close_windows(session, clinic, now=visit.closes_at) == 1
        assert session.scalars(select(StaffTask.outcome)).one() == "window_closed"
        session.rollback()
        now, episode = app_now(session), session.get_one(Episode, unreached.episode_id)
        record_ending(session, clinic, episode, "lost", now.date(), reason=None, actor=SYSTEM, now=now)
        assert session.scalars(select(StaffTask.outcome)).one() == "lost"


def test_a_call_that_comes_after_the_end_of_follow_up_opens_nothing_again(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        now, episode = app_now(session), session.get_one(Episode, unreached.episode_id)
        clinic = session.get_one(Clinic, unreached.clinic_id)
        record_ending(session, clinic, episode, "died", now.date(), reason=None, actor=SYSTEM, now=now)
        session.commit()
    late = log(browser, unreached, "no_answer")
    assert late.status_code == 409
    assert "this visit is done with, so nobody has to call" in late.text
    assert (task(app, unreached).outcome, tried(app, unreached)) == ("died", [])


def test_a_mended_address_settles_its_task_and_a_new_number_brings_a_new_try(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    assert log(browser, unreached, "wrong_number").status_code == 303
    assert "Next try on another day" in read(browser)
    change(browser, app, unreached, phone="+44 20 7946 0999")
    page = read(browser)
    assert "Call, and offer to ask the questions on the telephone." in page
    assert "The telephone number was changed" in page
    assert task(app, unreached).closed_at is None
    change(browser, app, unreached, channel="email", contact_email="y")
    assert task(app, unreached).outcome == "details_changed"
    assert "Nobody has to be called." in read(browser), "the reminders go by themselves"


def change(browser: FlaskClient, app: Flask, patient: Enrolled, **typed: str) -> None:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        patient_id = session.scalars(select(Patient.id)).one()
    path = f"/patients/{patient_id}/details"
    page = read(browser, path)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    known = dict(
        re.findall(r'name="(chart_number|first_name|surname|email|phone)" type="[a-z]+" value="([^"]*)"', page)
    )
    usual = {"language": "en", "channel": "none", "contact_phone": "y", "csrf_token": token[1]}
    assert browser.post(path, data=usual | known | typed, base_url=SITE).status_code == 303


def test_a_wish_to_be_erased_stands_apart_and_outlives_an_ending(app: Flask, unreached: Enrolled) -> None:
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        session.execute(update(StaffTask).values(kind="erasure_wish"))
        now, episode = app_now(session), session.get_one(Episode, unreached.episode_id)
        clinic = session.get_one(Clinic, unreached.clinic_id)
        record_ending(session, clinic, episode, "consent_withdrawn", now.date(), reason=None, actor=SYSTEM, now=now)
        session.commit()
    page = read(browser_of(app, unreached))
    assert "Answer the wish" in page
    assert "Start interview" not in page
