"""The work queue over HTTP: who stands in it and why, what logging a call does, and when a line goes by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin.staff import add_staff
from surveys.db import app_now, clinic_session, uuid7
from surveys.models import (
    AuditEvent,
    Clinic,
    ClinicHoliday,
    Episode,
    Message,
    Patient,
    ProtocolVersion,
    StaffTask,
    StaffTaskLog,
    Visit,
)
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.closing import close_windows
from surveys.pathway.endings import record_ending
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.pathway.unscheduled import questionnaire_now
from surveys.people.patients import PatientDetails, add_patient, contact, write_details
from surveys.schedule import add_months
from surveys.workqueue.attempts import Tried, usual_day
from surveys.workqueue.calls import calls
from tasks.reminders import drain_clinic
from tasks.retention import retain_clinic
from tests.factories import PASSWORD, MadeClinic
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled, another_episode, enrol, enrol_beside

PHONE = "+44 20 7946 0123"


@pytest.fixture
def unreached(app: Flask) -> Enrolled:
    """Ana, who wants no messages and may be called: her baseline has become a task."""
    with app.app_context():
        patient = enrol(channel="none")
        with clinic_session(patient.clinic_id) as session:
            give_number(app, session.scalars(select(Patient)).one())
            clinic = session.get_one(Clinic, patient.clinic_id)
            login = f"colleague-{patient.clinic_id.hex[-12:]}"
            add_staff(session, clinic, login, "Test colleague", "clinician", PASSWORD, now=app_now(session))
            session.commit()
        drain_clinic(patient.clinic_id)
    return patient


def give_number(app: Flask, patient: Patient) -> None:
    vault = app.extensions["vault"]
    write_details(vault, patient, replace(contact(vault, patient), phone=PHONE))


def browser_of(app: Flask, patient: Enrolled, who: str = "coordinator") -> FlaskClient:
    return signed_in(app, MadeClinic(patient.clinic_id, {who: f"{who}-{patient.clinic_id.hex[-12:]}"}), who)


def read(browser: FlaskClient, path: str = "/queue") -> str:
    reply = browser.get(path, base_url=SITE)
    assert reply.status_code == 200
    return reply.text


def log(browser: FlaskClient, patient: Enrolled, outcome: str, **typed: str) -> TestResponse:
    """Log a call as one who sees an empty log, unless ``seen`` says otherwise."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', read(browser))
    assert token
    form = {"csrf_token": token[1], "seen": "0", "outcome": outcome, **typed}
    return browser.post(f"/queue/{patient.visit_id}", data=form, base_url=SITE)


def task(app: Flask, patient: Enrolled) -> StaffTask:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        return session.scalars(select(StaffTask)).one()


def tried(app: Flask, patient: Enrolled) -> list[str | None]:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        return list(session.scalars(select(StaffTaskLog.outcome).order_by(StaffTaskLog.at)))


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


def test_one_click_logs_the_call_and_folds_the_line_away(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    assert 'value="no_answer"' in read(browser)
    assert log(browser, unreached, "no_answer").location == "/queue"
    page = read(browser)
    assert "Logged: No answer. Next try:" in page
    assert "Nobody has to be called." in page
    assert "Next try on another day" in page
    assert task(app, unreached).closed_at is None
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "attempt_logged")).one()
        assert (noted.subject, noted.subject_id, noted.actor_kind) == ("visit", unreached.visit_id, "staff")
        assert noted.new
        assert noted.new["outcome"] == "no_answer"
    assert "patients to call" not in read(browser, "/desk")


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


def test_of_two_who_call_at_once_the_second_is_told(app: Flask, unreached: Enrolled) -> None:
    first, second = browser_of(app, unreached), browser_of(app, unreached, "colleague")
    assert log(first, unreached, "voicemail").status_code == 303
    late = log(second, unreached, "no_answer")
    assert late.status_code == 409
    assert "a colleague logged a call to this patient in the meantime" in late.text
    assert "Left a message" in late.text
    assert log(first, unreached, "voicemail").status_code == 303, "a double click of one's own"
    assert tried(app, unreached) == ["voicemail"]
    assert log(second, unreached, "no_answer", seen="1").status_code == 303
    assert tried(app, unreached) == ["voicemail", "no_answer"]


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


