"""A clinic of its own for each test, made through the application's functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db, uuid7
from surveys.models import Clinic, Staff

PASSWORD = "a long enough password"
BEGINNING = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class MadeClinic:
    """A clinic's id, and its logins by role; every password is ``PASSWORD``."""

    id: UUID
    logins: dict[str, str]


def make_clinic(*, time_zone: str = "Europe/London", now: datetime = BEGINNING) -> MadeClinic:
    """Add a clinic with one staff member per role, in a transaction of its own; needs an app context."""
    clinic_id = uuid7()
    logins = {role: f"{role}-{clinic_id.hex[-12:]}" for role in ("clinician", "coordinator", "analyst", "admin")}
    with clinic_scope(clinic_id), Session(db.engine) as session:
        session.add(new_clinic(clinic_id, time_zone, now=now))
        session.flush()
        for role, login in logins.items():
            add_member(session, clinic_id, login, f"Test {role}", role, now=now)
        session.commit()
    return MadeClinic(clinic_id, logins)


def new_clinic(clinic_id: UUID, time_zone: str, *, now: datetime) -> Clinic:
    """Return a clinic without staff."""
    return Clinic(
        id=clinic_id,
        code=f"clinic-{clinic_id.hex[-12:]}",
        name="Riverside Clinic",
        sender_name="Riverside Clinic",
        sender_address="post@riverside.example",
        reply_to="desk@riverside.example",
        phone="+44 20 7946 0000",
        time_zone=time_zone,
        languages=["en", "es"],
        created_at=now,
    )


def add_member(session: Session, clinic_id: UUID, login: str, name: str, role: str, *, now: datetime) -> Staff:
    """Add somebody whose password is ``PASSWORD``."""
    person = Staff(clinic_id=clinic_id, login=login, name=name, role=role, password_hash=_hash_of_all(), created_at=now)
    session.add(person)
    session.flush()
    return person


@cache
def _hash_of_all() -> str:
    """One hash for all, and a cheap one: the application's costs a sixth of a second at each signing in."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
