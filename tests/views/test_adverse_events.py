"""Adverse events as staff record them: what was told, what was not, and where both stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.db import clinic_session
from surveys.models import Endpoint, Episode
from tests.views.test_enrolment import Desk, sign_in

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    """A desk with one patient."""
    with app.app_context():
        return sign_in(app)


@pytest.fixture(scope="module")
def path(desk: Desk) -> str:
    """The patient's page."""
    return desk.enrol()


@pytest.fixture(scope="module")
def record(app: Flask, desk: Desk, path: str) -> str:
    """Where events of the patient's episode are recorded."""
    assert path
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        return f"/episodes/{session.scalars(select(Episode.id)).one()}/endpoints"


def test_what_was_told_stands_on_the_page_and_what_was_not_is_not_no(
    app: Flask, desk: Desk, path: str, record: str
) -> None:
    event = {"kind": "adverse_event", "on_date": YESTERDAY}
    told = {"severity": "3", "event": "infection", "serious": "yes", "related": "possible"}
    assert desk.post(record, **event, **told).status_code == 303
    assert desk.post(record, **event, severity="1").status_code == 303
    page = desk.client.get(path).text
    assert "severity 3 of 5, Infection, serious, possibly related" in page
    assert "not serious" not in page
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        kept = {row.severity: row.details for row in session.scalars(select(Endpoint))}
    assert kept == {3: {"event": "infection", "serious": True, "related": "possible"}, 1: {}}


@pytest.mark.parametrize("told", [{"severity": "2"}, {"serious": "no"}, {"event": "infection"}])
def test_an_operation_has_no_severity(desk: Desk, record: str, told: dict[str, str]) -> None:
    reply = desk.post(record, kind="surgery", on_date=YESTERDAY, **told)
    assert reply.status_code == 422
    assert "are told of adverse events only" in reply.text


@pytest.mark.parametrize("told", [{"event": "<script>"}, {"serious": "maybe"}, {"related": "9"}, {"severity": "6"}])
def test_what_is_not_on_the_list_is_refused(desk: Desk, record: str, told: dict[str, str]) -> None:
    assert desk.post(record, kind="adverse_event", on_date=YESTERDAY, **told).status_code == 422
