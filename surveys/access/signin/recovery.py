"""Recovery codes: ten that stand in for the second factor, each once. The database keeps their digests."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveys.access.tokens import digest
from surveys.db import UNSYNCED
from surveys.models import RecoveryCode, Staff

COUNT = 10
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 5 bits each, without the letters that look like others
GROUPS, LENGTH = 6, 4  # 120 bits: enough that a plain digest cannot be searched through


def new_codes(session: Session, person: Staff, *, now: datetime) -> list[str]:
    """Replace the person's codes by ten new ones and return them, to be shown once."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    codes = [_new_code() for _each in range(COUNT)]
    session.add_all(
        RecoveryCode(clinic_id=person.clinic_id, staff_id=person.id, code_digest=_digest(code), created_at=now)
        for code in codes
    )
    session.flush()
    return codes


def use(session: Session, staff_id: UUID, typed: str, *, now: datetime) -> bool:
    """Use a code up; False where it is none of the person's or was used."""
    theirs = RecoveryCode.staff_id == staff_id, RecoveryCode.code_digest == _digest(typed)
    used = update(RecoveryCode).where(*theirs, RecoveryCode.used_at.is_(None)).values(used_at=now)
    done = used.returning(RecoveryCode.id)
    return bool(session.execute(done, execution_options=UNSYNCED).all())


def left(session: Session, staff_id: UUID) -> int:
    """Return how many codes are not used yet."""
    theirs = RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*theirs)) or 0


def _new_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _each in range(LENGTH)) for _group in range(GROUPS))


def _digest(code: str) -> bytes:
    """Case, spaces and hyphens do not matter."""
    return digest("".join(character for character in code.casefold() if character.isalnum()))
