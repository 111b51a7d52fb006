"""A coordinator at the desk: enrolling, treating, ending, entering answers; the second clinic sees nothing."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from scoring.instrument import load_instruments
from surveys.db import app_now, clinic_session
from surveys.models import Answer, Ending, Episode, Patient, Response, Score, Treatment, Visit
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import PASSWORD, MadeClinic, make_clinic

PERSON = {
    "chart_number": "C-77",
    "first_name": "Ana",
    "surname": "Núñez <b>",
    "email": "ana@example.org",
    "birth_year": "1970",
    "sex": "female",
    "language": "en",
    "channel": "email",
    "contact_email": "y",
    "protocol": "spine",
    "arm": "treated",
    "pain_generator": "disc_herniation",
    "product": "prp",
}
SIGNED = {"consent_version": "1", "signed_on": "2026-01-04"}
BASELINE = ("odi", "nrs11", "eq5d3l", "functionality")


@dataclass
class Desk:
    """A signed-in browser of one clinic."""

    client: FlaskClient
    clinic: MadeClinic

    def post(self, path: str, **typed: str) -> TestResponse:
        page = self.client.get("/patients/new").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **typed})

    def enrol(self, **typed: str) -> str:
        """Enrol and return the path of the patient's page."""
        reply = self.post("/patients/new", **PERSON | typed)
        assert reply.status_code == 303, reply.get_data(as_text=True)
        return reply.location

    def visit(self, timepoint: str = "baseline") -> Visit:
        with clinic_session(self.clinic.id) as session:
            return session.scalars(select(Visit).where(Visit.timepoint == timepoint)).one()


def sign_in(app: Flask, role: str = "coordinator") -> Desk:
    """A new clinic with the registry's protocol, and a browser signed in to it."""
    made = make_clinic()
    with clinic_session(made.id) as session:
        source = bundled_protocols()["spine"].source
        protocol_store.load(session, made.id, source, "spine.toml", now=app_now(session))
        session.commit()
    client = app.test_client()
    page = client.get("/login", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    typed = {"login": made.logins[role], "password": PASSWORD, "csrf_token": token[1]}
    client.environ_base["wsgi.url_scheme"] = "https"
    headers = {"Referer": "https://localhost/login"}
    assert client.post("/login", data=typed, base_url="https://localhost", headers=headers).status_code == 303
    client.environ_base["HTTP_REFERER"] = "https://localhost/"
    return Desk(client, made)


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context():
        return sign_in(app)


@pytest.fixture(scope="module")
def idle_desk(app: Flask) -> Desk:
    """A desk at which nobody is ever enrolled: shared, for a new clinic's passwords take time to hash."""
    with app.app_context():
        return sign_in(app)


@pytest.fixture(scope="module")
def paper_desk(app: Flask) -> Desk:
    """A desk with one patient whose baseline stays open: shared by what never saves an answer."""
    with app.app_context():
        desk = sign_in(app)
    desk.enrol()
    return desk


def test_enrolling_leads_to_the_patients_page_with_an_open_baseline(desk: Desk) -> None:
    page = desk.client.get(desk.enrol()).get_data(as_text=True)
    assert "Núñez &lt;b&gt;" in page
    assert "Baseline" in page
    assert "Invitation" in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "ana@example.org,eve@example.org"),
        ("email", "ana@example.org\r\nBcc: eve@example.org"),
        ("surname", "a\0b"),
        ("birth_year", "2999"),
        ("birth_year", "9" * 20000),
        ("arm", "placebo"),
        ("age", "NaN"),
        ("bmi", "1e400"),
        ("bmi", "nan"),
        ("treatment_on", "9999-12-31"),
        ("enrolled_on", "2026-02-30"),
        ("chart_number", ""),
        ("time_zone", "Mars/Base"),
    ],
)
def test_bad_input_is_422_and_what_was_typed_stays(idle_desk: Desk, name: str, value: str) -> None:
    desk = idle_desk
    reply = desk.post("/patients/new", **PERSON | {name: value})
    assert reply.status_code == 422
    assert 'value="Ana"' in reply.get_data(as_text=True)
    with desk.client.application.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 0