def test_a_refusal_ends_the_calls_and_leads_to_the_endings(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    for _ in range(2):  # a double click
        assert "#endings-" in (log(browser, unreached, "declined", note="no time").location or "")
    closed = task(app, unreached)
    assert (closed.outcome, closed.closed_by is not None) == ("declined", True)
    assert "Ruiz" not in read(browser)
    assert log(browser, unreached, "no_answer", seen="1").status_code == 409
    assert tried(app, unreached) == ["declined"]


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


def test_a_wrong_number_leads_to_the_details_and_stays_in_the_queue(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    assert (log(browser, unreached, "wrong_number").location or "").endswith("/details")
    sheet = read(browser, f"/queue/{unreached.visit_id}")
    assert "Find the right telephone number first." in sheet
    assert "Wrong number" in sheet


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"outcome": "interviewed"}, "Choose how the call went."),
        ({"outcome": ""}, "Choose how the call went."),
        ({"next_try_on": "2020-01-01"}, "Choose a day from tomorrow on, within three months."),
        ({"next_try_on": "soon"}, "Not a valid date value."),
        ({"note": "x" * 501}, "cannot be longer"),
        ({"seen": "many"}, "How did it go?"),
    ],
)
def test_bad_input_is_said_and_logs_nothing(app: Flask, unreached: Enrolled, typed: dict[str, str], said: str) -> None:
    reply = log(browser_of(app, unreached), unreached, **({"outcome": "reached"} | typed))
    assert reply.status_code == 422
    assert said in reply.text
    assert tried(app, unreached) == []


def test_a_chosen_day_is_kept(app: Flask, unreached: Enrolled) -> None:
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        wanted = app_now(session).date() + timedelta(days=5)
    assert log(browser_of(app, unreached), unreached, "promised", next_try_on=wanted.isoformat()).status_code == 303
    assert task(app, unreached).next_try_on == wanted


def test_an_interview_begins_from_the_line_and_its_sending_closes_the_task(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    page = browser.get(f"/visits/{unreached.visit_id}/enter?mode=interview", base_url=SITE, follow_redirects=True)
    assert 'value="interview" checked' in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    consent = {"consent_version": "1", "signed_on": "2026-01-02"}
    form = {"csrf_token": token[1], "mode": "interview", "walking": "2", "send": "1", **consent}
    assert browser.post(f"/visits/{unreached.visit_id}/answers/odi", data=form, base_url=SITE).status_code == 303
    assert task(app, unreached).outcome == "interviewed"
    assert tried(app, unreached) == ["interviewed"]
    assert "Ruiz" not in read(browser)
    late = log(browser, unreached, "no_answer", seen="1")
    assert late.status_code == 409
    assert "the answers arrived in the meantime" in late.text


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


@pytest.mark.parametrize(
    ("outcome", "closed", "following"),
    [
        ("no_answer", [], date(2026, 11, 23)),  # from a Friday on
        ("no_answer", [date(2026, 11, 23)], date(2026, 11, 24)),
        ("voicemail", [], date(2026, 11, 23)),
        ("promised", [], date(2026, 11, 23)),
    ],
)
def test_the_usual_next_try_is_on_a_working_day(
    app: Flask, unreached: Enrolled, outcome: str, closed: list[date], following: date
) -> None:
    with app.app_context(), clinic_session(unreached.clinic_id) as session:
        clinic = session.get_one(Clinic, unreached.clinic_id)
        session.add_all(ClinicHoliday(clinic_id=clinic.id, id=uuid7(), on_date=day, name="closed") for day in closed)
        session.flush()
        friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
        assert usual_day(session, clinic, Tried(outcome), friday) == following
