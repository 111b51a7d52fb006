"""A claim's files: the rows whose hash it carries, and its paragraphs."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import clinic_session
from surveys.models import AuditEvent, Claim
from surveys.outcomes.claims import store
from surveys.outcomes.claims.facts import HARMS
from surveys.outcomes.filters import Filters
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made
from tests.staff_browser import SITE, signed_in


def _kept(app: Flask, trial: MadeClinic, kind: str = "responders_two_arms", **chosen: Any) -> int:
    with app.test_request_context(), clinic_session(trial.id) as session:
        number = made(session, trial, kind, **chosen).number
        session.commit()
    return number


def _claim(session: Session, number: int) -> Claim:
    claim = store.find(session, number)
    assert claim
    return claim


def _get(client: FlaskClient, number: int, file: str) -> tuple[int, bytes]:
    reply = client.get(f"/claims/{number}/{file}", base_url=SITE)
    return reply.status_code, reply.data


def test_the_rows_are_those_whose_hash_the_claim_carries(app: Flask, trial: MadeClinic) -> None:
    number, client = _kept(app, trial), signed_in(app, trial, "coordinator")
    status, file = _get(client, number, "rows.csv")
    with app.app_context(), clinic_session(trial.id) as session:
        claim = _claim(session, number)
        assert (status, sha256(file).hexdigest()) == (200, claim.rows_hash)
        fetched = session.scalars(select(AuditEvent).where(AuditEvent.action == "claim_rows_fetched")).all()
        assert [(each.subject_id, (each.new or {})["rows"]) for each in fetched] == [(claim.id, claim.rows_hash)]
    rows = list(csv.DictReader(io.StringIO(file.decode())))
    assert len(rows) == 80
    assert sum(row["m12.odi"] not in ("", "late") for row in rows) == 78
    points = ("baseline", "m1", "m3", "m6", "m12")
    assert set(rows[0]) == {"episode", "arm", *HARMS, *points, *(f"{point}.odi" for point in points)}  # nobody's name
    page = client.get(f"/claims/{number}", base_url=SITE).text
    assert f"/claims/{number}/rows.csv" in page
    assert "Downloaded the rows of a statement" in page


def test_the_paragraphs_say_how_the_claim_stands(app: Flask, trial: MadeClinic) -> None:
    number, client = _kept(app, trial), signed_in(app, trial, "analyst")
    status, file = _get(client, number, "paragraphs.txt")
    text = file.decode()
    assert status == 200
    assert "26/39 (67 %, 95 % interval 51 to 79 %)" in text
    assert "(P1b)" in text
    assert "(P20/21)" in text
    assert f"Statement {number}, signed by nobody yet." in text


def test_a_case_report_s_files_are_not_for_readers_without_names(app: Flask, trial: MadeClinic) -> None:
    with app.app_context(), clinic_session(trial.id) as session:
        some = session.scalars(select(Claim).limit(1)).first()
        patient = int((some.rows.splitlines()[1] if some else "1-1").partition("-")[0])
    number = _kept(app, trial, "case_report", patient=patient, scales=("odi",))
    analyst, clinician = (signed_in(app, trial, role) for role in ("analyst", "clinician"))
    for file, refused in (("rows.csv", 403), ("paragraphs.txt", 404)):
        assert _get(analyst, number, file)[0] == refused
        assert _get(clinician, number, file)[0] == 200


def test_a_reader_without_names_gets_no_patient_s_number_and_no_handful(app: Flask, trial: MadeClinic) -> None:
    number, analyst = _kept(app, trial), signed_in(app, trial, "analyst")
    assert _get(analyst, number, "rows.csv")[0] == 403
    assert f"/claims/{number}/rows.csv" not in analyst.get(f"/claims/{number}", base_url=SITE).text
    few = _kept(app, trial, "treatment_series", filters=Filters("trial", age_from=50, age_to=54))
    with app.app_context(), clinic_session(trial.id) as session:
        kept = json.loads(_claim(session, few).result)
        assert min(kept["patients"].values()) >= 5  # the arms are large enough,
        assert 0 < min(each["n"] for each in kept["figures"]) < 5  # and one rate is of a handful
    assert analyst.get(f"/claims/{few}", base_url=SITE).status_code == 404