def test_a_known_chart_number_is_refused_with_a_link(desk: Desk) -> None:
    path = desk.enrol()
    reply = desk.post("/patients/new", **PERSON | {"surname": "Other", "anyway": "y"})
    assert reply.status_code == 422
    assert path in reply.get_data(as_text=True)


def test_the_same_name_and_year_needs_a_second_word(desk: Desk) -> None:
    desk.enrol()
    assert desk.post("/patients/new", **PERSON | {"chart_number": "C-78"}).status_code == 422
    assert desk.post("/patients/new", **PERSON | {"chart_number": "C-78", "anyway": "y"}).status_code == 303


def test_another_clinic_sees_none_of_it(app: Flask, desk: Desk) -> None:
    path = desk.enrol(treatment_on="2026-01-02")
    with app.app_context():
        other = sign_in(app)
        with clinic_session(desk.clinic.id) as session:
            episode, treatment = session.scalars(select(Episode)).one(), session.scalars(select(Treatment)).one()
            visit = desk.visit()
    assert other.client.get(path).status_code == 404
    assert other.client.get(f"/visits/{visit.id}/answers/odi").status_code == 404
    for target in (f"/episodes/{episode.id}/endings", f"/treatments/{treatment.id}", f"/visits/{visit.id}/qr"):
        assert other.post(target, kind="died", on_date="2026-01-05", state="done").status_code == 404
    assert "C-77" not in other.client.get("/patients").get_data(as_text=True)


def test_a_search_finds_by_number_chart_and_exact_surname(desk: Desk) -> None:
    path = desk.enrol(surname="Ortega")
    for wanted in ("C-77", "1", "ORTEGA"):
        assert path in desk.client.get("/patients", query_string={"q": wanted}).get_data(as_text=True)
    assert path not in desk.client.get("/patients", query_string={"q": "Orteg"}).get_data(as_text=True)


def test_confirming_a_treatment_plans_the_follow_ups(app: Flask, desk: Desk) -> None:
    path = desk.enrol(treatment_on="2026-01-02")
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        treatment = session.scalars(select(Treatment)).one()
    assert desk.post(f"/treatments/{treatment.id}", state="done", on_date="2026-01-02").status_code == 303
    page = desk.client.get(path).get_data(as_text=True)
    assert "12 months" in page
    assert "2 Jan 2027" in page


def test_an_ending_is_recorded_and_taken_back(app: Flask, desk: Desk) -> None:
    desk.enrol()
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        episode = session.scalars(select(Episode)).one()
        assert desk.post(f"/episodes/{episode.id}/endings", kind="lost", on_date="2026-01-05").status_code == 303
        ending = session.scalars(select(Ending)).one()
        assert desk.post(f"/endings/{ending.id}/revoke").status_code == 303
        session.refresh(ending)
        assert ending.revoked_at is not None


def test_an_ending_on_a_day_that_has_not_come_is_asked_again(app: Flask, desk: Desk) -> None:
    """It would stop everything today: there is no ending to come."""
    desk.enrol()
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        episode, soon = session.scalars(select(Episode)).one(), app_now(session).date() + timedelta(days=2)
        reply = desk.post(f"/episodes/{episode.id}/endings", kind="died", on_date=soon.isoformat())
        assert (reply.status_code, "Enter a day that has come." in reply.text) == (422, True)
        assert session.scalars(select(Ending)).all() == []


def test_the_desk_shows_who_is_treated_tomorrow_and_a_code(app: Flask, desk: Desk) -> None:
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        tomorrow = app_now(session).date() + timedelta(days=1)
    path = desk.enrol(treatment_on=tomorrow.isoformat(), channel="none")
    page = desk.client.get("/desk").get_data(as_text=True)
    assert page.count(path) == 3  # treated tomorrow, baseline missing, cannot be reached
    with app.app_context():
        reply = desk.post(f"/visits/{desk.visit().id}/qr")
    assert reply.status_code == 200
    assert "<svg" in reply.get_data(as_text=True)


