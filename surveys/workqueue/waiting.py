"""Which visits wait for a person: those with an open task, and those that nothing else will reach.

A visit without a task is one that no message waits for, or whose patient no message reaches; once somebody has
decided about it, or the patient wants no more reminders, it does not come by itself again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Subquery, case, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from surveys.models import Clinic, Episode, Message, Patient, ProtocolVersion, Response, StaffTask, Visit
from surveys.models.message import OUTCOMES, WAITING
from surveys.outbox.reach import permitted
from surveys.outbox.staff_tasks import ABOUT_VISIT
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, ended_by
from surveys.protocols.store import protocol_of
from surveys.schedule import UNSCHEDULED, local_date
from surveys.workqueue.reach import reach_problem

LEFT_ALONE = "left_alone"  # the reason of a visit without a task
FIRST, USUAL, OPTIONAL, UNPLANNED = range(4)  # the primary timepoint, any, one that may be left out, nobody's plan


Episodes = Select[UUID]  # those whose visits are looked at; None: all


def waiting_visits(session: Session, clinic: Clinic, *, now: datetime, among: Episodes | None = None) -> Subquery:
    """The clinic's visits that wait for a person at ``now``, one row each; ``later``: not before another day."""
    task = StaffTask.visit_id == Visit.id, StaffTask.closed_at.is_(None), StaffTask.kind.in_(ABOUT_VISIT)
    today = local_date(now, ZoneInfo(clinic.time_zone))
    next_try = select(func.min(StaffTask.next_try_on)).where(*task).scalar_subquery()
    waits = func.bool_and(func.coalesce(StaffTask.next_try_on > today, False))  # a new task is for today
    paused = func.coalesce(Patient.paused_until > now, False)
    problem = reach_problem()
    return (
        _unsent_visits(clinic, now)
        .add_columns(
            select(func.array_agg(StaffTask.kind)).where(*task).scalar_subquery().label("kinds"),
            next_try.label("next_try_on"),
            problem.label("problem"),
            (func.coalesce(select(waits).where(*task).scalar_subquery(), False) | paused).label("later"),
            paused.label("paused"),
            permitted("contact_phone").label("may_phone"),
            exists().where(Response.visit_id == Visit.id).label("begun"),
            _rank(session, now).label("rank"),
        )
        .where(or_(exists().where(*task), (Visit.opens_at <= now) & _left_alone(problem)))
        .where(*([] if among is None else [Visit.episode_id.in_(among)]))
        .subquery()
    )


def _unsent_visits(clinic: Clinic, now: datetime) -> Select[UUID, UUID, datetime, int]:
    """Open, or still to open: what keeps messages from a patient may be known before."""
    return (
        select(
            Visit.id.label("visit_id"), Patient.id.label("patient_id"), Visit.closes_at, Patient.number.label("number")
        )
        .select_from(Visit)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(
            Visit.clinic_id == clinic.id,
            Visit.closes_at > now,
            Visit.submitted_at.is_(None),
            Visit.cancelled_at.is_(None),
            Visit.closed_at.is_(None),
            Patient.erased_at.is_(None),
            ~ended_by(STOPS_FOLLOW_UP),
        )
    )


def _left_alone(problem: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Nothing that is planned will bring the answers, and nobody has decided to leave it so."""
    to_come = exists().where(Message.visit_id == Visit.id, Message.state.in_(WAITING))
    decided = exists().where(StaffTask.visit_id == Visit.id, StaffTask.outcome.in_(OUTCOMES))
    return ~decided & ~ended_by(frozenset({"reminders_stopped"})) & (~to_come | problem.is_not(None))


def _rank(session: Session, now: datetime) -> ColumnElement[int]:
    """Which timepoint matters most is the protocol's; a clinic has a handful of versions."""
    unplanned, to_come = Visit.timepoint.startswith(UNSCHEDULED), Visit.opens_at > now
    which = tuple_(Episode.protocol_id, Visit.timepoint)
    versions = [(row.id, protocol_of(row)) for row in session.scalars(select(ProtocolVersion))]
    first = [(row_id, protocol.primary) for row_id, protocol in versions]
    optional = [(row_id, each.code) for row_id, protocol in versions for each in protocol.timepoints if each.optional]
    ranks = [(which.in_(pairs), rank) for pairs, rank in ((first, FIRST), (optional, OPTIONAL)) if pairs]
    return case((unplanned, UNPLANNED), (to_come, OPTIONAL), *ranks, else_=USUAL)


def count_waiting(
    session: Session, clinic: Clinic, *, now: datetime, later: bool = False, among: Episodes | None = None
) -> int:
    """How many visits somebody should look after today, or on later days."""
    rows = waiting_visits(session, clinic, now=now, among=among)
    return session.scalar(select(func.count()).select_from(rows).where(rows.c.later == later)) or 0


def count_patients(session: Session, clinic: Clinic, *, now: datetime) -> int:
    """Whose visits those of today are: one call is about all of a patient's."""
    rows = waiting_visits(session, clinic, now=now)
    return session.scalar(select(func.count(rows.c.patient_id.distinct())).where(~rows.c.later)) or 0


def counts_by_reason(
    session: Session, clinic: Clinic, *, now: datetime, among: Episodes | None = None
) -> Sequence[tuple[str, int]]:
    """Today's visits by the kinds of their tasks, the most frequent first; one with two kinds counts under both."""
    rows = waiting_visits(session, clinic, now=now, among=among)
    kind = func.unnest(func.coalesce(rows.c.kinds, array([LEFT_ALONE])))
    counted = select(kind.label("kind"), func.count().label("n")).where(~rows.c.later).group_by("kind")
    return [(row.kind, row.n) for row in session.execute(counted.order_by(func.count().desc(), "kind"))]
