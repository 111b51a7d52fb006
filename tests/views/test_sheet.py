"""The patient sheet over HTTP, the goal on it, and what an episode treats and who treats it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.db import clinic_session, db
from surveys.demo import case_reports
from surveys.models import AuditEvent, Episode, Goal, GoalRating, Patient, Staff
from tests.outcomes.study import BEGIN, lay, life, nrs
from tests.page_forms import form_to
from tests.views.test_enrolment import Desk, sign_in

HEADER = "chart_number,first_name,surname,arm,pain_generator,diagnosis,clinician"


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    """A desk with one patient."""
    with app.app_context():
        return sign_in(app)


@pytest.fixture(scope="module")
def path(desk: Desk) -> str:
    """The page of the patient, treated for M51.1 by the clinic's clinician."""
    return desk.enrol(diagnosis="m51.1", clinician=desk.clinic.logins["clinician"])


def episode_id(app: Flask, desk: Desk) -> str:
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        return str(session.scalars(select(Episode.id).order_by(Episode.id)).first())


def test_the_patients_page_shows_diagnosis_and_clinician_and_leads_to_the_sheet(desk: Desk, path: str) -> None:
    page = desk.client.get(path).text
    assert "M51.1" in page
    assert "Test clinician" in page
    assert f'href="{path}/sheet"' in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [({"diagnosis": "slipped disc"}, "This is not an ICD-10 code"), ({"clinician": "nobody"}, "No clinician here")],
)
def test_a_wrong_diagnosis_or_clinician_is_a_sentence(desk: Desk, path: str, typed: dict[str, str], told: str) -> None:
    assert path
    reply = desk.post("/patients/new", chart_number="C-90", first_name="A", surname="B", arm="treated", **typed)
    assert reply.status_code == 422
    assert told in reply.text
    reply = desk.post(
        "/patients/import", text=f"{HEADER}\nC-91,A,B,treated,facet,{typed.get('diagnosis', '')},nobody\n"
    )
    assert "No clinician here" in reply.text


def test_a_file_brings_diagnosis_and_clinician(app: Flask, desk: Desk, path: str) -> None:
    login = desk.clinic.logins["clinician"]
    assert path
    assert (
        desk.post("/patients/import/enrol", text=f"{HEADER}\nC-92,Ida,Ito,treated,facet,M47.8,{login}\n").status_code
        == 303
    )
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        episode = session.scalars(select(Episode).where(Episode.diagnosis == "M47.8")).one()
        assert session.get_one(Staff, episode.clinician_id).login == login


def test_diagnosis_and_clinician_are_corrected_with_audit(app: Flask, desk: Desk, path: str) -> None:
    action = f"/episodes/{episode_id(app, desk)}/care"
    assert form_to(desk.client.get(path).text, action).value("diagnosis") == "M51.1"
    wrong = desk.post(action, diagnosis="back")
    assert wrong.status_code == 422
    assert "This is not an ICD-10 code" in wrong.text
    assert desk.post(action, diagnosis="M48.0", clinician="", reason="read the images again").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "care_corrected")).one()
        assert event.old == {"diagnosis": "M51.1", "clinician": "Test clinician"}
        assert event.new == {"diagnosis": "M48.0", "clinician": None}
        assert event.reason == "read the images again"


def test_the_goal_is_set_rated_and_shown(app: Flask, desk: Desk, path: str) -> None:
    episode = episode_id(app, desk)
    assert desk.post(f"/episodes/{episode}/goal", words="").status_code == 422
    reply = desk.post(f"/episodes/{episode}/goal", words="Dance at the wedding <i>")
    assert reply.status_code == 303
    page = desk.client.get(f"{path}/sheet").text
    assert "“Dance at the wedding &lt;i&gt;”" in page
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        goal = session.scalars(select(Goal)).one()
    for typed in ({"rating": "11"}, {"rating": ""}, {"rating": "5", "on_date": "1999-01-01"}):
        refused = desk.post(f"/goals/{goal.id}/ratings", **{"mode": "interview", **typed})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert desk.post(f"/goals/{goal.id}/ratings", rating="6", mode="interview").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(GoalRating.rating)).all() == [6]
    assert "Dance at the wedding" in desk.client.get(f"{path}/sheet.txt").text


