"""The page of exports over HTTP: who may ask for what, taking a file away, and what is refused with a sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveys.commands.jobs import run_next
from surveys.db import clinic_session, real_now
from surveys.models import AuditEvent, Job, JobPart, StaffSession
from tests.exchange.exports.job_pages import ask_for, check_unreadable, newest
from tests.exchange.exports.world import fill, job_of
from tests.factories import MadeClinic, make_clinic
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in

ORDER = {"filters": "protocol=trial", "shape": "long", "format": "csv", "contents": "all"}


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
    fill(app, made)
    return made


@pytest.fixture
def clinician(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


def ask(browser: FlaskClient, **changes: str) -> tuple[int, str]:
    return ask_for(browser, "/exports", {**ORDER, **changes})


def made(app: Flask, clinic: MadeClinic, browser: FlaskClient, **changes: str) -> Job:
    assert ask(browser, **changes)[0] == 303
    with app.app_context():
        while run_next(clinic.id):
            pass
    return newest(app, clinic)


def events(app: Flask, clinic: MadeClinic, job: Job) -> list[AuditEvent]:
    with app.app_context(), clinic_session(clinic.id) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.subject_id == job.id).order_by(AuditEvent.id)))


def test_a_file_is_asked_for_listed_and_taken_away(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    job = made(app, clinic, clinician)
    page = clinician.get("/exports", base_url=SITE).text
    assert job.result is not None
    assert job.result["sha256"] in page
    reply = clinician.get(f"/exports/{job.id}/file", base_url=SITE)
    assert (reply.status_code, reply.mimetype) == (200, "application/zip")
    assert int(reply.headers["Content-Length"]) == len(reply.data) == job.result["size"]
    assert "results.csv" in zipfile.ZipFile(io.BytesIO(reply.data)).namelist()
    told = events(app, clinic, job)
    assert [event.action for event in told] == ["export_asked", "export_made", "export_fetched"]
    assert told[2].new == {"sha256": job.result["sha256"]}


def test_a_waiting_one_can_be_cancelled(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    ask(clinician)
    job = newest(app, clinic)
    form = form_to(clinician.get("/exports", base_url=SITE).text, f"/exports/{job.id}/cancel")
    assert clinician.post(form.action, base_url=SITE, data=form.sent()).status_code == 303
    assert job_of(app, clinic, job.id).state == "cancelled"
    again = clinician.post(form.action, base_url=SITE, data=form.sent())
    assert again.status_code == 409
    assert "nothing to cancel" in again.text
    assert clinician.get(f"/exports/{job.id}/file", base_url=SITE).status_code == 409


def test_an_expired_file_is_gone_and_the_page_says_what_to_do(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    job = made(app, clinic, clinician)
    with app.app_context(), clinic_session(clinic.id) as session:
        over = real_now(session) - timedelta(seconds=1)
        session.execute(update(Job).where(Job.id == job.id).values(expires_at=over))
        session.commit()
    reply = clinician.get(f"/exports/{job.id}/file", base_url=SITE)
    assert reply.status_code == 410
    assert "Ask for it again" in reply.text


def test_a_damaged_file_is_not_handed_out(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    job = made(app, clinic, clinician)
    with app.app_context(), clinic_session(clinic.id) as session:
        session.execute(update(JobPart).where(JobPart.job_id == job.id).values(content=b"another file"))
        session.commit()
    reply = clinician.get(f"/exports/{job.id}/file", base_url=SITE)
    assert (reply.status_code, "damaged" in reply.text) == (409, True)


def test_taking_a_file_away_needs_a_fresh_proof_of_who_is_there(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    job = made(app, clinic, clinician)
    with app.app_context(), clinic_session(clinic.id) as session:
        before = real_now(session) - timedelta(minutes=11)
        session.execute(update(StaffSession).values(authenticated_at=before, created_at=before))
        session.commit()
    reply = clinician.get(f"/exports/{job.id}/file", base_url=SITE)
    assert reply.status_code == 303
    assert "/confirm" in reply.headers["Location"]


def test_only_who_asked_and_an_administrator_take_it_away(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    job = made(app, clinic, clinician)
    statuses = {
        role: signed_in(app, clinic, role).get(f"/exports/{job.id}/file", base_url=SITE).status_code
        for role in ("coordinator", "analyst", "admin")
    }
    assert statuses == {"coordinator": 404, "analyst": 404, "admin": 200}


def test_who_sees_no_names_gets_no_identified_file_and_no_small_arm(app: Flask, clinic: MadeClinic) -> None:
    analyst = signed_in(app, clinic, "analyst")
    assert "identifies persons" not in analyst.get("/exports", base_url=SITE).text
    assert ask(analyst, identified="yes", reason="Because")[0] == 403
    job = made(app, clinic, analyst)
    assert job.arguments["fewest"] == 5
    assert job.result is not None
    assert job.result["rows"] == 0  # both arms are of a handful


def test_an_identified_file_needs_a_reason_which_the_audit_keeps(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    status, page = ask(clinician, identified="yes")
    assert (status, "needs a reason" in page) == (422, True)
    assert ask(clinician, identified="yes", reason="Linkage with the national registry")[0] == 303
    job = newest(app, clinic)
    assert events(app, clinic, job)[0].reason == "Linkage with the national registry"
    assert job.arguments["identified"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "dbf"},
        {"shape": "round"},
        {"filters": "protocol=none"},
        {"filters": "protocol=trial arm=none"},
        {"filters": "nonsense"},
    ],
)
def test_what_is_not_on_offer_is_refused_with_a_sentence(clinician: FlaskClient, changes: Mapping[str, str]) -> None:
    status, page = ask(clinician, **changes)
    assert status == 422
    assert "Go back and check your entries" not in page


def test_another_clinics_file_is_as_unknown_as_none(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    job = made(app, clinic, clinician)
    with app.app_context():
        other = make_clinic()
    assert signed_in(app, other, "admin").get(f"/exports/{job.id}/file", base_url=SITE).status_code == 404
    assert signed_in(app, other, "admin").get("/exports", base_url=SITE).status_code == 200


def test_a_choice_that_can_no_longer_be_read_gets_a_sentence(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    check_unreadable(app, clinic, clinician, "/exports", ORDER)
