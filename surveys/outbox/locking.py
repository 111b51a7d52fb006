"""The locks of the last look: patients among workers, then permissions, visits and messages.

What is read after them, by a statement of its own, sees everything committed before them: a withdrawal or a completion
under way is waited for, or passed over, and a later one waits until ``sending`` is committed. A batch passes over what
somebody else holds, so that it never waits while it holds anything and is part of no deadlock. Alone, a message waits
in the order in which everybody takes these locks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from surveys.models import Consent, Episode, Message, Visit
from surveys.outbox.claiming import Claim
from surveys.outbox.suppressing import CONTACT

KEYS = 1024  # advisory locks for one clinic's patients: a long transaction must not fill the server's table of locks


@dataclass(frozen=True)
class Owned:
    """A claimed message with its visit and patient."""

    claim: Claim
    visit_id: UUID
    patient_id: UUID


def owners(session: Session, claims: Sequence[Claim]) -> list[Owned]:
    """Return whose the claims are, in their order, without those that are void."""
    rows = session.execute(
        select(Message.id, Message.visit_id, Episode.patient_id)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .where(_still_claimed(claims))
    )
    found = {row.id: row for row in rows}
    return [Owned(mine, found[mine.id].visit_id, found[mine.id].patient_id) for mine in claims if mine.id in found]


def lock_patients(session: Session, clinic_id: UUID, patients: Iterable[UUID]) -> None:
    """Keep other workers from the same patients until the end of the transaction, so that two begin no two messages."""
    keys = sorted({patient.int % KEYS for patient in patients})
    key = func.unnest(literal(keys, ARRAY(Integer))).column_valued("key")
    session.execute(select(func.pg_advisory_xact_lock(clinic_id.int & 0x7FFFFFFF, key)))


def hold(session: Session, wanted: Sequence[Owned], *, wait: bool) -> set[UUID]:
    """Lock claimed messages with their visits and their patients' permissions; return those that are held.

    Without ``wait``, what another transaction holds is passed over. What is void is never held.
    """
    permitted = _lock_permissions(session, {each.patient_id for each in wanted}, wait=wait)
    visits = _lock_visits(session, {each.visit_id for each in wanted if each.patient_id in permitted}, wait=wait)
    free = [each.claim for each in wanted if each.patient_id in permitted and each.visit_id in visits]
    held = select(Message.id).where(_still_claimed(free)).order_by(Message.id).with_for_update(skip_locked=not wait)
    return set(session.scalars(held)) if free else set()


def hold_more(session: Session, wanted: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """Lock waiting messages beside those held, given with their visits, of patients that are held; never waits."""
    if not wanted:
        return set()
    visits = _lock_visits(session, {visit_id for _id, visit_id in wanted}, wait=False)
    ids = [message_id for message_id, visit_id in wanted if visit_id in visits]
    waiting = Message.id.in_(ids), Message.state.in_(("planned", "claimed"))
    locked = select(Message.id).where(*waiting).order_by(Message.id).with_for_update(skip_locked=True)
    return set(session.scalars(locked)) if ids else set()


def _still_claimed(claims: Sequence[Claim]) -> ColumnElement[bool]:
    """Completions, endings and replanning change the row they stop, and another worker raises its fence."""
    pairs = [(mine.id, mine.fence) for mine in claims]
    return tuple_(Message.id, Message.fence).in_(pairs) & (Message.state == "claimed")


def _lock_permissions(session: Session, patients: Collection[UUID], *, wait: bool) -> set[UUID]:
    """Lock what the patients permit, and return those of whom all is locked; withdrawing changes no message."""
    theirs = Consent.patient_id.in_(patients), Consent.kind.in_(CONTACT), Consent.withdrawn_at.is_(None)
    given = select(Consent.id, Consent.patient_id).where(*theirs).order_by(Consent.id)
    locking = given.with_for_update(read=True, of=Consent, skip_locked=not wait)
    locked = {row.id for row in session.execute(locking)}
    if wait:
        return set(patients)
    return set(patients) - {row.patient_id for row in session.execute(given) if row.id not in locked}


def _lock_visits(session: Session, ids: Collection[UUID], *, wait: bool) -> set[UUID]:
    """Lock visits as a new link of theirs does: finishing one waits, and so comes after ``sending`` or before."""
    locked = select(Visit.id).where(Visit.id.in_(ids)).order_by(Visit.id)
    return set(session.scalars(locked.with_for_update(read=True, key_share=True, skip_locked=not wait)))
