"""Changing what is known of a person, with old and new values in the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys import personal
from surveys.access.keys.encryption import Vault
from surveys.access.keys.suppressed import follow
from surveys.models import Clinic, Patient
from surveys.people.patients import (
    PLAIN,
    SEALED,
    DuplicateChartError,
    PatientDetails,
    contact,
    find_by_chart,
    write_details,
)

PERSONAL = (*SEALED, "sex", "birth_year")  # in the audit under the patient's key


def change_details(
    session: Session,
    vault: Vault,
    patient: Patient,
    details: PatientDetails,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> frozenset[str]:
    """Rewrite the details and return the names of the fields that changed; raises DuplicateChartError.

    The audit keeps old and new values, those that tell who the person is under the patient's key.
    """
    before = contact(vault, patient)
    changed = frozenset(f for f in (*SEALED, *PLAIN) if getattr(before, f) != getattr(details, f))
    if "chart_number" in changed:
        _refuse_duplicate(session, vault, patient, details.chart_number)
    if changed:
        write_details(vault, patient, details)
        for kind, value in (("email", details.email), ("phone", details.phone)):
            follow(session, vault, kind, value)
        subject = ("patient", patient.id)
        old, new = (_kept(session, vault, patient, changed, each, now) for each in (before, details))
        record(session, patient.clinic_id, actor, "patient_changed", subject, now=now, old=old, new=new, reason=reason)
    return changed


def _refuse_duplicate(session: Session, vault: Vault, patient: Patient, chart_number: str) -> None:
    """Under the row lock that enrolment takes: while keys change, one number may have two indexes."""
    session.execute(select(Clinic.id).where(Clinic.id == patient.clinic_id).with_for_update(key_share=True))
    known = find_by_chart(session, vault, chart_number)
    if known is not None and known.id != patient.id:
        raise DuplicateChartError(known)


def _kept(
    session: Session, vault: Vault, patient: Patient, fields: frozenset[str], details: PatientDetails, now: datetime
) -> dict[str, Any]:
    """The values of the fields as the audit keeps them."""
    values = {field: getattr(details, field) for field in sorted(fields)}
    private = {field: values[field] for field in values if field in PERSONAL}
    return values | personal.sealed(session, vault, patient.id, private, now=now)
