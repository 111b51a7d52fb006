"""What a change of details does to a patient's open tasks: a mended address needs nobody, a new number a new try."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.answering.languages import asked_in
from surveys.models import Episode, Patient, ProtocolVersion, StaffTask, Visit
from surveys.outbox.staff_tasks import ABOUT_VISIT, close_tasks, log
from surveys.pathway.reach import is_reachable
from surveys.protocols.store import protocol_of

UNREACHED = ("bounced", "no_channel")


def note_change(session: Session, patient: Patient, changed: Set[str], *, actor: Actor, now: datetime) -> None:
    """Close what is settled once messages reach the patient; after a new number somebody may try again today."""
    if is_reachable(session, patient, patient.channel):
        close_tasks(session, _visits(session, patient), "details_changed", now=now, by=actor, kinds=UNREACHED)
    if "language" in changed:
        note_language(session, patient, actor=actor, now=now)
    if "phone" not in changed:
        return
    for task in _open(session, patient, ABOUT_VISIT):
        task.next_try_on = None
        log(session, task.clinic_id, task.id, None, "phone_changed", by=actor, now=now)
    session.flush()


def note_language(session: Session, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Close what asks for another language at each visit that can now be asked in the patient's."""
    theirs = select(Visit.id, Visit.timepoint, ProtocolVersion).join(Episode, Episode.id == Visit.episode_id)
    theirs = theirs.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    visits = session.execute(theirs.where(Episode.patient_id == patient.id)).all()
    spoken = [each.id for each in visits if asked_in(protocol_of(each[2]), each.timepoint, patient.language)]
    close_tasks(session, spoken, "details_changed", now=now, by=actor, kinds=("language",))


def note_lifted(session: Session, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Messages may go to an address or number again: close what is settled for everybody who is written to there.

    The others' log says why, as nobody touched their own details.
    """
    note_change(session, patient, frozenset(), actor=actor, now=now)
    for other in _sharing(session, patient):
        if is_reachable(session, other, other.channel):
            for task in _open(session, other, UNREACHED):
                log(session, task.clinic_id, task.id, None, "address_freed", by=actor, now=now)
            close_tasks(session, _visits(session, other), "address_freed", now=now, by=actor, kinds=UNREACHED)


def _sharing(session: Session, patient: Patient) -> Sequence[Patient]:
    """Whoever has the patient's address or number too, and is written to by it."""
    by_mail = (Patient.email_index == patient.email_index) & (Patient.channel == "email")
    by_text = (Patient.phone_index == patient.phone_index) & (Patient.channel == "sms")
    others = select(Patient).where(by_mail | by_text, Patient.id != patient.id, Patient.erased_at.is_(None))
    return session.scalars(others.order_by(Patient.id)).all()


def _visits(session: Session, patient: Patient) -> Sequence[UUID]:
    visits = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id)
    return session.scalars(visits).all()


def _open(session: Session, patient: Patient, kinds: Sequence[str]) -> Sequence[StaffTask]:
    theirs = StaffTask.visit_id.in_(_visits(session, patient)), StaffTask.kind.in_(kinds)
    return session.scalars(select(StaffTask).where(*theirs, StaffTask.closed_at.is_(None))).all()
