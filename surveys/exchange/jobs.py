"""Long work that somebody asked for: rows taken under a lease, and the file that comes of it in parts.

A fence rises with each taking. Whoever writes for a job names the fence it was taken with; a worker that was overtaken,
or whose job was cancelled, is told so by ``LostError`` and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, Actor, record
from surveys.access.keys.encryption import Vault
from surveys.db import UNSYNCED, uuid7
from surveys.models import Job, JobPart

LEASE = timedelta(minutes=3)
KEPT = timedelta(hours=24)  # a finished file
TRIES = 3  # workers that may die of one job
MOST_OPEN = 5  # jobs of one clinic that wait or run
OPEN = ("waiting", "running")
PLACE = ("job_part", "content")  # in which a piece of a file is sealed


class LostError(Exception):
    """The job is no longer this worker's: it was cancelled, or its lease ran out and another has it."""


class BusyError(Exception):
    """The clinic has as many jobs as it may have at once."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job in somebody's hands."""

    id: UUID
    clinic_id: UUID
    kind: str
    fence: int
    arguments: dict[str, Any]


def ask(
    session: Session,
    clinic_id: UUID,
    kind: str,
    arguments: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> Job:
    """Put a job into the queue, with an audit row. ``now``: the real clock. Raises BusyError."""
    waiting = select(func.count()).select_from(Job).where(Job.clinic_id == clinic_id, Job.state.in_(OPEN))
    if (session.scalar(waiting) or 0) >= MOST_OPEN:
        raise BusyError
    job = Job(
        clinic_id=clinic_id,
        id=uuid7(),
        kind=kind,
        state="waiting",
        arguments=arguments,
        requested_by=actor.staff_id,
        requested_at=now,
    )
    session.add(job)
    session.flush()
    record(session, clinic_id, actor, f"{kind}_asked", ("job", job.id), now=now, new=arguments, reason=reason)
    return job


def take(session: Session, clinic_id: UUID, *, now: datetime, lease: timedelta = LEASE) -> Taken | None:
    """Take the clinic's oldest job that waits or was let go by its worker; what there is of its file is begun anew."""
    free = or_(Job.state == "waiting", and_(Job.state == "running", Job.lease_until < now))
    wanted = select(Job).where(Job.clinic_id == clinic_id, free).order_by(Job.requested_at, Job.id).limit(1)
    job = session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()
    if job is None:
        return None
    _drop_parts(session, job.clinic_id, job.id)
    if job.fence >= TRIES:
        _end(job, "failed", {"problem": "died"}, now)
        return take(session, clinic_id, now=now, lease=lease)
    job.state, job.fence, job.progress, job.lease_until = "running", job.fence + 1, 0, now + lease
    session.flush()
    return Taken(job.id, job.clinic_id, job.kind, job.fence, job.arguments)


def renew(session: Session, taken: Taken, progress: int, *, now: datetime, lease: timedelta = LEASE) -> None:
    """Say that the worker is alive, and how far it is in thousandths. Raises LostError."""
    held = update(Job).where(*_held(taken)).values(progress=progress, lease_until=now + lease)
    if not session.execute(held.execution_options(**UNSYNCED)).rowcount:  # type: ignore[attr-defined]
        raise LostError


def add_part(session: Session, vault: Vault, taken: Taken, number: int, content: bytes) -> None:
    """Keep a piece of the file, sealed: an identified one holds chart numbers. Raises LostError."""
    _hold(session, taken)
    sealed = vault.seal_bytes(content, *PLACE, taken.id)
    session.add(JobPart(clinic_id=taken.clinic_id, job_id=taken.id, number=number, content=sealed))
    session.flush()


def finish(session: Session, taken: Taken, result: dict[str, Any], *, now: datetime) -> None:
    """The file is whole: it stands ready until it expires. Raises LostError."""
    job = _hold(session, taken)
    job.progress, job.expires_at = 1000, now + KEPT
    _end(job, "done", result, now)
    record(session, taken.clinic_id, SYSTEM, f"{taken.kind}_made", ("job", taken.id), now=now, new=result)


def fail(session: Session, taken: Taken, problem: str, *, now: datetime) -> None:
    """It cannot be done; ``problem``: a code that the page has a sentence for. Raises LostError."""
    job = _hold(session, taken)
    _drop_parts(session, taken.clinic_id, taken.id)
    _end(job, "failed", {"problem": problem}, now)


def give_back(session: Session, taken: Taken) -> None:
    """Leave it to another worker, since this one is to stop. Raises LostError."""
    job = _hold(session, taken)
    _drop_parts(session, taken.clinic_id, taken.id)
    job.state, job.lease_until, job.fence = "waiting", None, job.fence - 1


def cancel(session: Session, job_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Stop a job that waits or runs; returns whether it did."""
    job = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one()
    if job.state not in OPEN:
        return False
    _drop_parts(session, job.clinic_id, job.id)
    _end(job, "cancelled", None, now)
    record(session, job.clinic_id, actor, f"{job.kind}_cancelled", ("job", job.id), now=now)
    return True


def expire(session: Session, clinic_id: UUID, *, now: datetime) -> int:
    """Delete the files whose time is over; returns how many."""
    over = select(Job).where(Job.clinic_id == clinic_id, Job.state == "done", Job.expires_at <= now)
    jobs = session.scalars(over.with_for_update(skip_locked=True)).all()
    for job in jobs:
        _drop_parts(session, clinic_id, job.id)
        job.state = "expired"
    return len(jobs)


def listed(session: Session, clinic_id: UUID, kind: str, asked_by: UUID | None) -> Sequence[Job]:
    """The newest jobs of a kind: one person's, or with None everybody's."""
    wanted = select(Job).where(Job.clinic_id == clinic_id, Job.kind == kind)
    if asked_by is not None:
        wanted = wanted.where(Job.requested_by == asked_by)
    return session.scalars(wanted.order_by(Job.requested_at.desc(), Job.id.desc()).limit(50)).all()


def part(session: Session, vault: Vault, job_id: UUID, number: int) -> bytes | None:
    """One piece of a job's file; None after the last. Raises DecryptionError where it is not what was kept."""
    sealed = session.scalar(select(JobPart.content).where(JobPart.job_id == job_id, JobPart.number == number))
    return None if sealed is None else vault.open_bytes(sealed, *PLACE, job_id)


def _held(taken: Taken) -> tuple[Any, ...]:
    return (Job.clinic_id == taken.clinic_id, Job.id == taken.id, Job.state == "running", Job.fence == taken.fence)


def _hold(session: Session, taken: Taken) -> Job:
    job = session.scalars(select(Job).where(*_held(taken)).with_for_update()).one_or_none()
    if job is None:
        raise LostError
    return job


def _end(job: Job, state: str, result: dict[str, Any] | None, now: datetime) -> None:
    job.state, job.result, job.lease_until, job.finished_at = state, result, None, now


def _drop_parts(session: Session, clinic_id: UUID, job_id: UUID) -> None:
    session.execute(delete(JobPart).where(JobPart.clinic_id == clinic_id, JobPart.job_id == job_id))
