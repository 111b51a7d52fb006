"""Sign-ins half done: the password was right, the second factor is still asked for. Ten minutes, one browser."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveys.access.tokens import digest, new_token
from surveys.models import PendingSignIn, Staff

LIFE = timedelta(minutes=10)


def begin(session: Session, person: Staff, *, now: datetime) -> str:
    """Add a row and return its token for a cookie, which opens nothing but the second step; forget older ones."""
    token = new_token()
    over = PendingSignIn.staff_id == person.id, PendingSignIn.created_at <= now - LIFE
    session.execute(delete(PendingSignIn).where(*over))
    row = PendingSignIn(
        clinic_id=person.clinic_id, staff_id=person.id, token_digest=digest(token), created_at=now, ended_at=None
    )
    session.add(row)
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> Staff | None:
    """Return the person who is signing in, or None where it took too long, is over or the account is disabled."""
    live = (
        PendingSignIn.token_digest == digest(token),
        PendingSignIn.ended_at.is_(None),
        PendingSignIn.created_at > now - LIFE,
        Staff.disabled_at.is_(None),
    )
    return session.scalar(select(Staff).join(PendingSignIn, PendingSignIn.staff_id == Staff.id).where(*live))


def end(session: Session, token: str, *, now: datetime) -> None:
    """Use the sign-in up."""
    mine = PendingSignIn.token_digest == digest(token), PendingSignIn.ended_at.is_(None)
    session.execute(update(PendingSignIn).where(*mine).values(ended_at=now))


def end_all(session: Session, staff_id: UUID, *, now: datetime) -> None:
    """Stop every sign-in of a person that is half done: the password it rests on has changed."""
    theirs = PendingSignIn.staff_id == staff_id, PendingSignIn.ended_at.is_(None)
    session.execute(update(PendingSignIn).where(*theirs).values(ended_at=now))
