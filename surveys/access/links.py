"""Patient links: a random token opens one visit; the database keeps only its digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.tokens import digest, new_token
from surveys.db import uuid7
from surveys.models import PatientLink, PatientSession, Visit


def issue_link(session: Session, visit: Visit, *, now: datetime) -> str:
    """Add a link to the visit and return its token; older links of the visit keep working."""
    return issue_links(session, [visit], now=now)[visit.id]


def issue_links(session: Session, visits: Sequence[Visit], *, now: datetime) -> dict[UUID, str]:
    """Add a link to each visit, all in one statement; return the tokens by visit."""
    tokens = {visit.id: new_token() for visit in visits}
    links = [_link(visit, tokens[visit.id], now) for visit in visits]
    if links:
        session.execute(insert(PatientLink), links)
    return tokens


def _link(visit: Visit, token: str, now: datetime) -> dict[str, object]:
    whose = {"clinic_id": visit.clinic_id, "visit_id": visit.id}
    return {**whose, "id": uuid7(), "token_digest": digest(token), "created_at": now}


def link_url(base: str, token: str) -> str:
    """Return the address a patient opens."""
    return f"{base}/q/{token}"


def revoke_links(session: Session, visit_id: UUID, now: datetime) -> None:
    """Stop every link of the visit, and with them the sessions they opened."""
    live = (PatientLink.visit_id == visit_id, PatientLink.revoked_at.is_(None))
    session.execute(update(PatientLink).where(*live).values(revoked_at=now))


def end_sessions(session: Session, visit_id: UUID, now: datetime) -> None:
    """End the sessions of a visit that was sent: they still show what came of it, whatever became of the link."""
    live = (PatientSession.visit_id == visit_id, PatientSession.revoked_at.is_(None))
    session.execute(update(PatientSession).where(*live).values(revoked_at=now))


def revoke_issued_since(session: Session, visit_ids: Sequence[UUID], since: datetime, now: datetime) -> None:
    """Stop the visits' links that were issued from a moment on, and end the sessions they opened."""
    of_visits = PatientLink.visit_id.in_(visit_ids), PatientLink.created_at >= since
    sessions = PatientSession.link_id.in_(select(PatientLink.id).where(*of_visits)), PatientSession.revoked_at.is_(None)
    session.execute(update(PatientSession).where(*sessions).values(revoked_at=now))
    session.execute(update(PatientLink).where(*of_visits, PatientLink.revoked_at.is_(None)).values(revoked_at=now))


def reissue_link(session: Session, visit: Visit, *, actor: Actor, now: datetime) -> str:
    """Stop every link of the visit, add a new one and return its token."""
    revoke_links(session, visit.id, now)
    token = issue_link(session, visit, now=now)
    record(session, visit.clinic_id, actor, "link_reissued", ("visit", visit.id), now=now)
    return token


def end_session(session: Session, session_id: UUID, *, now: datetime) -> None:
    """End one browser's session; what it saved stays."""
    session.execute(update(PatientSession).where(PatientSession.id == session_id).values(revoked_at=now))


def find_link_clinic(session: Session, token: str) -> UUID | None:
    """Return the clinic of a link across clinics, by the one function allowed to look."""
    found: UUID | None = session.scalar(text("SELECT find_link(:token)"), {"token": digest(token)})
    return found


def find_link(session: Session, token: str) -> PatientLink | None:
    """Return the link of a token inside the bound clinic, revoked or not."""
    return session.scalar(select(PatientLink).where(PatientLink.token_digest == digest(token)))


def open_patient_session(
    session: Session,
    link: PatientLink,
    respondent: str,
    *,
    year_pending: bool = False,
    staff_id: UUID | None = None,
    kiosk: bool = False,
    now: datetime,
) -> str:
    """Let a browser append to the link's visit; return the token for its cookie.

    ``year_pending``: it may do nothing before it has given the year of birth or, on a device of the clinic, who
    fills in. ``staff_id``: who enters an interview or a paper form.
    """
    token = new_token()
    session.add(
        PatientSession(
            clinic_id=link.clinic_id,
            link_id=link.id,
            visit_id=link.visit_id,
            token_digest=digest(token),
            respondent=respondent,
            year_pending=year_pending,
            staff_id=staff_id,
            kiosk=kiosk,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return token