def test_paper_answers_of_the_whole_battery_are_sent_and_scored(app: Flask, desk: Desk) -> None:
    desk.enrol()
    with app.app_context():
        visit = desk.visit()
    for instrument in BASELINE:
        items = [item.code for item in load_instruments()[instrument].items]
        reply = desk.post(
            f"/visits/{visit.id}/answers/{instrument}", mode="paper", **SIGNED, **dict.fromkeys(items, "1")
        )
        assert reply.status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(Visit.submitted_at)).one() is not None
        assert session.scalars(select(Score.value).where(Score.scale == "odi")).one() == 20
        assert set(session.scalars(select(Answer.mode))) == {"paper"}
        response = session.scalars(select(Response).where(Response.instrument == "odi")).one()
    assert desk.post(f"/responses/{response.id}/amend", walking="5").status_code == 422
    reply = desk.post(f"/responses/{response.id}/amend", walking="5", reason="misread")
    assert reply.status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        values = session.scalars(select(Score.value).where(Score.scale == "odi").order_by(Score.amendment)).all()
        assert values == [20, 28]


@pytest.mark.parametrize("level", ["6", "-1", "1_0", "٣", "1e1", "9" * 5000])
def test_a_level_out_of_the_list_is_refused_and_kept_on_screen(app: Flask, paper_desk: Desk, level: str) -> None:
    with app.app_context():
        visit = paper_desk.visit()
    typed = {"mode": "paper", "walking": level, "sitting": "3"} | SIGNED
    reply = paper_desk.post(f"/visits/{visit.id}/answers/odi", **typed)
    assert reply.status_code == 422
    assert 'value="3" selected' in reply.get_data(as_text=True)


@pytest.mark.parametrize("signed", [{}, {"signed_on": "2026-01-04"}, SIGNED | {"signed_on": "2999-01-01"}])
def test_paper_answers_wait_for_the_signed_consent(app: Flask, paper_desk: Desk, signed: dict[str, str]) -> None:
    with app.app_context():
        visit = paper_desk.visit()
    reply = paper_desk.post(f"/visits/{visit.id}/answers/odi", mode="paper", sitting="3", **signed)
    assert reply.status_code == 422
    page = reply.get_data(as_text=True)
    assert "Enter the consent that was signed" in page
    assert 'value="3" selected' in page
    with app.app_context(), clinic_session(paper_desk.clinic.id) as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0


CSV = (
    "chart_number,first_name,surname,email,birth_year,arm,pain_generator,contact_email\n"
    "A-1,Ann,One,ann@example.org,1960,treated,facet,yes\n"
    "A-2,Bob,Two,not an address,1961,treated,facet,yes\n"
    "A-3,Cy,Three,,1962,conventional,stenosis,no\n"
)


def test_a_csv_is_previewed_then_its_good_lines_are_enrolled_once(app: Flask, desk: Desk) -> None:
    page = desk.post("/patients/import", text=CSV).get_data(as_text=True)
    assert "2 lines are good" in page
    assert desk.post("/patients/import/enrol", text=CSV, which="all").status_code == 422
    for _ in range(2):
        assert desk.post("/patients/import/enrol", text=CSV, which="good").status_code == 200
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 2
    rest = desk.post("/patients/import/rest", text=CSV).get_data(as_text=True)
    header, mend = csv.DictReader(io.StringIO(rest)).fieldnames, list(csv.DictReader(io.StringIO(rest)))
    assert header == [*CSV.partition("\n")[0].split(","), "reason"]
    assert [(row["chart_number"], row["email"]) for row in mend] == [("A-2", "not an address")]
    assert "not an e-mail address" in mend[0]["reason"]
    mended = rest.replace("not an address", "bob@example.org")
    assert desk.post("/patients/import/enrol", text=mended, which="all").status_code == 303


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'chart_number,"x\n', CSV + "too,short\n", "\0"])
def test_a_malformed_csv_is_a_sentence(idle_desk: Desk, text: str) -> None:
    assert idle_desk.post("/patients/import", text=text).status_code == 422
