"""S23: who saw and who changed what: administrators read it in words, personal values in one patient's report only."""

from __future__ import annotations

import ast
import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.access.chain import sealing
from surveys.access.keys.personal import is_sealed
from surveys.models import AuditEvent, Patient
from surveys.trail.words import ACTIONS, PAGES
from tests.factories import MadeClinic, make_clinic
from tests.page_forms import form_to
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE, signed_in

ROOT = Path(__file__).parents[2]
NEW_EMAIL = "canary-of-maria@example.org"


@dataclass(frozen=True)
class Practice:
    """A clinic with one patient, whose e-mail address its coordinator has changed with a reason."""

    clinic: MadeClinic
    patient: Invited
    admin: FlaskClient
    coordinator: FlaskClient


@pytest.fixture(scope="module")
def practice(app: Flask) -> Practice:
    with app.app_context():
        clinic = make_clinic()
    patient = invite(app, clinic_id=clinic.id)
    made = Practice(clinic, patient, signed_in(app, clinic, "admin"), signed_in(app, clinic, "coordinator"))
    path = f"/patients/{patient.patient_id}/details"
    form = form_to(made.coordinator.get(path, base_url=SITE).text, path)
    typed = form.sent() | {"email": NEW_EMAIL, "reason": "=moved to another provider"}
    assert made.coordinator.post(path, data=typed, base_url=SITE).status_code == 303
    return made


def events(app: Flask, practice: Practice, action: str) -> list[AuditEvent]:
    with seen_by(app, practice.clinic.id) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


def test_s23_a_change_keeps_old_new_and_why_and_the_page_keeps_them_sealed(app: Flask, practice: Practice) -> None:
    change = events(app, practice, "patient_changed")[-1]
    assert change.old is not None
    assert change.new is not None
    assert is_sealed(change.old["email"])
    assert is_sealed(change.new["email"])
    page = practice.admin.get("/audit", base_url=SITE).text
    assert "Changed a patient&#39;s details" in page
    assert "=moved to another provider" in page
    assert "kept sealed" in page
    assert NEW_EMAIL not in page
    assert "Lopez" not in page


def test_s23_the_access_report_opens_the_values_and_is_on_the_record_itself(app: Flask, practice: Practice) -> None:
    report = practice.admin.get(f"/patients/{practice.patient.patient_id}/access", base_url=SITE).text
    assert NEW_EMAIL in report
    assert "maria@example.org" in report
    assert "Test coordinator" in report
    seen = [event for event in events(app, practice, "viewed") if event.new == {"page": "audit.report"}]
    assert [event.subject_id for event in seen] == [practice.patient.patient_id]


def test_s23_the_report_as_a_file_runs_nothing_in_a_spreadsheet(practice: Practice) -> None:
    reply = practice.admin.get(f"/patients/{practice.patient.patient_id}/access.csv", base_url=SITE)
    assert reply.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    change = next(row for row in rows if row["what"] == "Changed a patient's details")
    assert change["reason"] == "'=moved to another provider"
    assert NEW_EMAIL in change["changes"]
    assert {row["what"] for row in rows} >= {"Enrolled a patient", "Opened an episode", "Recorded a permission"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("path", ["/audit", "/patients/{id}/access", "/patients/{id}/access.csv"])
def test_s23_only_administrators_read_the_audit(practice: Practice, path: str) -> None:
    reply = practice.coordinator.get(path.format(id=practice.patient.patient_id), base_url=SITE)
    assert reply.status_code == 403


PAGES_WITH_PEOPLE = {
    "/patients": "patients.index",
    "/patients?q=lopez": "patients.index",
    "/patients/{id}": "patients.show",
    "/patients/{id}/details": "details.form",
    "/visits/{visit}/answers/odi": "entry.show",
    "/visits/{visit}/paper": "paper.show",
    "/desk": "desk.today",
}


@pytest.mark.parametrize("path", PAGES_WITH_PEOPLE)
def test_s23_whoever_is_shown_a_person_is_on_the_record(app: Flask, practice: Practice, path: str) -> None:
    before = len(events(app, practice, "viewed"))
    address = path.format(id=practice.patient.patient_id, visit=practice.patient.visit_id)
    assert practice.coordinator.get(address, base_url=SITE).status_code == 200
    (event,) = events(app, practice, "viewed")[before:]
    assert event.new == {"page": PAGES_WITH_PEOPLE[path]}
    assert practice.patient.patient_id in [event.subject_id, *(event.patient_ids or [])]
    assert event.actor_id is not None


def test_s23_a_list_names_everybody_it_showed_in_one_row(app: Flask, practice: Practice) -> None:
    other = invite(app, clinic_id=practice.clinic.id)
    practice.coordinator.get("/patients", base_url=SITE)
    event = events(app, practice, "viewed")[-1]
    assert event.subject == "clinic"
    assert event.patient_ids == [practice.patient.patient_id, other.patient_id]
    assert "the list of patients" in practice.admin.get(f"/patients/{other.patient_id}/access", base_url=SITE).text


def test_s23_filters_narrow_the_audit(app: Flask, practice: Practice) -> None:
    with seen_by(app, practice.clinic.id) as session:
        number = session.get_one(Patient, practice.patient.patient_id).number
    everything = practice.admin.get("/audit", base_url=SITE).text
    assert "Loaded a protocol" in everything
    for query in (f"number={number}", "what=patient_changed", "first=2000-01-01&last=2000-01-02"):
        page = practice.admin.get(f"/audit?{query}", base_url=SITE)
        assert page.status_code == 200
        assert "<strong>the system</strong> · Loaded a protocol" not in page.text
    assert "<strong>Test coordinator</strong>" not in practice.admin.get("/audit?who=system", base_url=SITE).text
    for wrong in ("number=99999", "number=abc", "first=yesterday", "who=nobody", "what=everything"):
        assert practice.admin.get(f"/audit?{wrong}", base_url=SITE).status_code == 422
    assert practice.admin.get("/audit?before=nonsense", base_url=SITE).status_code == 200


def test_s23_pages_of_the_audit_follow_one_another_without_a_gap(app: Flask, practice: Practice) -> None:
    for _ in range(60):
        practice.coordinator.get(f"/patients/{practice.patient.patient_id}/details", base_url=SITE)
    shown, address = 0, "/audit"
    while address:
        page = practice.admin.get(address, base_url=SITE).text
        shown += page.count('<p class="act">')
        address = page.partition('<a class="button" href="/audit?before=')[2].partition('"')[0]
        address = address and f"/audit?before={address}"
    with seen_by(app, practice.clinic.id) as session:
        assert shown == len(session.scalars(select(AuditEvent.id)).all())


def test_s23_the_page_says_up_to_where_the_audit_is_sealed_and_verified(app: Flask, practice: Practice) -> None:
    assert "Nothing is sealed yet" in practice.admin.get("/audit", base_url=SITE).text
    with seen_by(app, practice.clinic.id) as session:
        sealed = sealing.seal(session, practice.clinic.id)
        session.commit()
    page = practice.admin.get("/audit", base_url=SITE).text
    assert f"up to event {sealed}," in page
    assert "not yet" in page


def test_s23_every_act_has_words() -> None:
    assert recorded_actions() - set(ACTIONS) == set()


def recorded_actions() -> set[str]:
    """The fourth argument of every call of ``record`` in the source, where it is written out."""
    found = set()
    for path in [*(ROOT / "surveys").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("record", "_note"):
                found |= {each.value for each in node.args[1:4] if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_s23_every_page_that_is_noted_has_words() -> None:
    assert set(PAGES_WITH_PEOPLE.values()) <= set(PAGES)
