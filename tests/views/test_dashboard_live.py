"""A submitted answer shows at the next load, from kept columns as from the database."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.outcomes.columns.stores import STORES
from tests.factories import MadeClinic, make_clinic
from tests.patients import invite
from tests.views.test_dashboard import read, signed_in
from tests.views.test_patient import begin, save
from tests.views.test_patient_ends import send

RULE = "protocol=spine&rule=nrs_active+change+%3E%3D+2"
PASSING = re.compile(r"Data as of .*? UTC|name=\"csrf_token\" value=\"[^\"]*\"")


def test_a_submitted_answer_shows_at_the_next_load(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = make_clinic_in(app)
    reader, invited = signed_in(app, clinic, "clinician"), invite(app, timepoint="m1", clinic_id=clinic.id)
    monkeypatch.setattr(STORES, "smallest", 1)
    before = early(read(reader, f"/dashboard/responders-1.csv?{RULE}"))
    assert STORES.bytes > 0
    begin(client, invited)
    save(client, "/s/nrs11/1", "2")
    save(client, "/s/nrs11/2", "3")
    send(client)
    after = early(read(reader, f"/dashboard/responders-1.csv?{RULE}"))
    assert (before, after) == (0, 1)
    kept = read(reader, f"/dashboard?{RULE}")
    monkeypatch.setattr(STORES, "limit", 0)
    assert PASSING.sub("", read(reader, f"/dashboard?{RULE}")) == PASSING.sub("", kept)


def make_clinic_in(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def early(table: str) -> int:
    """How many answered in a window that is still open: they stand beside the rates until it is over."""
    return sum(int(row["early"]) for row in csv.DictReader(io.StringIO(table)))
