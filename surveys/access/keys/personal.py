"""Personal values as they stand in audit rows: ciphertext under the patient's key, never plain."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.access.keys import patient_keys
from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.keys.patient_keys import KeyDestroyedError

ENC = "enc"


def sealed(
    session: Session, vault: Vault, patient_id: UUID, values: Mapping[str, object], *, now: datetime
) -> dict[str, Any]:
    """Return the values by field as ``{"enc": base64}``; None stays None, and so does all of an erased person."""
    return {field: _seal(session, vault, patient_id, field, value, now) for field, value in values.items()}


def _seal(
    session: Session, vault: Vault, patient_id: UUID, field: str, value: object, now: datetime
) -> dict[str, str | None] | None:
    if value is None:
        return None
    try:
        body = patient_keys.seal_for(session, vault, patient_id, str(value), place=field, now=now)
    except KeyDestroyedError:
        return {ENC: None}
    return {ENC: b64encode(body).decode()}


def is_sealed(value: object) -> bool:
    """Whether a value of an audit row is a personal one."""
    return isinstance(value, dict) and set(value) == {ENC}


def opened(session: Session, vault: Vault, patient_id: UUID, field: str, value: Mapping[str, str | None]) -> str | None:
    """Return the plain value; None once the person is erased, or where it does not open."""
    try:
        body = b64decode(value[ENC] or "")
        return patient_keys.open_for(session, vault, patient_id, body, place=field)
    except (KeyDestroyedError, DecryptionError):
        return None
