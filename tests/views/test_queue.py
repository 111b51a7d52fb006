"""The work queue over HTTP: who stands in it, why and in what order."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import (
    Clinic,
    Episode,
    Message,
    Patient,
    ProtocolVersion,
    StaffTask,
    Visit,
)
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.endings import record_ending
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.pathway.unscheduled import questionnaire_now
from surveys.people.patients import PatientDetails, add_patient
from surveys.schedule import add_months
from surveys.workqueue.calls import calls
from tasks.reminders import drain_clinic
from tests.tasks.enrolled import Enrolled, another_episode, enrol, enrol_beside
from tests.views.queue_hands import browser_of, give_number, log, read, task


def test_a_line_tells_whom_why_until_when_and_what_helps(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    page = read(browser)
    assert "Ruiz, Ana" in page
    assert 'href="tel:+442079460123"' in page
    assert "No message can be sent" in page
    assert "Wants no messages" in page
    assert "Call, and offer to ask the questions on the telephone." in page
    assert f"/visits/{unreached.visit_id}/enter?mode=interview" in page
    assert "1 patient to call today, and why" in read(browser, "/desk")


def test_the_desk_counts_patients_and_the_list_their_visits(app: Flask, unreached: Enrolled) -> None:
    with app.app_context():
        another_episode(unreached)
        drain_clinic(unreached.clinic_id)
    browser = browser_of(app, unreached)
    assert "1 patient to call today, and why" in read(browser, "/desk")
    assert '<span class="count">2</span>' in read(browser)


def test_who_may_not_be_called_is_shown_without_a_number(app: Flask) -> None:
    with app.app_context():
        patient = enrol(permitted=False)
        with clinic_session(patient.clinic_id) as session:
            give_number(app, session.scalars(select(Patient)).one())
            session.commit()
        drain_clinic(patient.clinic_id)
    page = read(browser_of(app, patient))
    assert "tel:" not in page
    assert "calls are not allowed" in page
    assert "ask at the next appointment" in page


@pytest.mark.parametrize("path", ["/queue", "/queue?reason=no_channel"])
def test_what_is_not_drawn_is_counted(
    app: Flask, unreached: Enrolled, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with app.app_context():
        for number in range(2):
            enrol_beside(unreached, number, channel="none")
        drain_clinic(unreached.clinic_id)
    monkeypatch.setattr("surveys.views.queue.DRAWN", 1)
    browser = browser_of(app, unreached)
    assert "and 2 more" in read(browser, path)
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        session.execute(update(StaffTask).values(next_try_on=app_now(session).date() + timedelta(days=3)))
        session.commit()
    assert re.search(r'Next try on another day <span class="count">3</span>', read(browser))
    assert "and 2 more" in read(browser)
    assert ("Nobody has to be called." in read(browser, path)) == ("reason" not in path)


def test_who_is_left_alone_appears_and_who_wants_no_reminders_does_not(app: Flask) -> None:
    with app.app_context():
        patient = enrol()
        browser = browser_of(app, patient)
        assert "Nobody has to be called." in read(browser), "messages are on their way"
        sent_all(patient)
    page = read(browser)
    assert "Nothing more is planned" in page
    assert log(browser, patient, "reached").status_code == 303
    assert task(app, patient).kind == "phone"
    with app.app_context():
        other = enrol()
        sent_all(other)
        with clinic_session(other.clinic_id) as session:
            now, episode = app_now(session), session.get_one(Episode, other.episode_id)
            clinic = session.get_one(Clinic, other.clinic_id)
            record_ending(session, clinic, episode, "reminders_stopped", now.date(), reason=None, actor=SYSTEM, now=now)
            session.commit()
    assert "Nobody has to be called." in read(browser_of(app, other))


def sent_all(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Message).values(state="sent", settled_at=app_now(session)))
        session.commit()


def test_a_task_about_a_visit_still_to_open_asks_for_another_way(app: Flask) -> None:
    with app.app_context():
        patient = enrol()
        with clinic_session(patient.clinic_id) as session:
            later = app_now(session) + timedelta(days=3)
            session.execute(update(Visit).values(opens_at=later))
            give_number(app, session.scalars(select(Patient)).one())
            ask_staff(session, patient.clinic_id, patient.visit_id, "no_channel", now=app_now(session))
            session.commit()
    page = read(browser_of(app, patient))
    assert "Ask how the patient can be written to, and change the details." in page
    assert "Start interview" not in page


def test_the_primary_timepoint_stands_before_a_window_that_ends_sooner(app: Flask) -> None:
    with app.app_context():
        soon = enrol()
        with clinic_session(soon.clinic_id) as session:
            now = app_now(session)
            clinic, version = session.get_one(Clinic, soon.clinic_id), session.scalars(select(ProtocolVersion)).one()
            for months in (1, 12, 3):
                _treated(app, session, clinic, version, months, now)
            session.execute(update(Visit).where(Visit.id == soon.visit_id).values(opens_at=now + timedelta(minutes=1)))
            unplanned = questionnaire_now(session, session.get_one(Episode, soon.episode_id), actor=SYSTEM, now=now)
            unplanned.closes_at = now + timedelta(minutes=1)
            session.execute(update(Visit).where(Visit.id == soon.visit_id).values(opens_at=now))
            session.execute(update(Message).values(state="sent", settled_at=now))
            found = calls(session, clinic, now=now)
            order = [call.visit.timepoint for call in found]
            assert order[0] == "m12"
            assert order[-1].startswith("unscheduled-"), "though its window ends first"
            found = found[:-1]
            order = order[:-1]
            assert {"m1", "m3", "baseline"} <= set(order)
            assert [call.primary for call in found] == [True] + [False] * (len(order) - 1)
            ends = [call.visit.closes_at for call in found[1:]]
            assert ends == sorted(ends)


def _treated(
    app: Flask, session: Session, clinic: Clinic, version: ProtocolVersion, months: int, now: datetime
) -> None:
    day = add_months(now.date(), -months)
    details = PatientDetails(f"T-{months}", "Tom", "Treated", email="tom@patients.example")
    permissions = frozenset({"contact_email"})
    patient = add_patient(session, app.extensions["vault"], clinic, details, permissions, actor=SYSTEM, now=now)
    story = EpisodeDetails(arm="treated", pain_generator="facet", enrolled_on=day)
    episode = open_episode(session, clinic, patient, version, story, actor=SYSTEM, now=now)
    treatment = plan_treatment(session, clinic, episode, TreatmentDetails(day, "prp"), actor=SYSTEM, now=now)
    settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=now)
