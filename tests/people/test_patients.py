"""Patients: sealed details, search by blind index, duplicates, permissions, and what a new address ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, Actor
from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.keys.personal import opened
from surveys.access.links import find_link, issue_link
from surveys.db import clinic_session
from surveys.enrolment.contact_change import change_contact
from surveys.models import AuditEvent, Clinic, Consent, Message, Patient, Visit
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.participation import consent_text, give_consent, participation
from surveys.people.patients import (
    DuplicateChartError,
    PatientDetails,
    add_patient,
    contact,
    current_consents,
    find_by_chart,
    find_by_surname,
    find_duplicates,
)
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
ANA = PatientDetails("C-1", "Ana", "Núñez", "ana@example.org", "+44 20 7946 0001", birth_year=1970)
MAIL = frozenset({"contact_email"})


@pytest.fixture(scope="module")
def clinic_id(app: Flask) -> UUID:
    with app.app_context():
        return make_clinic().id


@pytest.fixture
def session(app: Flask, clinic_id: UUID) -> Iterator[Session]:
    """A transaction of the clinic that is rolled back, so that each test begins with nobody."""
    with app.app_context(), clinic_session(clinic_id) as session:
        yield session


@pytest.fixture
def clinic(session: Session, clinic_id: UUID) -> Clinic:
    return session.get_one(Clinic, clinic_id)


@pytest.fixture
def vault(app: Flask) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


def add(session: Session, vault: Vault, clinic: Clinic, details: PatientDetails = ANA) -> Patient:
    return add_patient(session, vault, clinic, details, MAIL, actor=SYSTEM, now=NOW)


def test_no_detail_lies_readable_in_the_row(session: Session, vault: Vault, clinic: Clinic) -> None:
    patient = add(session, vault, clinic)
    stored = str(session.execute(text("SELECT * FROM patient WHERE id = :id"), {"id": patient.id}).one())
    for value in ("C-1", "Ana", "Núñez", "ana@example.org", "7946"):
        assert value not in stored
        assert value.encode().hex() not in stored
    assert contact(vault, patient) == ANA


def test_details_moved_to_another_row_do_not_open(session: Session, vault: Vault, clinic: Clinic) -> None:
    first = add(session, vault, clinic)
    second = add(session, vault, clinic, replace(ANA, chart_number="C-2"))
    second.surname_enc = first.surname_enc
    with pytest.raises(DecryptionError):
        contact(vault, second)


@pytest.mark.parametrize("wanted", ["C-1", " c-1 ", "\uff23-1"])
def test_a_chart_number_is_found_alike_for_case_width_and_spaces(
    session: Session, vault: Vault, clinic: Clinic, wanted: str
) -> None:
    patient = add(session, vault, clinic)
    assert find_by_chart(session, vault, wanted) == patient


@pytest.mark.parametrize("wanted", ["C", "C-11", "", "%", "Nú", "Nunez"])
def test_no_part_of_a_value_finds_anybody(session: Session, vault: Vault, clinic: Clinic, wanted: str) -> None:
    add(session, vault, clinic)
    assert find_by_chart(session, vault, wanted) is None
    assert list(find_by_surname(session, vault, wanted)) == []


def test_another_clinic_finds_nobody(session: Session, vault: Vault, clinic: Clinic) -> None:
    add(session, vault, clinic)
    session.flush()
    with clinic_session(make_clinic().id) as other:
        assert find_by_chart(other, vault, "C-1") is None
        assert list(find_by_surname(other, vault, "Núñez")) == []


def test_a_chart_number_is_given_once(session: Session, vault: Vault, clinic: Clinic) -> None:
    patient = add(session, vault, clinic)
    with pytest.raises(DuplicateChartError) as refused:
        add(session, vault, clinic, replace(ANA, chart_number=" c-1", surname="Other"))
    assert refused.value.patient == patient


@pytest.mark.parametrize(
    ("surname", "year", "alike"),
    [("NÚÑEZ", 1970, True), ("Núñez", None, True), ("Núñez", 1971, False), ("Ortega", 1970, False)],
)
def test_a_duplicate_has_the_surname_and_no_other_year(
    session: Session, vault: Vault, clinic: Clinic, surname: str, year: int | None, alike: bool
) -> None:
    patient = add(session, vault, clinic)
    typed = replace(ANA, chart_number="C-9", surname=surname, birth_year=year)
    assert list(find_duplicates(session, vault, typed)) == ([patient] if alike else [])


def test_couples_may_share_an_address(session: Session, vault: Vault, clinic: Clinic) -> None:
    first = add(session, vault, clinic)
    second = add(session, vault, clinic, replace(ANA, chart_number="C-2", first_name="Luis"))
    assert first.email_index == second.email_index


def enrolled(session: Session, vault: Vault, clinic: Clinic) -> tuple[Patient, Visit]:
    patient = add(session, vault, clinic)
    row = protocol_store.load(session, clinic.id, bundled_protocols()["spine"].source, "spine", now=NOW)
    details = EpisodeDetails("treated", "facet", NOW.date())
    open_episode(session, clinic, patient, row, details, actor=SYSTEM, now=NOW)
    return patient, session.scalars(select(Visit).where(Visit.timepoint == "baseline")).one()


@pytest.mark.parametrize(
    ("change", "revoked"),
    [({"email": "new@example.org"}, True), ({"phone": None}, True), ({"first_name": "Anna"}, False), ({}, False)],
)
def test_a_new_address_ends_the_links_sent_to_the_old_one(
    session: Session, vault: Vault, clinic: Clinic, change: dict[str, str | None], revoked: bool
) -> None:
    patient, visit = enrolled(session, vault, clinic)
    token = issue_link(session, visit, now=NOW)
    wish = replace(ANA, **change)  # type: ignore[arg-type]
    changed = change_contact(session, vault, clinic, patient, wish, MAIL, actor=SYSTEM, now=NOW)
    session.flush()
    session.expire_all()
    link = find_link(session, token)
    assert changed == frozenset(change)
    assert link is not None
    assert (link.revoked_at is not None) == revoked


def test_the_audit_of_a_change_keeps_old_and_new_under_the_patients_key(
    session: Session, vault: Vault, clinic: Clinic
) -> None:
    patient, _visit = enrolled(session, vault, clinic)
    wish, why = replace(ANA, email="secret-canary@example.org", channel="none"), "moved away"
    change_contact(session, vault, clinic, patient, wish, MAIL, actor=Actor("system"), now=NOW, reason=why)
    session.flush()
    events = session.scalars(select(AuditEvent).where(AuditEvent.clinic_id == clinic.id)).all()
    row = next(event for event in events if event.action == "patient_changed")
    assert row.old is not None
    assert row.new is not None
    assert "canary" not in repr([(event.old, event.new, event.reason) for event in events])
    emails = [opened(session, vault, patient.id, "email", values["email"]) for values in (row.old, row.new)]
    assert emails == ["ana@example.org", "secret-canary@example.org"]
    assert (row.old["channel"], row.new["channel"], row.reason) == ("email", "none", why)


def test_who_wants_no_mail_any_more_has_none_waiting(session: Session, vault: Vault, clinic: Clinic) -> None:
    patient, visit = enrolled(session, vault, clinic)
    wish = replace(ANA, channel="none")
    change_contact(session, vault, clinic, patient, wish, frozenset(), actor=SYSTEM, now=NOW)
    session.flush()
    session.expire_all()
    waiting = session.scalars(select(Message).where(Message.visit_id == visit.id, Message.state == "planned")).all()
    assert {message.channel for message in waiting} <= {"staff"}
    assert [consent.kind for consent in current_consents(session, patient.id)] == []


def test_permissions_are_apart_and_each_is_withdrawn_once(session: Session, vault: Vault, clinic: Clinic) -> None:
    patient, _visit = enrolled(session, vault, clinic)
    both = frozenset({"contact_email", "contact_phone"})
    for allowed in (both, frozenset({"contact_phone"}), frozenset({"contact_phone"}), both):
        change_contact(session, vault, clinic, patient, ANA, allowed, actor=SYSTEM, now=NOW)
        session.flush()
        assert {consent.kind for consent in current_consents(session, patient.id)} == allowed
    ever = session.scalars(select(Consent).where(Consent.patient_id == patient.id)).all()
    assert sorted(consent.kind for consent in ever) == ["contact_email", "contact_email", "contact_phone"]


def test_a_paper_consent_keeps_its_version_its_day_and_the_texts_hash(
    session: Session, vault: Vault, clinic: Clinic
) -> None:
    patient = add(session, vault, clinic)
    signed, shown = datetime(2026, 1, 3, 12, tzinfo=UTC), consent_text("1", "es")
    assert participation(session, patient) is None
    for at in (signed, NOW):  # the second adds nothing: one stands
        give_consent(session, patient, shown, now=NOW, actor=SYSTEM, given_at=at)
    kept = participation(session, patient)
    assert kept is not None
    assert (kept.version, kept.language, kept.text_hash, kept.given_at) == ("1", "es", shown.hash, signed)
