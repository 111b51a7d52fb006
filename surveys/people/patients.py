"""Patients: adding one, reading contact details, finding one again, permissions to write or phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys import patient_keys
from surveys.access.keys.encryption import Vault
from surveys.access.keys.suppressed import follow
from surveys.db import UNSYNCED, uuid7
from surveys.models import Clinic, Consent, Patient

PERMISSION_VERSION = "1"
PERMISSIONS = {  # what staff read out; the hash of the sentence is kept with each permission
    "contact_email": "The clinic may send me links to its questionnaires by e-mail.",
    "contact_sms": "The clinic may send me links to its questionnaires by text message.",
    "contact_phone": "The clinic may telephone me about its questionnaires.",
}
SEALED = ("chart_number", "first_name", "surname", "email", "phone")
INDEXED = ("chart_number", "surname", "email", "phone")
PLAIN = ("sex", "birth_year", "language", "time_zone", "channel")


class DuplicateChartError(ValueError):
    """The clinic has a patient with this chart number already."""

    def __init__(self, patient: Patient) -> None:
        super().__init__(f"The chart number belongs to patient {patient.number} already.")
        self.patient = patient


@dataclass(frozen=True)
class PatientDetails:
    """What a clinic knows of a person, in the clear; None where it does not."""

    chart_number: str
    first_name: str
    surname: str
    email: str | None = None
    phone: str | None = None
    sex: str | None = None
    birth_year: int | None = None
    language: str = "en"
    time_zone: str = "UTC"
    channel: str = "email"


def add_patient(
    session: Session,
    vault: Vault,
    clinic: Clinic,
    details: PatientDetails,
    permissions: frozenset[str],
    *,
    actor: Actor,
    now: datetime,
) -> Patient:
    """Add a patient under the clinic's next number; ``permissions``: kinds of ``PERMISSIONS``.

    Raises DuplicateChartError. The number's row lock also keeps two such calls apart.
    """
    number = _next_number(session, clinic)
    if known := find_by_chart(session, vault, details.chart_number):
        raise DuplicateChartError(known)
    patient = Patient(clinic_id=clinic.id, id=uuid7(), number=number, created_at=now)
    write_details(vault, patient, details)
    session.add(patient)
    session.flush()
    patient_keys.make(session, vault, patient.id, now=now)
    for kind, value in (("email", details.email), ("phone", details.phone)):
        follow(session, vault, kind, value)
    record(session, clinic.id, actor, "patient_added", ("patient", patient.id), now=now, new={"number": number})
    set_permissions(session, patient, permissions, actor=actor, now=now)
    return patient


def _next_number(session: Session, clinic: Clinic) -> int:
    raised = update(Clinic).where(Clinic.id == clinic.id).values(next_patient_number=Clinic.next_patient_number + 1)
    following = session.scalars(raised.returning(Clinic.next_patient_number), execution_options=UNSYNCED).one()
    return following - 1


def write_details(vault: Vault, patient: Patient, details: PatientDetails) -> None:
    """Put the details into the row, sealed and indexed under the current key."""
    for field in SEALED:
        value = getattr(details, field)
        sealed = None if value is None else vault.seal(value, "patient", f"{field}_enc", patient.id)
        setattr(patient, f"{field}_enc", sealed)
    for field in INDEXED:
        value = getattr(details, field)
        setattr(patient, f"{field}_index", None if value is None else vault.index(value, field))
    for field in PLAIN:
        setattr(patient, field, getattr(details, field))


def contact(vault: Vault, patient: Patient) -> PatientDetails:
    """Open the patient's details; raises DecryptionError under another key."""
    return PatientDetails(
        chart_number=_open(vault, patient, "chart_number") or "",
        first_name=_open(vault, patient, "first_name") or "",
        surname=_open(vault, patient, "surname") or "",
        email=_open(vault, patient, "email"),
        phone=_open(vault, patient, "phone"),
        sex=patient.sex,
        birth_year=patient.birth_year,
        language=patient.language,
        time_zone=patient.time_zone,
        channel=patient.channel,
    )


def _open(vault: Vault, patient: Patient, field: str) -> str | None:
    sealed = getattr(patient, f"{field}_enc")
    return None if sealed is None else vault.open(sealed, "patient", f"{field}_enc", patient.id)


def set_permissions(
    session: Session, patient: Patient, permissions: frozenset[str], *, actor: Actor, now: datetime
) -> None:
    """Record the contact permissions given and withdraw those no longer among them."""
    current = {consent.kind: consent for consent in current_consents(session, patient.id)}
    for kind, text in PERMISSIONS.items():
        if kind in permissions and kind not in current:
            _permit(session, patient, kind, text, actor=actor, now=now)
        elif kind in current and kind not in permissions:
            withdraw(session, current[kind], actor=actor, now=now)


def permit(session: Session, patient: Patient, kind: str, *, actor: Actor, now: datetime) -> None:
    """Record one contact permission, unless it stands."""
    if kind not in {consent.kind for consent in current_consents(session, patient.id)}:
        _permit(session, patient, kind, PERMISSIONS[kind], actor=actor, now=now)


def _permit(session: Session, patient: Patient, kind: str, text: str, *, actor: Actor, now: datetime) -> None:
    consent = Consent(
        clinic_id=patient.clinic_id,
        id=uuid7(),
        patient_id=patient.id,
        kind=kind,
        version=PERMISSION_VERSION,
        text_hash=sha256(text.encode()).hexdigest(),
        language=patient.language,
        given_at=now,
        recorded_by=actor.staff_id,
    )
    session.add(consent)
    record(session, patient.clinic_id, actor, "consent_given", ("consent", consent.id), now=now, new={"kind": kind})


def withdraw(session: Session, consent: Consent, *, actor: Actor, now: datetime) -> None:
    """End one consent; the row stays."""
    consent.withdrawn_at = now
    what = {"kind": consent.kind}
    record(session, consent.clinic_id, actor, "consent_withdrawn", ("consent", consent.id), now=now, old=what)


def current_consents(session: Session, patient_id: UUID) -> Sequence[Consent]:
    """Consents given and not withdrawn."""
    wanted = select(Consent).where(Consent.patient_id == patient_id, Consent.withdrawn_at.is_(None))
    return session.scalars(wanted).all()


def find_by_chart(session: Session, vault: Vault, chart_number: str) -> Patient | None:
    """The clinic's patient with this chart number, alike for case and outer spaces."""
    same = Patient.chart_number_index.in_(vault.indexes(chart_number, "chart_number"))
    return session.scalars(select(Patient).where(same).order_by(Patient.number)).first()


def find_by_surname(session: Session, vault: Vault, surname: str) -> Sequence[Patient]:
    """Patients with exactly this surname, by number."""
    same = Patient.surname_index.in_(vault.indexes(surname, "surname"))
    return session.scalars(select(Patient).where(same).order_by(Patient.number)).all()


def find_duplicates(session: Session, vault: Vault, details: PatientDetails) -> Sequence[Patient]:
    """Patients who may be the same person: same surname, and the same birth year unless one is unknown."""
    alike = find_by_surname(session, vault, details.surname)
    year = details.birth_year
    return [patient for patient in alike if year is None or patient.birth_year in (None, year)]
