"""Past answers from a file: long and wide, a report by line, scored at once, and nothing changes the second time."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.db import clinic_session
from surveys.models import Answer, AuditEvent, Clinic, Response, Score, Visit
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic, make_clinic
from tests.page_forms import forms_of
from tests.staff_browser import SITE, signed_in

ADDRESS = "/patients/import-answers"
ENROLLED = datetime(2024, 1, 5, 10, 0, tzinfo=UTC)
_charts = count(1)


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic(now=ENROLLED)


@pytest.fixture(scope="module")
def coordinator(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "coordinator")


@pytest.fixture
def chart(app: Flask, clinic: MadeClinic) -> str:
    """A patient treated in January 2024, whose windows are over and who answered nothing."""
    number = f"P-{next(_charts)}"
    with app.app_context(), clinic_session(clinic.id) as session:
        home = session.get_one(Clinic, clinic.id)
        protocol = protocol_store.load(session, home.id, bundled_protocols()["spine"].source, "spine", now=ENROLLED)
        details = PatientDetails(number, "Ana", f"Past {number}", channel="none")
        how: dict[str, Any] = {"actor": SYSTEM, "now": ENROLLED}
        patient = add_patient(session, app.extensions["vault"], home, details, frozenset(), **how)
        opened = EpisodeDetails("treated", "facet", ENROLLED.date())
        episode = open_episode(session, home, patient, protocol, opened, **how)
        treatment = plan_treatment(session, home, episode, TreatmentDetails(date(2024, 1, 5), "prp"), **how)
        settle_treatment(session, home, treatment, "done", **how)
        session.commit()
    return number


def post(browser: FlaskClient, address: str, **typed: str) -> tuple[int, str]:
    page = browser.get(ADDRESS, base_url=SITE).text
    token = next(form.value("csrf_token") for form in forms_of(page) if form.action == ADDRESS)
    reply = browser.post(address, base_url=SITE, data={**typed, "csrf_token": token}, follow_redirects=True)
    return reply.status_code, reply.text


def look(browser: FlaskClient, *lines: str, **more: str) -> str:
    return post(browser, ADDRESS, text="\n".join(lines), **more)[1]


def store(browser: FlaskClient, *lines: str, **more: str) -> tuple[int, str]:
    return post(browser, f"{ADDRESS}/store", text="\n".join(lines), agreed="yes", **more)


def kept(
    app: Flask, clinic: MadeClinic, timepoint: str = "baseline"
) -> tuple[Visit, Sequence[Response], Sequence[Score]]:
    """The newest visit that has imported answers."""
    with app.app_context(), clinic_session(clinic.id) as session:
        wanted = select(Visit).join(Response, Response.visit_id == Visit.id).where(Visit.timepoint == timepoint)
        visit = session.scalars(wanted.order_by(Response.id.desc()).limit(1)).one()
        responses = session.scalars(select(Response).where(Response.visit_id == visit.id)).all()
        scores = session.scalars(select(Score).where(Score.response_id.in_([each.id for each in responses]))).all()
        return visit, responses, scores


def rows(app: Flask, clinic: MadeClinic) -> list[UUID]:
    """Every answer, score and act."""
    with app.app_context(), clinic_session(clinic.id) as session:
        acts = select(AuditEvent.id).where(AuditEvent.action != "viewed")
        return [*session.scalars(select(Answer.id)), *session.scalars(select(Score.id)), *session.scalars(acts)]


def wide(chart: str) -> tuple[str, str]:
    return "chart_number,timepoint,answered_on,nrs11_active,nrs11_resting", f"{chart},baseline,2024-01-05,7,declined"


def test_a_wide_file_is_stored_final_and_scored(
    app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str
) -> None:
    assert "1 visit is new." in look(coordinator, *wide(chart))
    status, page = store(coordinator, *wide(chart))
    assert (status, "The answers of 1 visit are taken in and scored" in page) == (200, True)
    visit, (response,), scores = kept(app, clinic)
    assert (response.mode, response.finality) == ("imported", "submitted")
    assert response.finalised_at == visit.submitted_at == datetime(2024, 1, 5, 12, 0, tzinfo=UTC)
    assert {score.scale: score.value for score in scores} == {"nrs_active": 7, "nrs_resting": None}
    with app.app_context(), clinic_session(clinic.id) as session:
        declined = session.scalars(select(Answer).where(Answer.response_id == response.id, Answer.item == "resting"))
        assert declined.one().status == "declined"
        acts = select(AuditEvent.action).where(AuditEvent.subject_id == visit.id)
        assert {"submitted", "answers_imported"} <= set(session.scalars(acts))


def test_the_same_file_twice_changes_nothing(
    app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str
) -> None:
    store(coordinator, *wide(chart))
    before = rows(app, clinic)
    assert "0 visits are new. 1 stands here already" in look(coordinator, *wide(chart))
    store(coordinator, *wide(chart))
    assert rows(app, clinic) == before


def test_a_long_file_reads_the_same(app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str) -> None:
    head = "chart;visit;date;instrument;item;value"
    lines = [f"{chart};m3;2024-04-05;odi;{item};2" for item in ("sitting", "walking", "lifting")]
    status, _page = store(coordinator, head, *lines, f"{chart};m3;2024-04-05;nrs11;active;4")
    assert status == 200
    _visit, responses, scores = kept(app, clinic, "m3")
    assert {response.instrument for response in responses} == {"odi", "nrs11"}
    found = {score.scale: score.value for score in scores}
    assert (found["nrs_active"], found["odi"]) == (4, None)  # three sections of ten give no score


def test_a_column_of_another_name_is_mapped_by_hand(
    app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str
) -> None:
    lines = ("id,when,ache", f"{chart},baseline,6")
    assert "No column is said to hold this" in look(coordinator, *lines)
    chosen = {"role-0": "chart_number", "role-1": "timepoint", "role-2": "item:nrs11.active"}
    assert "1 visit is new." in look(coordinator, *lines, **chosen)
    store(coordinator, *lines, **chosen)
    visit, _responses, scores = kept(app, clinic)
    assert {score.scale: score.value for score in scores}["nrs_active"] == 6
    assert visit.submitted_at is not None  # without a date, noon of the day it was due


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{chart},baseline,2024-01-05,11,2", "11 is no answer here: a whole number from 0 to 10"),
        ("{chart},baseline,soon,7,2", "soon is no date"),
        ("{chart},m99,2024-01-05,7,2", "The patient has no visit at m99"),
        ("nobody,baseline,2024-01-05,7,2", "There is no patient of this number"),
        ("{chart},baseline,2999-01-05,7,2", "has not come yet"),
        (",baseline,2024-01-05,7,2", "Nothing says whose line it is"),
        ("{chart},baseline,2024-01-05,7", "It has 4 cells; the first line names 5"),
        ("{chart},y1,2024-01-05,=7,2", "is no answer here"),
        ("{chart},baseline,2024-02-30,7,2", "2024-02-30 is no date"),
        ("{chart},baseline,1024-01-05,7,2", "too long ago"),
        (
            "{chart},baseline,2024-01-05,7,2\n{chart},baseline,2030-01-05,7,2",
            "line says 2024-01-05 of the same",
        ),
        ("{chart},baseline,2024-01-05,7,2\n{chart},baseline,2024-01-05,8,2", "Another line gives another answer"),
    ],
)
def test_every_line_that_cannot_be_taken_in_is_told_of(
    app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str, line: str, said: str
) -> None:
    head, _line = wide(chart)
    before = rows(app, clinic)
    page = look(coordinator, head, line.format(chart=chart))
    assert said in page
    status, _page = store(coordinator, head, line.format(chart=chart))
    assert status == 422
    assert rows(app, clinic) == before


def test_another_answer_than_the_one_that_stands_is_no_matter_of_a_file(coordinator: FlaskClient, chart: str) -> None:
    head, line = wide(chart)
    store(coordinator, head, line)
    assert "these differ" in look(coordinator, head, line.replace(",7,", ",8,"))


def test_the_good_visits_are_taken_in_without_the_others(
    app: Flask, clinic: MadeClinic, coordinator: FlaskClient, chart: str
) -> None:
    head, line = wide(chart)
    bad = f"{chart},m3,2024-04-05,99,1"
    assert store(coordinator, head, line, bad)[0] == 422
    assert store(coordinator, head, line, bad, which="good")[0] == 200
    assert kept(app, clinic)[0].submitted_at == datetime(2024, 1, 5, 12, 0, tzinfo=UTC)


def test_nothing_is_taken_in_without_the_word_that_patients_agreed(coordinator: FlaskClient, chart: str) -> None:
    status, page = post(coordinator, f"{ADDRESS}/store", text="\n".join(wide(chart)))
    assert (status, "agreed to take part" in page) == (422, True)


def test_a_long_file_tells_of_each_line_that_names_no_item(coordinator: FlaskClient, chart: str) -> None:
    head = "chart,visit,date,instrument,item,value"
    page = look(coordinator, head, f"{chart},m3,2024-04-05,odi,flying,2", f"{chart},m3,2024-04-05,nrs11,active,4")
    assert "odi.flying is no item of any questionnaire" in page or "flying is no item of any questionnaire" in page
    assert re.search(r'<th scope="row">.{0,80}2</th>', page)


def test_a_file_of_another_encoding_or_of_too_many_lines_is_refused_whole(coordinator: FlaskClient) -> None:
    head = "chart_number,timepoint,nrs11_active"
    for content, said in (
        (f"{head}\nGarc\u00eda,baseline,3".encode("latin-1"), "Save the table as CSV UTF-8"),
        ("\n".join([head, *["P-1,baseline,3"] * 20_001]).encode(), "more than 20000 lines"),
    ):
        page = coordinator.get(ADDRESS, base_url=SITE).text
        token = next(form.value("csrf_token") for form in forms_of(page) if form.action == ADDRESS)
        sent = {"csrf_token": token, "file": (io.BytesIO(content), "answers.csv")}
        reply = coordinator.post(ADDRESS, base_url=SITE, data=sent, content_type="multipart/form-data")
        assert (reply.status_code, said in reply.text) == (422, True)


def test_two_columns_cannot_hold_the_same(coordinator: FlaskClient, chart: str) -> None:
    roles = {f"role-{place}": "item:nrs11.active" for place in range(5)}
    status, page = post(coordinator, ADDRESS, text="\n".join(wide(chart)), **roles)
    assert (status, "no two hold the same" in page) == (422, True)


@pytest.mark.parametrize("text", ["", "a\0b", "chart_number,timepoint", '"a\nb'])
def test_what_is_no_table_is_refused_with_a_sentence(coordinator: FlaskClient, text: str) -> None:
    status, page = post(coordinator, ADDRESS, text=text)
    assert status == 422
    assert 'role="alert"' in page
