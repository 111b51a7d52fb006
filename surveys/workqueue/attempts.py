"""Logging what somebody tried, so that two people who work at once do not both call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Clinic, Consent, Episode, StaffTask, StaffTaskLog, Visit
from surveys.outbox.send_times import send_days
from surveys.outbox.staff_tasks import ABOUT_VISIT, close_tasks, log
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, active_endings
from surveys.schedule import local_date
from surveys.send_calendar import SendDays

OFFERED = ("no_answer", "voicemail", "reached", "promised", "wrong_number", "declined", "other")  # by hand
CLOSING = frozenset({"declined"})  # nobody calls about this visit again
ANSWERED = tuple(kind for kind in ABOUT_VISIT if kind != "birth_year")  # who guesses at a link is another question
WAITS = {"promised": 3, "voicemail": 2}  # days until the next try; after any other, one
MOST_DAYS = 92


class AlreadyDoneError(Exception):
    """The visit waits for nobody any more: sent, over, ended, or closed by a colleague."""


class OvertakenError(Exception):
    """Somebody else logged an attempt since the page was opened."""


@dataclass(frozen=True)
class Tried:
    """What is to be logged. ``next_try_on`` None: the usual day after such an outcome."""

    outcome: str
    note: str = ""
    next_try_on: date | None = None


def log_attempt(
    session: Session, clinic: Clinic, visit: Visit, tried: Tried, *, seen: int, actor: Actor, now: datetime
) -> date | None:
    """Log an attempt and return the day of the next; None where no other follows.

    ``seen``: how many lines of the log the person had before them. The same attempt sent twice is logged once. Raises
    AlreadyDoneError and OvertakenError, changing nothing.
    """
    lines = _lines(session, _locked(session, visit))
    if _repeated(lines, tried, seen, actor):
        return _next_try(session, visit)
    tasks = _open_tasks(session, visit, now=now)
    if len(lines) != seen:
        raise OvertakenError
    task = tasks[0] if tasks else _task(session, visit, now=now)
    log(session, clinic.id, task.id, tried.outcome, tried.note, by=actor, now=now)
    following = None if tried.outcome in CLOSING else tried.next_try_on or usual_day(session, clinic, tried, now)
    for each in tasks or [task]:
        each.next_try_on = following
    session.flush()
    if tried.outcome in CLOSING:
        close_tasks(session, [visit.id], tried.outcome, now=now, by=actor, kinds=ANSWERED)
    what = {"outcome": tried.outcome, "next_try_on": following and following.isoformat()}
    record(session, clinic.id, actor, "attempt_logged", ("visit", visit.id), now=now, new=what)
    return following


def _locked(session: Session, visit: Visit) -> Visit:
    """The visit as it stands. The locks keep an ending, a submission, a closing and a colleague apart from this."""
    session.execute(select(Episode.id).where(Episode.id == visit.episode_id).with_for_update(key_share=True))
    locked = select(Visit).where(Visit.id == visit.id).with_for_update(key_share=True)
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _next_try(session: Session, visit: Visit) -> date | None:
    still = StaffTask.visit_id == visit.id, StaffTask.kind.in_(ABOUT_VISIT), StaffTask.closed_at.is_(None)
    return session.scalar(select(func.max(StaffTask.next_try_on)).where(*still))


def _open_tasks(session: Session, visit: Visit, *, now: datetime) -> Sequence[StaffTask]:
    """The open tasks of a visit that is locked; raises AlreadyDoneError."""
    theirs = select(StaffTask).where(StaffTask.visit_id == visit.id, StaffTask.kind.in_(ABOUT_VISIT))
    tasks = session.scalars(theirs.order_by(StaffTask.opened_at, StaffTask.id).with_for_update()).all()
    waiting = [task for task in tasks if task.closed_at is None]
    decided = not waiting and any(task.outcome in CLOSING for task in tasks)
    if decided or _is_over(session, visit, now):
        raise AlreadyDoneError
    return waiting


def _is_over(session: Session, visit: Visit, now: datetime) -> bool:
    """Whether the visit takes no answers any more, or its follow-up has ended."""
    if visit.submitted_at or visit.cancelled_at or visit.closed_at or visit.closes_at <= now:
        return True
    return any(ending.kind in STOPS_FOLLOW_UP for ending in active_endings(session, visit.episode_id))


def _lines(session: Session, visit: Visit) -> Sequence[StaffTaskLog]:
    of_visit = select(StaffTaskLog).join(StaffTask, StaffTask.id == StaffTaskLog.task_id)
    return session.scalars(of_visit.where(StaffTask.visit_id == visit.id).order_by(StaffTaskLog.at)).all()


def _repeated(lines: Sequence[StaffTaskLog], tried: Tried, seen: int, actor: Actor) -> bool:
    """Whether the one line that is new is this very attempt, sent a second time."""
    if len(lines) != seen + 1:
        return False
    last = lines[-1]
    return (last.staff_id, last.outcome, last.note) == (actor.staff_id, tried.outcome, tried.note)


def _task(session: Session, visit: Visit, *, now: datetime) -> StaffTask:
    """A task for a visit that had none open, so that there is something to log about."""
    owner = select(Episode.patient_id).where(Episode.id == visit.episode_id).scalar_subquery()
    consent = Consent.patient_id == owner, Consent.kind == "contact_phone", Consent.withdrawn_at.is_(None)
    kind = "phone" if session.scalar(select(exists().where(*consent))) else "no_channel"
    known = select(StaffTask).where(StaffTask.visit_id == visit.id, StaffTask.kind == kind)
    task = session.scalars(known).one_or_none() or _new_task(session, visit, kind)
    task.opened_at, task.closed_at, task.closed_by, task.outcome = now, None, None, None
    session.flush()
    return task


def _new_task(session: Session, visit: Visit, kind: str) -> StaffTask:
    task = StaffTask(clinic_id=visit.clinic_id, id=uuid7(), visit_id=visit.id, kind=kind)
    session.add(task)
    return task


def usual_day(session: Session, clinic: Clinic, tried: Tried, now: datetime) -> date:
    """The day on which to try again where nobody chose one: a working day of the clinic."""
    working = SendDays(False, send_days(session, clinic).holidays)
    day = local_date(now, ZoneInfo(clinic.time_zone)) + timedelta(days=WAITS.get(tried.outcome, 1))
    while not working.allow(day):
        day += timedelta(days=1)
    return day


def closed_by_hand(session: Session, visit_id: UUID) -> StaffTask | None:
    """The task of the visit that a person closed, if any."""
    theirs = StaffTask.visit_id == visit_id, StaffTask.outcome.in_(CLOSING), StaffTask.closed_at.is_not(None)
    return session.scalars(select(StaffTask).where(*theirs).order_by(StaffTask.closed_at.desc()).limit(1)).one_or_none()
