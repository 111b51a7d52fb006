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
from tests.patients import Invited, invite
from tests.views.test_dashboard import read, signed_in
from tests.views.test_patient import begin, save
from tests.views.test_patient_ends import send

RULE = "protocol=spine&rule=nrs_active+change+%3E%3D+2"
PASSING = re.compile(r"(?:Data as of|Datos a fecha de) .*? UTC|name=\"csrf_token\" value=\"[^\"]*\"")


PAGES = ("/dashboard", f"/dashboard?{RULE}", f"/dashboard?{RULE}&sex=female", f"/dashboard/more/harms?{RULE}")


@pytest.fixture(params=["kept", "read"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Columns that are kept, as of a large clinic, or rows of the database, as of a small one."""
    STORES.clear()
    monkeypatch.setattr(STORES, "smallest", 1 if request.param == "kept" else 1_000)
    return str(request.param)


def test_a_submitted_answer_shows_at_the_next_load(app: Flask, client: FlaskClient, way: str) -> None:
    clinic = make_clinic_in(app)
    reader, invited = signed_in(app, clinic, "clinician"), invite(app, timepoint="m1", clinic_id=clinic.id)
    before = early(read(reader, f"/dashboard/responders-1.csv?{RULE}"))
    assert (STORES.bytes > 0) is (way == "kept")
    answer(client, invited)
    after = early(read(reader, f"/dashboard/responders-1.csv?{RULE}"))
    assert (before, after) == (0, 1)


def test_whatever_was_looked_at_before_every_reader_sees_the_page_of_their_own(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Clinics, roles, languages and rules in turn; each page as the database alone makes it."""
    clinics = [make_clinic_in(app) for _number in range(2)]
    there = [invite(app, timepoint="m1", clinic_id=clinic.id) for clinic in clinics]
    readers = [signed_in(app, clinic, role) for role in ("clinician", "analyst") for clinic in clinics]
    looks(readers)
    answer(client, there[0])
    found = looks(readers)
    assert way == "read" or STORES.bytes > 0
    monkeypatch.setattr(STORES, "limit", 0)
    assert found == looks(readers)
    assert len(set(found.values())) == len(found)


def looks(readers: list[FlaskClient]) -> dict[tuple[int, str, str], str]:
    """Every page for every reader in both languages, without the moment and the form's token."""
    return {
        (number, spoken, page): PASSING.sub("", seen(reader, page, spoken))
        for page in PAGES
        for spoken in ("en", "es")
        for number, reader in enumerate(readers)
    }


def seen(reader: FlaskClient, page: str, spoken: str) -> str:
    reply = reader.get(page, base_url="https://localhost", headers={"Accept-Language": spoken})
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def answer(client: FlaskClient, invited: Invited) -> None:
    begin(client, invited)
    save(client, "/s/nrs11/1", "2")
    save(client, "/s/nrs11/2", "3")
    send(client)


def make_clinic_in(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def early(table: str) -> int:
    """How many answered in a window that is still open: they stand beside the rates until it is over."""
    return sum(int(row["early"]) for row in csv.DictReader(io.StringIO(table)))
