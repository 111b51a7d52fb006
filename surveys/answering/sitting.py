"""A patient's visit as a request sees it: who, where, until when, and whether answers are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from surveys.access.tokens import digest
from surveys.answering.answers import Current
from surveys.answering.battery import Screen, screens_of
from surveys.db import UtcDateTime
from surveys.models import (
    Clinic,
    Ending,
    Episode,
    Patient,
    PatientLink,
    PatientSession,
    ProtocolVersion,
    Visit,
)
from surveys.protocols.model import Protocol
from surveys.protocols.store import protocol_of

IDLE = timedelta(hours=12)  # patients pause for hours; the signed item token saves even beyond
TOUCH = timedelta(minutes=5)  # not a write per page
STOPPING = ("follow_up_stopped", "consent_withdrawn", "died")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One visit opened through one link. ``now`` is the domain clock, ``real`` the session clock."""

    link: PatientLink
    visit: Visit
    episode: Episode
    patient: Patient
    clinic: Clinic
    protocol: Protocol
    now: datetime
    real: datetime
    ended: bool

    @property
    def state(self) -> str:
        """``open``, ``sent`` or ``over``: not open yet, closed, cancelled, ended, or its link revoked."""
        if self.visit.submitted_at is not None:
            return "sent"
        stopped = self.ended or self.link.revoked_at or self.visit.cancelled_at or self.visit.closed_at
        in_window = self.visit.opens_at <= self.now < self.visit.closes_at
        return "open" if in_window and not stopped else "over"

    @property
    def may_have_fresh_link(self) -> bool:
        """Whether only the link is stale: the visit itself still takes answers."""
        waiting = not (self.visit.submitted_at or self.visit.cancelled_at or self.visit.closed_at)
        return waiting and not self.ended and self.visit.opens_at <= self.now < self.visit.closes_at

    @property
    def screens(self) -> tuple[Screen, ...]:
        """Every screen of the visit, in order."""
        return screens_of(self.protocol, self.visit.timepoint)

    def screen(self, instrument: str, position: int) -> Screen | None:
        """Return the screen at an address, or None where the visit does not ask it."""
        found = (s for s in self.screens if s.instrument == instrument and s.position == position)
        return next(found, None)

    def first_unanswered(self, current: Mapping[tuple[str, str], Current]) -> Screen | None:
        """Return where to resume, or None where every item is answered or declined."""
        return next((s for s in self.screens if not _settled(current, s)), None)


def _settled(current: Mapping[tuple[str, str], Current], screen: Screen) -> bool:
    answer = current.get((screen.instrument, screen.item.code))
    return answer is not None and answer.settled


def by_link(session: Session, which: ColumnElement[bool]) -> Sitting | None:
    """Return the sitting of a link inside the bound clinic, in one statement."""
    row = session.execute(_everything().where(which)).one_or_none()
    return _sitting(row) if row else None


def by_token(session: Session, token: str) -> Sitting | None:
    """Return the sitting of a mailed token."""
    return by_link(session, PatientLink.token_digest == digest(token))


def by_session(session: Session, token: str) -> tuple[Sitting, PatientSession] | None:
    """Return sitting and session of a cookie's token; None where unknown, revoked or idle over 12 hours."""
    row = session.execute(
        _everything()
        .add_columns(PatientSession)
        .join(PatientSession, PatientSession.link_id == PatientLink.id)
        .where(
            PatientSession.token_digest == digest(token),
            PatientSession.revoked_at.is_(None),
            PatientSession.last_seen_at > func.clock_timestamp() - IDLE,
        )
    ).one_or_none()
    if row is None:
        return None
    sitting, browser = _sitting(row[:9]), row[9]
    if sitting.real - browser.last_seen_at > TOUCH:
        browser.last_seen_at = sitting.real
    return sitting, browser


def _sitting(row: Sequence[Any]) -> Sitting:
    link, visit, episode, patient, clinic, version, now, real, ended = row
    return Sitting(link, visit, episode, patient, clinic, protocol_of(version), now, real, bool(ended))


def next_visit(session: Session, sitting: Sitting) -> Visit | None:
    """Return the episode's next visit that has not opened yet."""
    later = (
        Visit.episode_id == sitting.episode.id,
        Visit.opens_at > sitting.now,
        Visit.cancelled_at.is_(None),
    )
    return session.scalar(select(Visit).where(*later).order_by(Visit.opens_at).limit(1))


def has_answers(current: Mapping[tuple[str, str], Current]) -> bool:
    """Whether anything is answered or declined."""
    return any(answer.settled for answer in current.values())


def visit_of(link_id: UUID) -> ColumnElement[bool]:
    """Return the condition for ``by_link`` that names a link by its id."""
    return PatientLink.id == link_id


def _everything() -> Select[PatientLink, Visit, Episode, Patient, Clinic, ProtocolVersion, datetime, datetime, bool]:
    ended = exists().where(Ending.episode_id == Episode.id, Ending.kind.in_(STOPPING), Ending.revoked_at.is_(None))
    moments = (func.app_now(type_=UtcDateTime()), func.clock_timestamp(type_=UtcDateTime()))
    return (
        select(PatientLink, Visit, Episode, Patient, Clinic, ProtocolVersion, *moments, ended)
        .join(Visit, Visit.id == PatientLink.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .join(Clinic, Clinic.id == PatientLink.clinic_id)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    )
