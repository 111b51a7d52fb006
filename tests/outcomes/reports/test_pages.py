"""The page of reports over HTTP and the worker's path: asked for, made in a process of its own, taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveys.db import clinic_session, real_now
from surveys.models import AuditEvent, Job
from tasks.jobs import run_apart
from tests.exchange.exports.job_pages import ask_for, check_unreadable, newest
from tests.exchange.exports.world import fill, job_of, parts_of
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.reports.pdf_text import pages, squeezed
from tests.staff_browser import SITE, signed_in

ORDER = {"filters": "protocol=trial", "rule": "nrs_active change >= 2", "language": "en"}


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
    fill(app, made, answers=False)
    return made


@pytest.fixture
def clinician(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


def ask(browser: FlaskClient, **changes: str) -> tuple[int, str]:
    return ask_for(browser, "/reports", {**ORDER, **changes})


def acts(app: Flask, clinic: MadeClinic, job_id: UUID) -> list[str]:
    with app.app_context(), clinic_session(clinic.id) as session:
        wanted = select(AuditEvent.action).where(AuditEvent.subject_id == job_id).order_by(AuditEvent.id)
        return list(session.scalars(wanted))


def test_a_report_is_asked_for_made_by_the_worker_listed_and_taken_away(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    assert ask(clinician)[0] == 303
    job = newest(app, clinic)
    with app.app_context():
        run_apart(clinic.id)
    made = job_of(app, clinic, job.id)
    assert made.state == "done", made.result
    assert made.result is not None
    assert made.result["sha256"] in clinician.get("/reports", base_url=SITE).text
    reply = clinician.get(f"/reports/{job.id}/file", base_url=SITE)
    assert (reply.status_code, reply.mimetype) == (200, "application/pdf")
    assert reply.data == b"".join(parts_of(app, clinic, job.id))
    said = pages(reply.data)
    assert squeezed("Two-arm trial of bone-marrow concentrate; 4 enrolled") in said[0]
    assert squeezed("Asked for by Test clinician") in said[0]
    assert squeezed("Resting pain") not in said[1]
    assert acts(app, clinic, job.id) == ["report_asked", "report_made", "report_fetched"]
    _expire(app, clinic, job.id)
    gone = clinician.get(f"/reports/{job.id}/file", base_url=SITE)
    assert (gone.status_code, "Ask for it again under Reports" in gone.text) == (410, True)


def _expire(app: Flask, clinic: MadeClinic, job_id: UUID) -> None:
    with app.app_context(), clinic_session(clinic.id) as session:
        over = real_now(session) - timedelta(seconds=1)
        session.execute(update(Job).where(Job.id == job_id).values(expires_at=over))
        session.commit()


def test_the_dashboard_leads_to_a_report_of_what_it_shows(clinician: FlaskClient) -> None:
    chosen = {"protocol": "trial", "sex": "female", "rule": "nrs_active change > 3"}
    board = clinician.get("/dashboard", query_string=chosen, base_url=SITE).text
    link = re.search(r'href="(/reports\?[^"]+)"', board)
    assert link is not None
    page = clinician.get(link[1].replace("&amp;", "&"), base_url=SITE).text
    assert 'name="filters" value="protocol=trial sex=female"' in page
    assert 'name="rule" value="nrs_active change &gt; 3"' in page
    assert "women" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": "nonsense"},
        {"filters": "protocol=none"},
        {"filters": "protocol=trial arm=none"},
        {"filters": "protocol=trial timepoint=m99"},
        {"rule": ""},
        {"rule": "odi is better"},
        {"language": "tlh"},
    ],
)
def test_what_is_not_on_offer_is_refused_with_a_sentence(clinician: FlaskClient, changes: Mapping[str, str]) -> None:
    status, page = ask(clinician, **changes)
    assert status == 422
    assert "Go back and check your entries" not in page


def test_a_waiting_one_can_be_cancelled_by_who_asked(app: Flask, clinic: MadeClinic, clinician: FlaskClient) -> None:
    ask(clinician)
    job = newest(app, clinic)
    page = clinician.get("/reports", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    assert f"/reports/{job.id}/cancel" in page
    other = signed_in(app, clinic, "coordinator")
    assert f"/reports/{job.id}/cancel" not in other.get("/reports", base_url=SITE).text
    path, data = f"/reports/{job.id}/cancel", {"csrf_token": token[1]}
    assert clinician.post(path, base_url=SITE, data=data).status_code == 303
    assert job_of(app, clinic, job.id).state == "cancelled"
    assert clinician.get(f"/reports/{job.id}/file", base_url=SITE).status_code == 409
    assert clinician.get(f"/exports/{job.id}/file", base_url=SITE).status_code == 404


def test_where_nobody_is_enrolled_the_page_says_so(app: Flask) -> None:
    with app.app_context():
        empty = make_clinic()
    assert "nothing to report" in signed_in(app, empty, "clinician").get("/reports", base_url=SITE).text


def test_a_choice_that_can_no_longer_be_read_gets_a_sentence(
    app: Flask, clinic: MadeClinic, clinician: FlaskClient
) -> None:
    check_unreadable(app, clinic, clinician, "/reports", ORDER)
