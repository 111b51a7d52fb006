"""One line of the queue: whom to call about which visit, why, and what to do best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, any_, literal, select
from sqlalchemy.orm import Session

from surveys.models import Clinic, Patient, Staff, StaffTask, StaffTaskLog, Visit
from surveys.schedule import local_date
from surveys.workqueue.waiting import FIRST, LEFT_ALONE, Episodes, waiting_visits

IN_VAIN = 3  # calls that nobody answered
NOBODY = ("no_answer", "voicemail")


@dataclass(frozen=True)
class Attempt:
    """What somebody tried; ``outcome`` None: a note, and no attempt."""

    at: datetime
    by: str | None
    outcome: str | None
    note: str


@dataclass(frozen=True)
class Call:
    """A visit that waits for a person. ``attempts``: oldest first; ``ends_on``: the last day that takes answers."""

    patient: Patient
    visit: Visit
    reasons: tuple[str, ...]
    primary: bool
    is_open: bool
    begun: bool
    may_phone: bool
    later: bool
    paused: bool
    next_try_on: date | None
    ends_on: date
    days_left: int
    attempts: tuple[Attempt, ...]

    @property
    def last(self) -> Attempt | None:
        """The newest line of the log."""
        return self.attempts[-1] if self.attempts else None

    @property
    def callable(self) -> bool:
        """Whether the patient may be called and a number is there."""
        return self.may_phone and self.patient.phone_index is not None

    @property
    def action(self) -> str:
        """The best next step, as a code."""
        return next_action(self)


def next_action(call: Call) -> str:
    """What helps most: first what keeps everything else from helping."""
    last = call.last.outcome if call.last else None
    if "birth_year" in call.reasons:
        return "new_link"
    if not call.may_phone:
        return "ask_permission"
    if call.patient.phone_index is None or last == "wrong_number":
        return "find_number"
    if {"bounced", "address_bounced"} & set(call.reasons):
        return "mend_address"
    if "language" in call.reasons:
        return "ask_language"
    return _by_attempts(call, last) if call.is_open else "another_way"


def _by_attempts(call: Call, last: str | None) -> str:
    if last == "promised":
        return "remind_promise"
    vain = [each.outcome for each in call.attempts if each.outcome][-IN_VAIN:]
    if len(vain) == IN_VAIN and all(outcome in NOBODY for outcome in vain):
        return "another_hour"
    return "finish_begun" if call.begun else "interview"


def calls(
    session: Session,
    clinic: Clinic,
    *,
    now: datetime,
    later: bool = False,
    reason: str | None = None,
    limit: int = 50,
    among: Episodes | None = None,
) -> list[Call]:
    """Today's calls, or those of later days, in their order: the primary timepoint, the window's end, the next try."""
    rows = waiting_visits(session, clinic, now=now, among=among)
    wanted = select(rows, Visit, Patient).join(Visit, Visit.id == rows.c.visit_id)
    wanted = wanted.join(Patient, Patient.id == rows.c.patient_id).where(rows.c.later == later)
    if reason:
        wanted = wanted.where(rows.c.kinds.is_(None) if reason == LEFT_ALONE else literal(reason) == any_(rows.c.kinds))
    order = (rows.c.rank, rows.c.closes_at, rows.c.next_try_on.asc().nulls_first(), rows.c.number, rows.c.visit_id)
    return _read(session, clinic, wanted.order_by(*order).limit(limit), now)


def call_of(session: Session, clinic: Clinic, visit: Visit, *, now: datetime) -> Call | None:
    """The visit's line; None where it waits for nobody."""
    rows = waiting_visits(session, clinic, now=now)
    wanted = select(rows, Visit, Patient).join(Visit, Visit.id == rows.c.visit_id)
    wanted = wanted.join(Patient, Patient.id == rows.c.patient_id).where(rows.c.visit_id == visit.id)
    return next(iter(_read(session, clinic, wanted, now)), None)


def _read(session: Session, clinic: Clinic, wanted: Select[Any], now: datetime) -> list[Call]:
    found = session.execute(wanted).all()
    tried = attempts_of(session, [row.visit_id for row in found])
    today = local_date(now, ZoneInfo(clinic.time_zone))
    return [_call(row, tried.get(row.visit_id, ()), today, now) for row in found]


def _call(row: Row[Any], attempts: Sequence[Attempt], today: date, now: datetime) -> Call:
    patient, visit = row.Patient, row.Visit
    last_day = local_date(visit.closes_at - timedelta(microseconds=1), ZoneInfo(patient.time_zone))
    own = [row.problem] if row.problem else []
    return Call(
        patient,
        visit,
        tuple(dict.fromkeys([*sorted(row.kinds or ()), *own])) or (LEFT_ALONE,),
        row.rank == FIRST,
        visit.opens_at <= now,
        row.begun,
        row.may_phone,
        row.later,
        row.paused,
        row.next_try_on,
        last_day,
        (last_day - today).days,
        tuple(attempts),
    )


def attempts_of(session: Session, visit_ids: Sequence[UUID]) -> Mapping[UUID, list[Attempt]]:
    """What was tried about each visit, oldest first."""
    wanted = (
        select(StaffTask.visit_id, StaffTaskLog, Staff.name)
        .join(StaffTask, StaffTask.id == StaffTaskLog.task_id)
        .join(Staff, Staff.id == StaffTaskLog.staff_id, isouter=True)
        .where(StaffTask.visit_id.in_(visit_ids))
        .order_by(StaffTaskLog.at, StaffTaskLog.id)
    )
    tried: dict[UUID, list[Attempt]] = {}
    for visit_id, line, name in session.execute(wanted):
        tried.setdefault(visit_id, []).append(Attempt(line.at, name, line.outcome, line.note))
    return tried