def test_the_text_for_the_chart_is_plain_and_without_the_name(desk: Desk, path: str) -> None:
    page, file = desk.client.get(f"{path}/sheet"), desk.client.get(f"{path}/sheet.txt")
    assert file.mimetype == "text/plain"
    assert "attachment" in file.headers["Content-Disposition"]
    assert "Núñez" not in file.text
    area = re.search(r"<textarea[^>]* readonly[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert area
    assert area[1].splitlines()[0] == file.text.splitlines()[0]


def test_the_case_report_names_nobody_in_its_text(desk: Desk, path: str) -> None:
    page = desk.client.get(f"{path}/case-report").text
    assert "Internal." in page
    assert "Núñez" not in page


@pytest.fixture(scope="module")
def reports(app: Flask) -> list[str]:
    """The pages of the two case reports of Darrow 2018."""
    with app.app_context():
        own = sign_in(app, "clinician")
        lay(db.engine, own.clinic.id, list(case_reports.lives(BEGIN)), "case_series")
        with clinic_session(own.clinic.id) as session:
            ids = session.scalars(select(Patient.id).order_by(Patient.number)).all()
    return [own.client.get(f"/patients/{patient_id}/case-report").text for patient_id in ids]


def rows_of(page: str) -> dict[str, list[str]]:
    """The page's rows by visit: pain at rest, pain when active, functionality, improvement."""
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', page, re.DOTALL)
    cells = {visit: re.findall(r'<td class="number">(.*?)</td>', row) for visit, row in rows}
    return {visit: [re.sub("<[^>]+>", "", cell) for cell in found[1:]] for visit, found in cells.items()}


MISSING = "missing"


@pytest.mark.parametrize(
    ("number", "visit", "cells"),
    [
        (0, "Baseline", ["1 of 10", "5 of 10", "33 of 40", "not asked"]),
        (0, "2 weeks", [MISSING, MISSING, MISSING, "90 %"]),
        (0, "12 months", ["0 of 10", "0 of 10", "39 of 40", MISSING]),
        (1, "Baseline", ["3 of 10", "6 of 10", "17 of 40", "not asked"]),
        (1, "2 weeks", [MISSING, MISSING, MISSING, "75 %"]),
        (1, "18 months", ["0 of 10", "2 of 10", "34 of 40", "90 %"]),
    ],
)
def test_the_published_case_reports_are_read_on_the_page(
    reports: list[str], number: int, visit: str, cells: list[str]
) -> None:
    """Darrow 2018: 1, 5, 33 to 0, 0, 39; 3, 6, 17 to 0, 2, 34 after four treatments within 146 days."""
    assert rows_of(reports[number])[visit] == cells
    assert "4 treatments within 146 days" in reports[1]


@pytest.fixture(scope="module")
def studied(app: Flask) -> tuple[Desk, str]:
    """A clinic of its own with a patient whose name cannot be opened, and the address of the patient."""
    with app.app_context():
        own = sign_in(app, "clinician")
        lay(db.engine, own.clinic.id, [life(1, replies={"baseline": nrs(7), "m3": nrs(3)})])
        with clinic_session(own.clinic.id) as session:
            return own, f"/patients/{session.scalars(select(Patient.id)).one()}"


def test_the_numbers_are_one_file(studied: tuple[Desk, str]) -> None:
    own, path = studied
    reply = own.client.get(f"{path}/sheet.csv")
    assert reply.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    active = {row["visit"]: (row["value"], row["change"]) for row in rows if row["scale"] == "nrs_active"}
    assert active["Baseline"] == ("7.0", "")
    assert active["3 months"] == ("3.0", "4 better")
    assert active["12 months"] == ("", "")


def test_a_measures_drawing_is_a_file_and_one_that_there_is_not_is_404(studied: tuple[Desk, str]) -> None:
    own, path = studied
    reply = own.client.get(f"{path}/sheet/nrs_active.svg")
    assert (reply.status_code, reply.mimetype) == (200, "image/svg+xml")
    assert "Pain during activity" in reply.text
    missing = own.client.get(f"{path}/sheet/odi.svg")
    assert (missing.status_code, "no score on that scale" in missing.text) == (404, True)


@pytest.mark.parametrize("page", ["sheet", "sheet.txt", "sheet.csv", "sheet/odi.svg", "case-report"])
def test_an_episode_that_there_is_not_is_404(desk: Desk, path: str, page: str) -> None:
    reply = desk.client.get(f"{path}/{page}?episode=none")
    assert reply.status_code == 404


def test_looking_at_the_sheet_is_in_the_audit(app: Flask, desk: Desk, path: str) -> None:
    desk.client.get(f"{path}/sheet")
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        patient = session.scalars(select(Patient).order_by(Patient.number)).first()
        viewed = session.scalars(select(AuditEvent).where(AuditEvent.action == "viewed")).all()
        assert patient
        assert any((event.new or {}).get("page") == "sheet.show" for event in viewed)
