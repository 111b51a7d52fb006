"""Staff sessions, kept as rows: who a browser belongs to, for how long, and how to end it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.tokens import digest, new_token
from surveys.db import UNSYNCED
from surveys.models import Staff, StaffSession

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
FRESH = timedelta(minutes=10)  # how long a proof of identity is good for sensitive acts


@dataclass(frozen=True)
class Identity:
    """The signed-in staff member of a request. ``fresh``: proved who they are within ten minutes."""

    clinic_id: UUID
    staff_id: UUID
    name: str
    role: str
    session_id: UUID
    method: str
    fresh: bool

    @property
    def actor(self) -> Actor:
        """This person as the actor of an audit row."""
        return Actor("staff", self.staff_id)


def open_session(
    session: Session,
    person: Staff,
    *,
    now: datetime,
    method: str = "password",
    browser: str | None = None,
    proved_at: datetime | None = None,
) -> str:
    """Add a session row and return its token for the cookie. ``proved_at``: when the person did, if not just now."""
    token = new_token()
    session.add(
        StaffSession(
            clinic_id=person.clinic_id,
            staff_id=person.id,
            token_digest=digest(token),
            created_at=now,
            last_seen_at=now,
            authenticated_at=proved_at or now,
            method=method,
            browser=browser,
        )
    )
    how = {"method": method}
    record(session, person.clinic_id, Actor("staff", person.id), "signed_in", ("staff", person.id), now=now, new=how)
    return token


def identify(session: Session, token: str, *, now: datetime) -> Identity | None:
    """Return who the session belongs to, or None where it is unknown, idle over 15 min, over 12 h old or revoked."""
    live = select(StaffSession, Staff).join(Staff, Staff.id == StaffSession.staff_id).where(*_live(now))
    row = session.execute(live.where(StaffSession.token_digest == digest(token))).one_or_none()
    if row is None:
        return None
    seen, person = row
    if now - seen.last_seen_at > timedelta(minutes=1):  # not a write per page
        seen.last_seen_at = now
    fresh = (seen.authenticated_at or seen.created_at) > now - FRESH
    return Identity(person.clinic_id, person.id, person.name, person.role, seen.id, seen.method, fresh)


def renew(session: Session, session_id: UUID, *, now: datetime) -> str:
    """Give the session another token, since the person has just proved who they are; the old one is dead."""
    token = new_token()
    values = {"token_digest": digest(token), "authenticated_at": now, "last_seen_at": now}
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(**values))
    return token


def close_session(session: Session, token: str, *, now: datetime) -> None:
    """Revoke the session of a cookie, if there is one that still lives, and record who left."""
    ended = (
        update(StaffSession)
        .where(StaffSession.token_digest == digest(token), StaffSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(StaffSession.clinic_id, StaffSession.staff_id)
    )
    for clinic_id, staff_id in session.execute(ended, execution_options=UNSYNCED).all():
        record(session, clinic_id, Actor("staff", staff_id), "signed_out", ("staff", staff_id), now=now)


def close_all(session: Session, staff_id: UUID, *, now: datetime, but: UUID | None = None) -> int:
    """Revoke every session of a person, except the one that does it; returns how many."""
    theirs = [StaffSession.staff_id == staff_id, StaffSession.revoked_at.is_(None)]
    if but:
        theirs.append(StaffSession.id != but)
    ended = update(StaffSession).where(*theirs).values(revoked_at=now).returning(StaffSession.id)
    return len(session.execute(ended, execution_options=UNSYNCED).all())


def close_one(session: Session, staff_id: UUID, session_id: UUID, *, now: datetime) -> bool:
    """Revoke one session of the person; False where it is not theirs or is over."""
    theirs = StaffSession.staff_id == staff_id, StaffSession.id == session_id, StaffSession.revoked_at.is_(None)
    ended = update(StaffSession).where(*theirs).values(revoked_at=now).returning(StaffSession.id)
    return bool(session.execute(ended, execution_options=UNSYNCED).all())


def open_sessions(session: Session, staff_id: UUID, *, now: datetime) -> Sequence[StaffSession]:
    """Return the person's live sessions, last used first."""
    theirs = select(StaffSession).where(StaffSession.staff_id == staff_id, *_live(now, joined=False))
    return session.scalars(theirs.order_by(StaffSession.last_seen_at.desc())).all()


def last_seen(session: Session) -> dict[UUID, datetime]:
    """Return when each person of the bound clinic was last here."""
    newest = select(StaffSession.staff_id, func.max(StaffSession.last_seen_at)).group_by(StaffSession.staff_id)
    return {row[0]: row[1] for row in session.execute(newest)}


def _live(now: datetime, *, joined: bool = True) -> list[ColumnElement[bool]]:
    rules = [
        StaffSession.revoked_at.is_(None),
        StaffSession.last_seen_at > now - IDLE,
        StaffSession.created_at > now - ABSOLUTE,
    ]
    return [*rules, Staff.disabled_at.is_(None)] if joined else rules
