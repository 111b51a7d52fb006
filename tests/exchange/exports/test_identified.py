"""An identified export from the form to the file: a reason, a fresh proof, the audit; and no cell of it runs."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveys.access.chain.audit import SYSTEM
from surveys.commands.jobs import run_next
from surveys.db import clinic_session, real_now
from surveys.models import AuditEvent, Clinic, Job, Staff, StaffSession
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.page_forms import form_to, forms_of
from tests.staff_browser import SITE, signed_in

ENROLLED = datetime(2024, 1, 5, 10, 0, tzinfo=UTC)
CHART, TREATS, REASON = "=HYPERLINK(1)", "@SUM(1)", "Linkage with the national registry"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """One patient whose chart number is a formula, and whose clinician is called like one."""
    with app.app_context():
        made = make_clinic(now=ENROLLED)
        with clinic_session(made.id) as session:
            home = session.get_one(Clinic, made.id)
            treats = session.scalars(select(Staff).where(Staff.login == made.logins["clinician"])).one()
            treats.name = TREATS
            protocol = protocol_store.load(session, home.id, bundled_protocols()["spine"].source, "spine", now=ENROLLED)
            who = PatientDetails(CHART, "Ana", "Example", channel="none")
            patient = add_patient(session, app.extensions["vault"], home, who, frozenset(), actor=SYSTEM, now=ENROLLED)
            opened = EpisodeDetails("treated", "facet", date(2024, 1, 5), clinician_id=treats.id)
            open_episode(session, home, patient, protocol, opened, actor=SYSTEM, now=ENROLLED)
            session.commit()
    return made


@pytest.fixture
def clinician(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


def made(app: Flask, clinic: MadeClinic, browser: FlaskClient, **typed: str) -> Job:
    page = browser.get("/exports", base_url=SITE).text
    form = next(form for form in forms_of(page) if (form.action, form.method) == ("/exports", "post"))
    sent = {**form.sent(), **typed}
    assert browser.post("/exports", base_url=SITE, data=sent).status_code == 303
    with app.app_context():
        assert run_next(clinic.id)
        with clinic_session(clinic.id) as session:
            return session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def files(browser: FlaskClient, job: Job) -> zipfile.ZipFile:
    reply = browser.get(f"/exports/{job.id}/file", base_url=SITE)
    assert reply.status_code == 200
    return zipfile.ZipFile(io.BytesIO(reply.data))


def test_it_goes_out_after_a_reason_and_a_fresh_proof_and_the_audit_has_all(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    job = made(app, clinic, clinician, identified="yes", reason=REASON)
    with app.app_context(), clinic_session(clinic.id) as session:
        before = real_now(session) - timedelta(minutes=11)
        session.execute(update(StaffSession).values(authenticated_at=before))
        session.commit()
    asked = clinician.get(f"/exports/{job.id}/file", base_url=SITE)
    assert asked.status_code == 303
    form = form_to(clinician.get(asked.headers["Location"], base_url=SITE).text, "/confirm")
    reply = clinician.post("/confirm", base_url=SITE, data={**form.sent(), "password": PASSWORD})
    assert reply.headers["Location"].startswith(f"/exports/{job.id}/file")
    archive = files(clinician, job)
    assert b"IDENTIFIED" in archive.read("README.txt")
    with app.app_context(), clinic_session(clinic.id) as session:
        told = select(AuditEvent).where(AuditEvent.subject_id == job.id).order_by(AuditEvent.id)
        found = [(event.action, event.reason) for event in session.scalars(told)]
    assert found == [("export_asked", REASON), ("export_made", None), ("export_fetched", None)]


def test_no_cell_of_it_is_a_formula(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    typed = {"identified": "yes", "reason": REASON}
    plain = files(clinician, made(app, clinic, clinician, **typed)).read("episodes.csv")
    row = pl.read_csv(plain).row(0, named=True)
    assert (row["chart_number"], row["clinician"], row["enrolled_on"]) == (f"'{CHART}", f"'{TREATS}", "2024-01-05")
    book = files(clinician, made(app, clinic, clinician, **typed, format="xlsx")).read("episodes.xlsx")
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        page = parts.read(SHEET)
    assert f"<t>{CHART}</t>".encode() in page
    assert b"<f" not in page


def test_without_that_word_it_names_nobody(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    archive = files(clinician, made(app, clinic, clinician))
    for name in archive.namelist():
        content = archive.read(name)
        assert CHART.encode() not in content
        assert b"2024-01-05" not in content
