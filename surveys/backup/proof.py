"""Whether a restored database works: its audit chains, its personal values, and signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.verification import Head, Report, verify
from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.signin.sessions import identify, open_session
from surveys.access.signin.staff import add_staff, check_password, find_login
from surveys.backup.trouble import BackupError
from surveys.models import Clinic, Patient
from surveys.people.patients import SEALED, contact

BATCH = 500


@dataclass(frozen=True)
class Opened:
    """How many patients' personal values were opened, and how many values."""

    patients: int
    values: int


def open_every_value(session: Session, vault: Vault) -> Opened:
    """Open every contact value of the session's clinic; raises BackupError at the first that does not open."""
    patients = values = 0
    for patient in session.scalars(select(Patient).order_by(Patient.id).execution_options(yield_per=BATCH)):
        try:
            contact(vault, patient)
        except DecryptionError as error:
            raise BackupError(f"{error}. Restore the key it was sealed with: a backup holds no keys.") from error
        patients += 1
        values += sum(getattr(patient, f"{field}_enc") is not None for field in SEALED)
    return Opened(patients, values)


def audit_stands(session: Session, clinic_id: UUID, kept: Head | None, *, real_time: bool) -> int:
    """Verify the clinic's audit chain against its head in the manifest; returns how many events it holds.

    Raises BackupError with the first problem. The session must be fresh: it reads one snapshot.
    """
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    report = Report()
    for _piece in verify(session, clinic_id, kept, report, real_time=real_time):
        pass
    if report.problems:
        first = report.problems[0]
        raise BackupError(f"The audit of clinic {clinic_id} is not as it was sealed: {first.what}.")
    return report.events


def sign_in_works(session: Session, clinic_id: UUID, *, now: datetime) -> None:
    """Add an account, sign in with it and be recognised; the caller rolls it back. Raises BackupError."""
    clinic = session.get_one(Clinic, clinic_id)
    login, password = f"drill-{clinic_id.hex}", secrets.token_urlsafe(24)
    add_staff(session, clinic, login, "Drill", "admin", password, now=now)
    known = find_login(session, login)
    person = check_password(session, known[1] if known else None, password)
    who = identify(session, open_session(session, person, now=now), now=now) if person else None
    session.flush()
    if who is None or who.clinic_id != clinic_id:
        raise BackupError("Signing in does not work on the restored database.")
