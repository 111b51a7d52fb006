"""Endings: five ways for contact or follow-up to stop, each of them reversible.

``reminders_stopped`` cancels messages only; ``follow_up_stopped`` and ``lost`` also cancel what has not
opened; ``consent_withdrawn`` and ``died`` hold for all of the patient's episodes and revoke the links, and
the first withdraws every consent. Taking an ending back revives visits, never a consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access import links
from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Clinic, Ending, Episode, Patient
from surveys.outbox.staff_tasks import close_tasks
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, active_endings, lock, replan, visits_of
from surveys.people.patients import current_consents, withdraw

PERSON_WIDE = frozenset({"consent_withdrawn", "died"})


def record_ending(
    session: Session,
    clinic: Clinic,
    episode: Episode,
    kind: str,
    on_date: date,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> Ending:
    """Record an ending and stop what it stops; one in force already is returned as it is."""
    if kind == "consent_withdrawn":
        for consent in current_consents(session, episode.patient_id):
            withdraw(session, consent, actor=actor, now=now)
    for other in _concerned(session, episode, kind):
        _end(session, clinic, other, kind, on_date, reason=reason, actor=actor, now=now)
    return next(ending for ending in active_endings(session, episode.id) if ending.kind == kind)


def end_participation(
    session: Session,
    clinic: Clinic,
    patient: Patient,
    on_date: date,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Withdraw every consent and end all episodes; somebody without an episode has consents only."""
    for consent in current_consents(session, patient.id):
        withdraw(session, consent, actor=actor, now=now)
    first = select(Episode).where(Episode.patient_id == patient.id).order_by(Episode.id).limit(1)
    episode = session.scalars(first).one_or_none()
    if episode is not None:
        record_ending(session, clinic, episode, "consent_withdrawn", on_date, reason=reason, actor=actor, now=now)


def revoke_ending(
    session: Session, clinic: Clinic, ending: Ending, *, reason: str | None = None, actor: Actor, now: datetime
) -> None:
    """Take an ending back: visits that were cancelled stand again, at the dates they should have."""
    episode = session.get_one(Episode, ending.episode_id)
    for other in _concerned(session, episode, ending.kind):
        lock(session, other)
        for same in active_endings(session, other.id):
            if same.kind == ending.kind:
                same.revoked_at = now
                _note(session, same, actor, "ending_revoked", reason, now=now)
        session.flush()
        replan(session, clinic, other, now=now)


def _concerned(session: Session, episode: Episode, kind: str) -> Sequence[Episode]:
    if kind not in PERSON_WIDE:
        return [episode]
    return session.scalars(select(Episode).where(Episode.patient_id == episode.patient_id).order_by(Episode.id)).all()


def _end(
    session: Session,
    clinic: Clinic,
    episode: Episode,
    kind: str,
    on_date: date,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    lock(session, episode)
    if any(ending.kind == kind for ending in active_endings(session, episode.id)):
        return
    ending = Ending(
        clinic_id=clinic.id,
        id=uuid7(),
        episode_id=episode.id,
        kind=kind,
        on_date=on_date,
        reason=reason,
        recorded_at=now,
        recorded_by=actor.staff_id,
    )
    session.add(ending)
    session.flush()
    _note(session, ending, actor, "ending_recorded", None, now=now)
    _stop(session, episode, kind, now=now)
    replan(session, clinic, episode, now=now)


def _stop(session: Session, episode: Episode, kind: str, *, now: datetime) -> None:
    """Cancel waiting messages; where follow-up stops, phone calls too; where the person is bound, the links."""
    visits = visits_of(session, episode.id)
    outbox.cancel_waiting(session, *(visit.id for visit in visits), cause=kind, now=now)
    if kind in PERSON_WIDE:
        for visit in visits:
            links.revoke_links(session, visit.id, now)
    if kind in STOPS_FOLLOW_UP:
        close_tasks(session, [visit.id for visit in visits], kind, now=now)


def _note(session: Session, ending: Ending, actor: Actor, action: str, reason: str | None, *, now: datetime) -> None:
    what = {"kind": ending.kind, "on_date": ending.on_date.isoformat()}
    subject = ("ending", ending.id)
    record(session, ending.clinic_id, actor, action, subject, now=now, new=what, reason=reason)


def endings_of(session: Session, patient: Patient) -> Sequence[Ending]:
    """Every ending of the patient's episodes, those taken back too."""
    theirs = select(Ending).join(Episode, Episode.id == Ending.episode_id).where(Episode.patient_id == patient.id)
    return session.scalars(theirs.order_by(Ending.recorded_at)).all()
