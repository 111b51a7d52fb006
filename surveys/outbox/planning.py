"""Which messages a visit should have, written with the visit itself; planning twice adds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Table, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED, uuid7
from surveys.models import Clinic, Message, Patient, Visit
from surveys.outbox.send_times import send_days
from surveys.protocols.model import MAX_MESSAGES, Protocol
from surveys.schedule import UNSCHEDULED, PlannedVisit
from surveys.send_calendar import PlannedMessage, SendDays, plan_messages

CANCELLABLE = ("planned", "claimed", "held")
REVIVABLE = ("cancelled", "expired")  # never left the house, so a moved or reopened visit may plan them anew
FOR_GOOD = "reviewed"  # but what a person cancelled after a restore, as it may have left before
STALE = timedelta(days=1)  # a phone task planned this late is left out: the late message comes first
Old = Row[UUID, UUID, str, datetime, str, str, str | None]
TABLE = cast("Table", Message.__table__)  # the ORM's own insert of many rows takes twice as long


def plan(
    session: Session, clinic: Clinic, patient: Patient, visits: Sequence[Visit], protocol: Protocol, *, now: datetime
) -> None:
    """Write, move or cancel the waiting messages of an episode's visits so that they match the windows.

    No ending may be in force. Rows already handed over stay as they are, and rows that match are not
    touched. A patient without a channel gets one row per visit, at opening, which becomes a staff task.
    An unscheduled visit has none, as staff begin it with the patient there.
    """
    session.flush()
    days = send_days(session, clinic)
    wanted = {
        (visit.id, step.step): (step.due_at, channel)
        for visit in visits
        if not _over(visit, now) and not visit.timepoint.startswith(UNSCHEDULED)
        for step, channel in _steps(visit, patient, protocol, days, now)
    }
    there = _planned_before(session, visits)
    changed = [key for key in wanted if _differs(there.get(key), *wanted[key])]
    _put(session, [new_row(clinic, *key, *wanted[key], now=now) for key in changed])
    _cancel(session, [old.id for key, old in there.items() if key not in wanted], now)
    for visit in visits:
        if cause := _over(visit, now):
            cancel_waiting(session, visit.id, cause=cause, now=now)


def _over(visit: Visit, now: datetime) -> str | None:
    """Why the visit has no further messages."""
    if visit.submitted_at:
        return "completed"
    if visit.cancelled_at:
        return "visit_cancelled"
    return "window_closed" if visit.closed_at or visit.closes_at <= now else None


def _planned_before(session: Session, visits: Sequence[Visit]) -> dict[tuple[UUID, str], Old]:
    each = Message
    columns = (each.id, each.visit_id, each.step, each.due_at, each.channel, each.state, each.cause)
    theirs = Message.visit_id.in_([visit.id for visit in visits]) & (Message.issue == 1)
    return {(old.visit_id, old.step): old for old in session.execute(select(*columns).where(theirs))}


def _differs(old: Old | None, due_at: datetime, channel: str) -> bool:
    """Whether the row is missing, or may move and has to."""
    if old is None:
        return True
    if old.state == "planned":
        return (old.due_at, old.channel) != (due_at, channel)
    return old.state in REVIVABLE and old.cause != FOR_GOOD


def _steps(
    visit: Visit, patient: Patient, protocol: Protocol, days: SendDays, now: datetime
) -> list[tuple[PlannedMessage, str]]:
    """Return steps with their channel: at most four by the patient's own, the phone task by staff."""
    window = PlannedVisit(visit.timepoint, visit.due_on, visit.opens_at, visit.closes_at)
    steps = plan_messages(window, protocol.reminders, ZoneInfo(patient.time_zone), days)
    if patient.channel == "none":
        return [(step, "staff") for step in steps if step.step == "invitation"]
    mails = newest_due([step for step in steps if step.step != "phone_task"][:MAX_MESSAGES], now)
    tasks = [step for step in steps if step.step == "phone_task" and step.due_at > now - STALE]
    return [(step, patient.channel) for step in mails] + [(step, "staff") for step in tasks]


def newest_due(steps: Sequence[PlannedMessage], now: datetime) -> Sequence[PlannedMessage]:
    """What is still to come and the newest of what is due: whoever is enrolled late gets one message, no burst."""
    due = [step for step in steps if step.due_at <= now]
    return [*due[-1:], *(step for step in steps if step.due_at > now)]


def _put(session: Session, rows: list[dict[str, Any]]) -> None:
    """Insert or move; what was tried before keeps its own due time, and what another wrote meanwhile stands."""
    if not rows:
        return
    new = insert(TABLE)
    renewed = {name: new.excluded[name] for name in ("due_at", "channel", "planned_at")}
    moved = {**renewed, "state": "planned", "cause": None, "settled_at": None}
    waiting = or_(*(Message.state == state for state in ("planned", *REVIVABLE)))  # IN takes no many rows
    unsent = waiting & (Message.attempts == 0) & Message.cause.is_distinct_from(FOR_GOOD)
    key = ["clinic_id", "visit_id", "step", "issue"]
    session.execute(new.on_conflict_do_update(index_elements=key, set_=moved, where=unsent), rows)


def new_row(
    clinic: Clinic, visit_id: UUID, step: str, due_at: datetime, channel: str, issue: int = 1, *, now: datetime
) -> dict[str, Any]:
    """Return the columns of a message that waits for its due time."""
    return {
        "clinic_id": clinic.id,
        "id": uuid7(),
        "visit_id": visit_id,
        "step": step,
        "issue": issue,
        "channel": channel,
        "state": "planned",
        "planned_at": now,
        "due_at": due_at,
        "message_id": message_id(clinic),
        "attempts": 0,
        "fence": 0,
    }


def message_id(clinic: Clinic) -> str:
    """Return a new Message-ID on the clinic's own domain; random, so that it tells nothing."""
    return f"<{uuid4().hex}@{clinic.sender_address.rpartition('@')[2]}>"


def cancel_waiting(session: Session, *visit_ids: UUID, cause: str, now: datetime) -> None:
    """Cancel what has not been handed over, resends too; a row already ``sending`` is left to its worker."""
    _set_cancelled(session, Message.visit_id.in_(visit_ids), cause, now)


def _cancel(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    if ids:
        _set_cancelled(session, Message.id.in_(ids), "replanned", now)


def _set_cancelled(session: Session, which: ColumnElement[bool], cause: str, now: datetime) -> None:
    session.execute(
        update(Message)
        .where(which, Message.state.in_(CANCELLABLE))
        .values(state="cancelled", cause=cause, settled_at=now, lease_until=None),
        execution_options=UNSYNCED,
    )
