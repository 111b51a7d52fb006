"""Two records of one person as one, and apart again: episodes move, nothing is copied, every change is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.links import revoke_issued_since, revoke_links
from surveys.db import uuid7
from surveys.models import Clinic, Consent, Ending, Episode, Merge, Patient, ProtocolVersion, Response, Visit
from surveys.outbox.suppressing import wait_for_hand_overs
from surveys.pathway.endings import PERSON_WIDE, record_ending
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, active_endings, replan, visits_of
from surveys.people.holding import hold_records
from surveys.privacy.changes import between, take_back
from surveys.privacy.rows import Rows, rows_of
from surveys.schedule import local_date

TOUCHED = ("patient", "consent", "episode", "visit", "ending", "message", "patient_link", "staff_task")
SAME_PERSON = "The same person under two numbers: one episode goes on"


class MergeError(ValueError):
    """Why two records stay apart, or together; the text says what to do first."""


def merge(
    session: Session, clinic: Clinic, kept: Patient, duplicate: Patient, *, reason: str, actor: Actor, now: datetime
) -> Merge:
    """Move the duplicate's episodes to the record that is kept; raises MergeError.

    A consent stands where the person's latest act gave it. Links sent to another address stop. Of two running
    episodes under one protocol the one with more answers goes on, so that nobody is asked twice.
    """
    both = (kept.id, duplicate.id)
    hold_records(session, both)
    wait_for_hand_overs(session, both)  # a link about to go to the other address stops as well
    _refuse(session, kept, duplicate)
    before = rows_of(session, both, TOUCHED)
    moved = list(session.scalars(select(Episode).where(Episode.patient_id == duplicate.id).order_by(Episode.id)))
    own = list(session.scalars(select(Episode).where(Episode.patient_id == kept.id).order_by(Episode.id)))
    _join_consents(session, kept, before, now=now)
    _stop_links(session, kept, duplicate, moved, now=now)
    for episode in moved:
        episode.patient_id = kept.id
    duplicate.merged_into = kept.id
    session.flush()
    _ask_once(session, clinic, kept, own, moved, actor=actor, now=now)
    for episode in (*own, *moved):
        replan(session, clinic, episode, now=now)
    row = Merge(
        clinic_id=clinic.id,
        id=uuid7(),
        kept_id=kept.id,
        merged_id=duplicate.id,
        changes=between(before, rows_of(session, both, TOUCHED)),
        reason=reason,
        merged_at=now,
        merged_by=actor.staff_id,
    )
    session.add(row)
    _note(session, row, "patients_merged", reason, actor=actor, now=now)
    session.flush()
    return row


def unmerge(session: Session, clinic: Clinic, row: Merge, *, reason: str, actor: Actor, now: datetime) -> int:
    """Part two records again; returns how many columns had moved on since and keep their newer value.

    Links to the parted episodes that went to the other record's address stop. Raises MergeError where it was undone
    before, or the person was erased since.
    """
    hold_records(session, (row.kept_id, row.merged_id))
    wait_for_hand_overs(session, (row.kept_id,))  # a link about to go to the address kept so far stops as well
    kept = session.get_one(Patient, row.kept_id)
    if row.undone_at is not None:
        raise MergeError("These records are apart already.")
    if kept.erased_at is not None:
        raise MergeError("The person was erased since, so there is nothing to part.")
    session.flush()
    moved_on = take_back(session, row.changes)
    _stop_links_since(session, row, now)
    both = select(Episode).where(Episode.patient_id.in_((row.kept_id, row.merged_id))).order_by(Episode.id)
    for episode in session.scalars(both).all():
        replan(session, clinic, episode, now=now)
    row.undone_at, row.undone_by = now, actor.staff_id
    _note(session, row, "patients_parted", reason, actor=actor, now=now)
    session.flush()
    return moved_on


def _refuse(session: Session, kept: Patient, duplicate: Patient) -> None:
    if kept.id == duplicate.id:
        raise MergeError("These are the same record. Choose two.")
    if kept.erased_at or duplicate.erased_at:
        raise MergeError("An erased record cannot be merged: nobody can say whose it was.")
    if kept.merged_into or duplicate.merged_into:
        raise MergeError("One of these records was merged already. Merge the one that was kept.")
    if session.scalar(select(func.count()).select_from(Patient).where(Patient.merged_into == duplicate.id)):
        raise MergeError("Another record was merged into this duplicate. Keep this one instead, or part them first.")
    if _person_wide(session, kept) != _person_wide(session, duplicate):
        raise MergeError("One record says that the person died or withdrew consent. Record it on the other first.")


def _person_wide(session: Session, patient: Patient) -> frozenset[str]:
    """Endings that hold for the person; a record without an episode agrees with any."""
    theirs = select(Ending.kind).join(Episode, Episode.id == Ending.episode_id)
    standing = (Episode.patient_id == patient.id, Ending.revoked_at.is_(None), Ending.kind.in_(PERSON_WIDE))
    return frozenset(session.scalars(theirs.where(*standing)))


def _join_consents(session: Session, kept: Patient, before: Rows, *, now: datetime) -> None:
    """Let the latest act of each kind decide; the duplicate's rows stay with it as they are."""
    for kind in sorted({row["kind"] for row in before["consent"]}):
        rows = [row for row in before["consent"] if row["kind"] == kind]
        latest = max(rows, key=lambda row: (row["withdrawn_at"] or row["given_at"], row["id"]))
        standing = next((row for row in rows if row["patient_id"] == kept.id and row["withdrawn_at"] is None), None)
        if latest["withdrawn_at"] is None and standing is None:
            session.add(Consent(**{**latest, "id": uuid7(), "patient_id": kept.id}))
        elif latest["withdrawn_at"] is not None and standing is not None:
            session.execute(update(Consent).where(Consent.id == standing["id"]).values(withdrawn_at=now))
    session.flush()


