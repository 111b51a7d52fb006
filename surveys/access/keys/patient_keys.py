"""A key of each patient's own: what the audit keeps of a person opens under it only, until erasure destroys it."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import NONCE_BYTES, DecryptionError, Vault
from surveys.db import uuid7
from surveys.models import Patient, PatientKey

KEY_BYTES = 32
PLACE = ("patient_key", "wrapped")


class KeyDestroyedError(Exception):
    """The patient was erased: nothing can be sealed or opened for them any more."""


def seal_for(session: Session, vault: Vault, patient_id: UUID, text: str, *, place: str, now: datetime) -> bytes:
    """Seal under the patient's key, which is made where there is none yet; raises KeyDestroyedError.

    ``place``: what the value is, such as a column; it opens under the same words only.
    """
    key = make(session, vault, patient_id, now=now)
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, text.encode(), _bound(patient_id, place))


def make(session: Session, vault: Vault, patient_id: UUID, *, now: datetime) -> AESGCM:
    """Return the patient's key, made here where there is none yet; raises KeyDestroyedError."""
    return _key(session, vault, patient_id) or _made(session, vault, patient_id, now)


def open_for(session: Session, vault: Vault, patient_id: UUID, sealed: bytes, *, place: str) -> str:
    """Return the plain text; raises KeyDestroyedError, or DecryptionError for what this key has not sealed there."""
    key = _key(session, vault, patient_id)
    if key is None:
        raise DecryptionError(f"patient {patient_id} never had a key")
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(patient_id, place)).decode()
    except (InvalidTag, ValueError) as error:
        raise DecryptionError(f"{place} of patient {patient_id} does not open under the patient's key") from error


def destroy(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Take the key away for good, and with it all that was sealed under it. A patient without one gets none later."""
    gone = {"wrapped": None, "destroyed_at": now}
    _add(session, patient_id, {"id": uuid7(), "made_at": now, **gone})
    living = (PatientKey.patient_id == patient_id, PatientKey.destroyed_at.is_(None))
    session.execute(update(PatientKey).where(*living).values(gone))


def _key(session: Session, vault: Vault, patient_id: UUID) -> AESGCM | None:
    """The patient's key; None where none was made yet."""
    wanted = select(PatientKey.id, PatientKey.wrapped).where(PatientKey.patient_id == patient_id)
    row = session.execute(wanted).one_or_none()
    if row is None:
        return None
    if row.wrapped is None:
        raise KeyDestroyedError(f"the key of patient {patient_id} was destroyed with the patient's data")
    return AESGCM(bytes.fromhex(vault.open(row.wrapped, *PLACE, row.id)))


def _made(session: Session, vault: Vault, patient_id: UUID, now: datetime) -> AESGCM:
    """Make the key; of two made at once the first stands."""
    key_id = uuid7()
    wrapped = vault.seal(os.urandom(KEY_BYTES).hex(), *PLACE, key_id)
    _add(session, patient_id, {"id": key_id, "wrapped": wrapped, "made_at": now})
    key = _key(session, vault, patient_id)
    assert key is not None  # noqa: S101 - just made, by us or by another
    return key


def _add(session: Session, patient_id: UUID, values: dict[str, Any]) -> None:
    clinic_id = session.scalars(select(Patient.clinic_id).where(Patient.id == patient_id)).one()
    row = {"clinic_id": clinic_id, "patient_id": patient_id, **values}
    session.execute(insert(PatientKey).values(row).on_conflict_do_nothing())


def _bound(patient_id: UUID, place: str) -> bytes:
    return f"patient|{place}|{patient_id}".encode()
