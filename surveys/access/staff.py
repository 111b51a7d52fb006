"""Staff sign-in and sessions, kept as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from surveys.access.audit import Actor, record
from surveys.access.passwords import hash_password, verify
from surveys.access.tokens import digest, new_token
from surveys.models import Clinic, LoginAttempt, Staff, StaffSession

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
MAX_FAILURES = 8  # per account or address and window; never a lock-out longer than the window


@dataclass(frozen=True)
class Identity:
    """The signed-in staff member of a request."""

    clinic_id: UUID
    staff_id: UUID
    name: str
    role: str

    @property
    def actor(self) -> Actor:
        """This person as the actor of an audit row."""
        return Actor("staff", self.staff_id)


def find_login(session: Session, login: str) -> tuple[UUID, UUID] | None:
    """Return (clinic id, staff id) of a login across clinics, by the one function allowed to look."""
    row = session.execute(text("SELECT clinic_id, staff_id FROM find_login(:login)"), {"login": login}).one_or_none()
    return (row.clinic_id, row.staff_id) if row else None


def throttled(session: Session, login: str, address: str, *, now: datetime) -> bool:
    """Return whether the account or the address failed too often within the window."""
    fresh = LoginAttempt.at > now - WINDOW
    for column, value in ((LoginAttempt.account_digest, login), (LoginAttempt.address_digest, address)):
        failures = session.scalar(select(func.count()).where(column == digest(value), fresh)) or 0
        if failures >= MAX_FAILURES:
            return True
    return False


def note_failure(session: Session, login: str, address: str, *, now: datetime) -> None:
    """Count a failed sign-in and forget those outside the window."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= now - WINDOW))
    session.add(LoginAttempt(account_digest=digest(login), address_digest=digest(address), at=now))


def check_password(session: Session, staff_id: UUID | None, password: str) -> Staff | None:
    """Return the enabled staff member whose password this is; runs as long for nobody."""
    person = session.scalar(select(Staff).where(Staff.id == staff_id)) if staff_id else None
    fits = verify(person.password_hash if person else None, password)
    return person if person and fits and person.disabled_at is None else None


def open_session(session: Session, person: Staff, *, now: datetime) -> str:
    """Add a session row and return its token for the cookie."""
    token = new_token()
    session.add(
        StaffSession(
            clinic_id=person.clinic_id,
            staff_id=person.id,
            token_digest=digest(token),
            created_at=now,
            last_seen_at=now,
        )
    )
    record(session, person.clinic_id, Actor("staff", person.id), "signed_in", ("staff", person.id), now=now)
    return token


def identify(session: Session, token: str, *, now: datetime) -> Identity | None:
    """Return who the session belongs to, or None where it is unknown, idle over 15 min, over 12 h old or revoked."""
    row = session.execute(
        select(StaffSession, Staff)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(
            StaffSession.token_digest == digest(token),
            StaffSession.revoked_at.is_(None),
            StaffSession.last_seen_at > now - IDLE,
            StaffSession.created_at > now - ABSOLUTE,
            Staff.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    seen, person = row
    if now - seen.last_seen_at > timedelta(minutes=1):  # not a write per page
        seen.last_seen_at = now
    return Identity(person.clinic_id, person.id, person.name, person.role)


def close_session(session: Session, token: str, *, now: datetime) -> None:
    """Revoke one session."""
    session.execute(update(StaffSession).where(StaffSession.token_digest == digest(token)).values(revoked_at=now))


def add_staff(
    session: Session, clinic: Clinic, login: str, name: str, role: str, password: str, *, now: datetime
) -> Staff:
    """Add a staff account and return it; raises PasswordError for a password outside 12 to 128 characters."""
    person = Staff(
        clinic_id=clinic.id,
        login=login.casefold(),
        name=name,
        role=role,
        password_hash=hash_password(password),
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person
