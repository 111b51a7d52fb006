"""Calls logged in the work queue: what each outcome does, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.db import app_now, clinic_session, uuid7
from surveys.models import (
    AuditEvent,
    Clinic,
    ClinicHoliday,
)
from surveys.workqueue.attempts import Tried, usual_day
from tests.staff_browser import SITE
from tests.tasks.enrolled import Enrolled
from tests.views.queue_hands import browser_of, log, read, task, tried


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


def test_a_refusal_ends_the_calls_and_leads_to_the_endings(app: Flask, unreached: Enrolled) -> None:
    browser = browser_of(app, unreached)
    for _ in range(2):  # a double click
        assert "#endings-" in (log(browser, unreached, "declined", note="no time").location or "")
    closed = task(app, unreached)
    assert (closed.outcome, closed.closed_by is not None) == ("declined", True)
    assert "Ruiz" not in read(browser)
    assert log(browser, unreached, "no_answer", seen="1").status_code == 409
    assert tried(app, unreached) == ["declined"]


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
