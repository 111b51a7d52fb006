"""Many patients from a file: a report by line, hostile cells, and a file of the rest that can be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys.encryption import Vault
from surveys.db import clinic_session
from surveys.exchange.patients_csv import MOST_ROWS, CsvError, Line, enrol_lines, preview, rest_csv
from surveys.models import Clinic, Message, Patient, Visit
from surveys.people.patients import contact
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
HEADER = "chart_number,first_name,surname,arm,pain_generator,email,birth_year,contact_email"
ANN = "A-1,Ann,One,treated,facet,ann@example.org,1960,yes"


class Import:
    """One clinic's import in a transaction that is never committed."""

    def __init__(self, session: Session, vault: Vault, clinic: Clinic) -> None:
        self.session, self.vault, self.clinic = session, vault, clinic

    def look(self, *lines: str, header: str = HEADER) -> list[Line]:
        return self.read("\n".join([header, *lines]))

    def read(self, text: str) -> list[Line]:
        return preview(self.session, self.vault, self.clinic, text, now=NOW)

    def enrol(self, lines: list[Line]) -> int:
        return enrol_lines(self.session, self.vault, self.clinic, lines, actor=SYSTEM, now=NOW)

    def count(self, table: type[Patient] | type[Visit] | type[Message]) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module")
def clinic_id(app: Flask) -> UUID:
    with app.app_context():
        return make_clinic().id


@pytest.fixture
def files(app: Flask, clinic_id: UUID) -> Iterator[Import]:
    with app.test_request_context(), clinic_session(clinic_id) as session:
        protocol_store.load(session, clinic_id, bundled_protocols()["spine"].source, "spine", now=NOW)
        yield Import(session, app.extensions["vault"], session.get_one(Clinic, clinic_id))


def test_good_lines_become_patients_with_visits_and_messages(files: Import) -> None:
    assert files.enrol(files.look(ANN)) == 1
    patient = files.session.scalars(select(Patient)).one()
    assert contact(files.vault, patient).email == "ann@example.org"
    assert files.count(Visit) >= 1
    assert files.count(Message) >= 1


def test_the_same_file_again_changes_nothing(files: Import) -> None:
    files.enrol(files.look(ANN))
    before = [files.count(table) for table in (Patient, Visit, Message)]
    again = files.look(ANN.replace("Ann", "Someone Else"))
    assert [(line.known, line.problem, line.wish) for line in again] == [(True, None, None)]
    assert files.enrol(again) == 0
    assert [files.count(table) for table in (Patient, Visit, Message)] == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("A-1,Ann,,treated,facet,,,", "surname"),
        ("A-1,Ann,One,placebo,facet,,,", "arm"),
        ("A-1,Ann,One,treated,elbow,,,", "pain_generator"),
        ("A-1,Ann,One,treated,facet,ann@,,", "email"),
        ("A-1,Ann,One,treated,facet,a@b.org;c@d.org,,", "email"),
        ("A-1,Ann,One,treated,facet,,2999,", "birth_year"),
        ("A-1,Ann,One,treated,facet,,19x0,", "birth_year"),
        ("A-1,A\u202enn,One,treated,facet,,,", "first_name"),
        (f"A-1,{'a' * 101},One,treated,facet,,,", "first_name"),
    ],
)
def test_a_bad_cell_is_named_on_its_line_and_the_others_stand(files: Import, line: str, told: str) -> None:
    report = files.look("B-1,Bea,Two,treated,facet,,,", line, "B-3,Cy,Three,conventional,stenosis,,,")
    assert [each.number for each in report] == [2, 3, 4]
    assert [each.problem is None for each in report] == [True, False, True]
    assert told in (report[1].problem or "")
    assert files.enrol(report) == 2


def test_a_chart_number_twice_in_a_file_is_told_on_the_second_line(files: Import) -> None:
    report = files.look(ANN, ANN.replace("Ann,One", "Bob,Two").replace("A-1", " a-1"))
    assert report[0].problem is None
    assert "earlier line" in (report[1].problem or "")


def test_a_likely_duplicate_needs_a_yes(files: Import) -> None:
    files.enrol(files.look(ANN))
    other = ANN.replace("A-1", "A-2")
    assert "anyway" in (files.look(other)[0].problem or "")
    assert files.look(f"{other},yes", header=f"{HEADER},anyway")[0].problem is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "missing"),
        ("PK\x03\x04\0\0", "no CSV text"),
        ("chart_number,first_name\nA,B\n", "surname"),
        (f"{HEADER},password\n{ANN},x\n", "password"),
        (f"{HEADER},email\n{ANN},x\n", "twice"),
        (f"{HEADER}\n{ANN},one,too,many\n", "Line 2"),
        (f"{HEADER}\n{ANN}\nA-2,short\n", "Line 3"),
        (f'{HEADER}\n{ANN}\n"never closed,Ann\n', "Line 3"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(files: Import, text: str, told: str) -> None:
    with pytest.raises(CsvError, match=told):
        files.read(text)


def test_a_file_of_too_many_lines_is_refused(files: Import) -> None:
    with pytest.raises(CsvError, match="Split it"):
        files.read(HEADER + "\n" + "x,x,x,x,x,x,x,x\n" * (MOST_ROWS + 1))


@pytest.mark.parametrize(
    "text", [HEADER.replace(",", ";") + "\n" + ANN.replace(",", ";"), f"\ufeff{HEADER}\r\n{ANN}\r\n"]
)
def test_what_spreadsheets_save_is_read(files: Import, text: str) -> None:
    assert [line.problem for line in files.read(text)] == [None]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "{{7*7}}", "<script>"]
)
def test_a_hostile_cell_comes_back_as_text_that_no_spreadsheet_runs(files: Import, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    rest = rest_csv(files.look(f"A-1,{quoted},One,nowhere,facet,,,"))
    row = next(csv.DictReader(io.StringIO(rest)))
    assert not row["first_name"].startswith(("=", "+", "-", "@"))
    assert row["first_name"].lstrip("'") == cell
    assert "arm" in row["reason"]


def test_the_rest_can_be_mended_and_uploaded_as_it_is(files: Import) -> None:
    rest = rest_csv(files.look(ANN, "A-2,Bob,Two,nowhere,facet,,1961,no"))
    assert "A-1" not in rest
    mended = files.read(rest.replace("nowhere", "treated"))
    assert [line.problem for line in mended] == [None]
    assert "reason" not in rest_csv(mended)
