"""The pages about a person's data: consents, export, erasing, merging, retention, settings."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveys.db import clinic_session
from surveys.models import AuditEvent, Clinic, Consent, Erasure, Patient, StaffTask
from tests.factories import MadeClinic, make_clinic
from tests.page_forms import form_to
from tests.patients import Invited, invite, seen_by
from tests.security.test_patient_links import happen
from tests.staff_browser import SITE, signed_in
from tests.views.test_patient import begin, shown, token_of


@dataclass
class Office:
    """A clinic with one patient, and browsers by role."""

    app: Flask
    clinic: MadeClinic
    invited: Invited

    def browser(self, role: str = "coordinator") -> FlaskClient:
        return signed_in(self.app, self.clinic, role)

    def post(self, path: str, to: str, role: str = "coordinator", **typed: str) -> TestResponse:
        """Fill the form of a page that leads to an address, and send it."""
        browser = self.browser(role)
        page = browser.get(path, base_url=SITE).get_data(as_text=True)
        return browser.post(to, data=dict(form_to(page, to).fields) | typed, base_url=SITE)

    @property
    def path(self) -> str:
        return f"/patients/{self.invited.patient_id}"


@pytest.fixture
def office(app: Flask) -> Office:
    with app.app_context():
        clinic = make_clinic()
    return Office(app, clinic, invite(app, clinic_id=clinic.id))


def kinds(app: Flask, invited: Invited) -> set[str]:
    with seen_by(app, invited.clinic_id) as session:
        theirs = select(Consent.kind).where(Consent.patient_id == invited.patient_id, Consent.withdrawn_at.is_(None))
        return set(session.scalars(theirs))


def test_staff_record_and_withdraw_each_permission_on_its_own(app: Flask, office: Office) -> None:
    page = f"{office.path}/privacy"
    for kind in ("research", "public_aggregates"):
        assert office.post(page, f"{office.path}/consents/{kind}/give", on_date="2026-01-05").status_code == 303
    assert kinds(app, office.invited) == {"contact_email", "research", "public_aggregates"}
    for kind, left in (("research", {"contact_email", "public_aggregates"}), ("contact_email", {"public_aggregates"})):
        assert office.post(page, f"{office.path}/consents/{kind}/withdraw").status_code == 303
        assert kinds(app, office.invited) == left
    late = office.post(page, f"{office.path}/consents/research/give", on_date="2100-01-05")
    assert late.status_code == 422
    older = office.post(page, f"{office.path}/consents/research/give", on_date="2026-01-06")
    assert older.status_code == 422
    assert "A paper of an earlier day no longer counts." in older.text
    assert kinds(app, office.invited) == {"public_aggregates"}
    shown_page = office.browser().get(page, base_url=SITE).text
    assert "version 1" in shown_page


def test_a_patient_gives_and_takes_back_each_permission(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    given = {"contact_email", "participation"}
    for kind in ("research", "public_aggregates"):
        wish(client, kind, "give")
        given |= {kind}
        assert kinds(app, invited) == given
    for kind in ("contact_email", "research", "public_aggregates"):
        wish(client, kind, "withdraw")
        given -= {kind}
        assert kinds(app, invited) == given
    assert client.post("/s/permissions/research", data={"wish": "give"}, base_url=SITE_OF_PATIENTS).status_code == 400
    assert kinds(app, invited) == {"participation"}


SITE_OF_PATIENTS = "https://localhost"


def wish(client: FlaskClient, kind: str, what: str) -> None:
    token = token_of(shown(client, "/s/permissions"))
    reply = client.post(f"/s/permissions/{kind}", data={"wish": what, "token": token}, base_url=SITE_OF_PATIENTS)
    assert reply.status_code == 303


def test_a_patient_stops_taking_part_and_asks_to_be_erased(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    token = token_of(shown(client, "/s/leave"))
    done = client.post("/s/leave", data={"token": token, "erase": "1"}, base_url=SITE_OF_PATIENTS)
    assert done.status_code == 200
    assert "You no longer take part" in done.text
    assert kinds(app, invited) == set()
    assert client.get(f"/q/{invited.token}", base_url=SITE_OF_PATIENTS).status_code == 404
    with seen_by(app, invited.clinic_id) as session:
        task = session.scalars(select(StaffTask).where(StaffTask.kind == "erasure_wish")).one()
        assert task.closed_at is None


def test_the_export_is_one_file_and_is_written_down(app: Flask, office: Office) -> None:
    reply = office.post(f"{office.path}/privacy", f"{office.path}/export")
    assert reply.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.data)) as files:
        assert "export.json" in files.namelist()
    with seen_by(app, office.clinic.id) as session:
        assert (
            session.scalars(select(AuditEvent).where(AuditEvent.action == "exported_person")).one().actor_kind
            == "staff"
        )


def test_erasing_needs_a_reason_and_the_number_typed_and_shows_its_proof(app: Flask, office: Office) -> None:
    path = f"{office.path}/erase"
    for typed in ({"reason": "Asked"}, {"number": "1"}, {"reason": "Asked", "number": "2"}):
        assert office.post(path, path, **typed).status_code == 422
    running = office.post(path, path, reason="Asked by telephone", number="1")
    assert running.status_code == 422
    assert "still running" in running.text
    assert kept(app, office) is None
    done = office.post(path, path, reason="Asked by telephone", number="1", leaves="y")
    assert done.status_code == 303
    proof = kept(app, office)
    assert proof is not None
    assert proof.proof["complete"] is True
    page = office.browser().get(f"{office.path}/privacy", base_url=SITE).text
    assert "Proof of erasure" in page
    assert "Lopez" not in page
    assert office.browser().get(f"{office.path}/details", base_url=SITE).status_code == 409
    assert "Erased person" in office.browser().get(office.path, base_url=SITE).text


def kept(app: Flask, office: Office) -> Erasure | None:
    with seen_by(app, office.clinic.id) as session:
        return session.scalars(select(Erasure)).one_or_none()


def number_of(app: Flask, invited: Invited) -> str:
    with seen_by(app, invited.clinic_id) as session:
        return str(session.get_one(Patient, invited.patient_id).number)


def test_two_records_are_compared_merged_found_under_one_number_and_parted(app: Flask, office: Office) -> None:
    other = invite(app, clinic_id=office.clinic.id, first_name="Marie")
    path, number = f"{office.path}/merge", number_of(app, other)
    asked = f"{path}?with={number}"
    assert "Marie" in office.browser().get(asked, base_url=SITE).text
    assert office.post(asked, path, reason="One person", kept="99").status_code == 422
    assert office.post(asked, path, reason="One person", kept=number_of(app, office.invited)).status_code == 303
    browser = office.browser()
    assert browser.get(f"/patients/{other.patient_id}", base_url=SITE).location == office.path
    found = browser.get(f"/patients?q={number}", base_url=SITE).text
    assert str(office.invited.patient_id) in found
    assert str(other.patient_id) not in found
    page = browser.get(f"{office.path}/privacy", base_url=SITE).text
    start = page.index("/merges/")
    to = page[start : page.index('"', start)]
    assert office.post(f"{office.path}/privacy", to, reason="Twins").status_code == 303
    assert browser.get(f"/patients/{other.patient_id}", base_url=SITE).status_code == 200


def test_the_clinics_settings_are_checked_saved_and_audited(app: Flask, office: Office) -> None:
    good = {"sender_name": "Hill Clinic", "birth_year_check": "y", "retention_years": "10"}
    for wrong in (
        {"sender_name": "Clinic <x@y.z>"},
        {"reply_to": "a@b.example, c@d.example"},
        {"phone": "call us"},
        {"retention_years": "51"},
        {"retention_automatic": "y"},
    ):
        assert office.post("/settings", "/settings", role="admin", **wrong).status_code == 422
    assert office.post("/settings", "/settings", role="admin", **good).status_code == 303
    with app.app_context(), clinic_session(office.clinic.id) as session:
        clinic = session.get_one(Clinic, office.clinic.id)
        assert (clinic.sender_name, clinic.birth_year_check, clinic.retention_years) == ("Hill Clinic", True, 10)
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "settings_changed")).one()
        assert event.new == {"sender_name": "Hill Clinic", "birth_year_check": True, "retention_years": 10}
    assert office.browser("coordinator").get("/settings", base_url=SITE).status_code == 403
    assert "10 years after the last contact" in office.browser("admin").get("/retention", base_url=SITE).text


def test_staff_stop_old_links_and_show_a_new_one(app: Flask, office: Office, client: FlaskClient) -> None:
    reply = office.post(office.path, f"/visits/{office.invited.visit_id}/reissue")
    assert reply.status_code == 200
    assert "/q/" in reply.text
    assert client.get(f"/q/{office.invited.token}", base_url=SITE_OF_PATIENTS).status_code == 404
    happen(app, "expired", office.invited)
    browser = office.browser()
    page = browser.get("/desk", base_url=SITE).text
    csrf = page[page.index('name="csrf_token" value="') + 25 :].split('"')[0]
    closed = browser.post(f"/visits/{office.invited.visit_id}/reissue", data={"csrf_token": csrf}, base_url=SITE)
    assert closed.status_code == 409


@pytest.mark.parametrize("role", ["clinician", "analyst"])
def test_the_pages_are_for_coordinators_and_admins(office: Office, role: str) -> None:
    browser = office.browser(role)
    for path in ("privacy", "erase", "merge"):
        assert browser.get(f"{office.path}/{path}", base_url=SITE).status_code == 403
    assert browser.get("/retention", base_url=SITE).status_code == 403


def test_another_clinics_patient_is_unknown(app: Flask, office: Office) -> None:
    foreign: UUID = invite(app).patient_id
    for path in ("privacy", "erase", "merge"):
        assert office.browser("admin").get(f"/patients/{foreign}/{path}", base_url=SITE).status_code == 404