def _stop_links(
    session: Session, kept: Patient, duplicate: Patient, moved: Sequence[Episode], *, now: datetime
) -> None:
    for episode in () if _same_mailbox(kept, duplicate) else moved:
        for visit in visits_of(session, episode.id):
            revoke_links(session, visit.id, now)


def _stop_links_since(session: Session, row: Merge, now: datetime) -> None:
    """While the records were one, links to the moved episodes went to the address of the record that was kept."""
    kept, parted = session.get_one(Patient, row.kept_id), session.get_one(Patient, row.merged_id)
    if not _same_mailbox(kept, parted):
        theirs = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == parted.id)
        revoke_issued_since(session, session.scalars(theirs).all(), row.merged_at, now)


def _same_mailbox(one: Patient, other: Patient) -> bool:
    return (one.email_index, one.phone_index) == (other.email_index, other.phone_index)


def _ask_once(
    session: Session,
    clinic: Clinic,
    kept: Patient,
    own: Sequence[Episode],
    moved: Sequence[Episode],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    day = local_date(now, ZoneInfo(kept.time_zone))
    for other in moved:
        twin = next((e for e in own if _running(session, e) and _code(session, e) == _code(session, other)), None)
        if twin is not None and _running(session, other):
            over = other if _answered(session, twin.id) >= _answered(session, other.id) else twin
            kind = "follow_up_stopped"
            record_ending(session, clinic, over, kind, day, reason=SAME_PERSON, actor=actor, now=now)


def _running(session: Session, episode: Episode) -> bool:
    return not {ending.kind for ending in active_endings(session, episode.id)} & STOPS_FOLLOW_UP


def _code(session: Session, episode: Episode) -> str:
    return session.get_one(ProtocolVersion, episode.protocol_id).code


def _answered(session: Session, episode_id: UUID) -> int:
    theirs = select(func.count(Response.id)).join(Visit, Visit.id == Response.visit_id)
    return session.scalar(theirs.where(Visit.episode_id == episode_id)) or 0


def _note(session: Session, row: Merge, action: str, reason: str, *, actor: Actor, now: datetime) -> None:
    """One audit row for each record, so that either one's history tells it."""
    for mine, other in ((row.kept_id, row.merged_id), (row.merged_id, row.kept_id)):
        new = {"merge": str(row.id), "with": str(other), "kept": str(row.kept_id)}
        record(session, row.clinic_id, actor, action, ("patient", mine), now=now, new=new, reason=reason)
