"""An index date in 1900 or far ahead, and a zone nobody knows: refused with a sentence wherever they could enter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.exchange.patients_csv import preview
from surveys.models import Clinic, Episode, Patient, Treatment
from surveys.pathway.episodes import EpisodeError, TreatmentDetails, plan_treatment, settle_treatment
from surveys.protocols.loading import ProtocolError, bundled_protocols, parse_protocol
from tests.factories import MadeClinic
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled, enrol

YEARS = ("1900-01-01", "0001-01-01", "2206-03-01", "9999-12-31")
CHECK = "Check the year"


@pytest.fixture(scope="module")
def patient(app: Flask) -> Iterator[Enrolled]:
    """A patient with a planned treatment, which every test leaves as it is."""
    with app.app_context():
        enrolled = enrol()
        with clinic_session(enrolled.clinic_id) as session:
            clinic, episode = session.get_one(Clinic, enrolled.clinic_id), session.get_one(Episode, enrolled.episode_id)
            now = app_now(session)
            plan_treatment(session, clinic, episode, TreatmentDetails(now.date(), "prp"), actor=SYSTEM, now=now)
            session.commit()
        yield enrolled


@pytest.fixture(scope="module")
def browser(app: Flask, patient: Enrolled) -> FlaskClient:
    name = f"coordinator-{patient.clinic_id.hex[-12:]}"
    return signed_in(app, MadeClinic(patient.clinic_id, {"coordinator": name}), "coordinator")


def facts(patient: Enrolled) -> tuple[date | None, list[tuple[UUID, date, str]], int]:
    with clinic_session(patient.clinic_id) as session:
        rows = session.execute(select(Treatment.id, Treatment.on_date, Treatment.state)).all()
        patients = session.scalar(select(func.count()).select_from(Patient)) or 0
        return session.get_one(Episode, patient.episode_id).index_date, [(r[0], r[1], r[2]) for r in rows], patients


def post(browser: FlaskClient, path: str, **typed: str) -> tuple[int, str]:
    page = browser.get("/patients/new", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    reply = browser.post(path, data={**typed, "csrf_token": token[1]}, base_url=SITE)
    return reply.status_code, reply.text


@pytest.mark.parametrize("day", YEARS)
def test_every_form_with_the_day_of_a_treatment_says_what_to_do(
    browser: FlaskClient, patient: Enrolled, day: str
) -> None:
    before = facts(patient)
    treatment = before[1][0][0]
    said = [
        post(browser, f"/episodes/{patient.episode_id}/treatments", treatment_on=day, product="prp"),
        post(browser, f"/treatments/{treatment}", state="done", on_date=day),
        post(browser, f"/treatments/{treatment}", state="cancelled", on_date=day),
        post(browser, f"/episodes/{patient.episode_id}/index-date", on_date=day, reason="a slip"),
    ]
    assert [status for status, _page in said] == [422] * 4
    assert [bool(re.search("Check the|Enter the day", page)) for _status, page in said] == [True] * 4
    assert facts(patient) == before


@pytest.mark.parametrize("day", YEARS)
def test_below_the_forms_it_is_refused_too(patient: Enrolled, day: str) -> None:
    with clinic_session(patient.clinic_id) as session:
        clinic, episode = session.get_one(Clinic, patient.clinic_id), session.get_one(Episode, patient.episode_id)
        now, wrong = app_now(session), date.fromisoformat(day)
        with pytest.raises(EpisodeError, match=CHECK):
            plan_treatment(session, clinic, episode, TreatmentDetails(wrong, "prp"), actor=SYSTEM, now=now)
        treatment = session.scalars(select(Treatment)).one()
        for state in ("done", "cancelled"):
            with pytest.raises(EpisodeError, match=CHECK):
                settle_treatment(session, clinic, treatment, state, on_date=wrong, actor=SYSTEM, now=now)
        session.rollback()


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("enrolled_on", "1900-01-01", "1990 or later"),
        ("treatment_on", "1900-01-01", "Check this date"),
        ("treatment_on", "9999-12-31", "Check this date"),
        ("time_zone", "Mars/Base", "not a time zone"),
        ("time_zone", "../../etc/passwd", "not a time zone"),
        ("time_zone", "localtime", "not a time zone"),
        ("time_zone", "EST5EDT", "not a time zone"),
        ("time_zone", "Etc/GMT+3", "not a time zone"),
    ],
)
def test_a_line_of_a_file_with_such_a_day_or_zone_is_told_and_not_taken(
    app: Flask, patient: Enrolled, column: str, value: str, sentence: str
) -> None:
    header = f"chart_number,first_name,surname,arm,pain_generator,email,contact_email,{column}"
    text = f"{header}\nA-1,Ann,One,treated,facet,ann@example.org,yes,{value}"
    with app.test_request_context(), clinic_session(patient.clinic_id) as session:
        clinic, now = session.get_one(Clinic, patient.clinic_id), app_now(session)
        (line,) = preview(session, app.extensions["vault"], clinic, text, now=now)
    assert line.wish is None
    assert sentence in str(line.problem)


@pytest.mark.parametrize("offset", ["years = 1900", "months = 521", "weeks = -1", "years = 99999999999999999999"])
def test_a_protocol_with_an_offset_beyond_all_lives_is_refused_by_its_key(offset: str) -> None:
    text = bundled_protocols()["spine"].source.replace("months = 3\n", f"{offset}\n", 1)
    with pytest.raises(ProtocolError, match=offset.partition(" ")[0]):
        parse_protocol(text, "own.toml")
