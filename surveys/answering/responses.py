"""The life of a response: opened, answered item by item, sent or finalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.chain.audit import SYSTEM, Actor, record
from surveys.access.links import revoke_links
from surveys.alerts.raising import raise_alerts
from surveys.answering.answers import (
    AlreadySent,
    Current,
    WindowClosed,
    answer_values,
    append,
    check_level,
    current_answers,
    lock_open_response,
)
from surveys.answering.battery import battery_of, items_asked
from surveys.answering.scoring_step import score_response
from surveys.db import uuid7
from surveys.models import Response, Visit
from surveys.outbox.staff_tasks import close_tasks
from surveys.protocols.model import Protocol

__all__ = [
    "AlreadySent",
    "Current",
    "WindowClosed",
    "current_answers",
    "finalise_unsent",
    "open_response",
    "record_answer",
    "submit",
]


def open_response(
    session: Session,
    visit: Visit,
    instrument: str,
    *,
    mode: str,
    language: str,
    wording_hash: str,
    now: datetime,
) -> Response:
    """Return the visit's response to an instrument, adding it at the first answer.

    Raises AlreadySent where the visit was sent before the response existed.
    """
    wanted = select(Response).where(Response.visit_id == visit.id, Response.instrument == instrument)
    found = session.scalar(wanted)
    if found is not None:
        return found
    sent = session.scalar(select(Visit.submitted_at).where(Visit.id == visit.id).with_for_update(read=True))
    if sent is not None:
        raise AlreadySent
    new = {"id": uuid7(), "clinic_id": visit.clinic_id, "visit_id": visit.id, "instrument": instrument}
    shown = {"mode": mode, "language": language, "wording_hash": wording_hash, "started_at": now}
    session.execute(insert(Response).values(**new, **shown).on_conflict_do_nothing())
    return session.scalars(wanted).one()


def record_answer(
    session: Session,
    response: Response,
    item: str,
    status: str,
    level: int | None,
    *,
    nonce: UUID,
    based_on: UUID | None,
    mode: str,
    author_id: UUID | None,
    now: datetime,
) -> UUID:
    """Append one answer under the response's lock and return its id; a retry adds nothing.

    ``status`` is answered, declined or cleared; ``level`` is None unless answered and must be one of the
    item's. Raises AlreadySent after submission, WindowClosed for a patient after the window.
    """
    check_level(response.instrument, item, status, level)
    lock_open_response(session, response.id, by_staff=author_id is not None)
    values = answer_values(status, level, nonce=nonce, based_on=based_on, mode=mode, author_id=author_id, now=now)
    return append(session, response, item, values)


def submit(session: Session, visit: Visit, protocol: Protocol, *, now: datetime, actor: Actor) -> bool:
    """Send the visit: finalise and score its responses, revoke its links, cancel its waiting messages.

    All in the caller's transaction. Returns False, changing nothing, where it was sent already.
    """
    locked = lock_visit(session, visit)
    if locked.submitted_at is not None:
        return False
    responses = _open_responses(session, visit, protocol)
    current = current_answers(session, visit.id)
    for response in responses:
        _finalise(session, locked, response, protocol, current, "submitted", now)
    raise_alerts(session, locked, protocol, responses, now=now)
    locked.submitted_at = now
    revoke_links(session, visit.id, now)
    outbox.cancel_waiting(session, visit.id, cause="completed", now=now)
    asked = any(response.mode == "interview" for response in responses)
    close_tasks(session, [visit.id], "interviewed" if asked else "answered", now=now, by=actor)
    record(session, visit.clinic_id, actor, "submitted", ("visit", visit.id), now=now)
    session.flush()
    return True


def finalise_unsent(session: Session, visit: Visit, protocol: Protocol, *, now: datetime) -> None:
    """At window close, finalise and score each complete response of an unsent visit; others stay drafts.

    Complete: every item asked is answered or declined. Run twice it changes nothing more.
    """
    locked = lock_visit(session, visit)
    if locked.submitted_at is not None:
        return
    responses = _open_responses(session, visit, protocol)
    current = current_answers(session, visit.id) if responses else {}
    final = []
    for response in responses:
        asked = [(response.instrument, item) for item in items_asked(protocol, visit.timepoint, response.instrument)]
        if all(key in current and current[key].settled for key in asked):
            _finalise(session, locked, response, protocol, current, "unsent", now)
            record(session, visit.clinic_id, SYSTEM, "finalised_unsent", ("response", response.id), now=now)
            final.append(response)
    raise_alerts(session, locked, protocol, final, now=now)
    session.flush()


def lock_visit(session: Session, visit: Visit) -> Visit:
    """Lock the visit and read it anew; before its answers, so that no two wait for each other."""
    locked = select(Visit).where(Visit.id == visit.id).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _open_responses(session: Session, visit: Visit, protocol: Protocol) -> Sequence[Response]:
    """Lock the visit's open responses, in one order so that two submissions cannot wait for each other.

    What the protocol asks no longer, as it changed under a form that was open, stays a draft.
    """
    asked = [entry.instrument for entry in battery_of(protocol, visit.timepoint)]
    theirs = Response.visit_id == visit.id, Response.instrument.in_(asked)
    locked = select(Response).where(*theirs, Response.finalised_at.is_(None)).order_by(Response.id).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).all()


def _finalise(
    session: Session,
    visit: Visit,
    response: Response,
    protocol: Protocol,
    current: Mapping[tuple[str, str], Current],
    finality: str,
    now: datetime,
) -> None:
    response.finalised_at, response.finality = now, finality
    score_response(session, response, levels_asked(visit, response, protocol, current), protocol.value_set, now=now)


def levels_asked(
    visit: Visit, response: Response, protocol: Protocol, current: Mapping[tuple[str, str], Current]
) -> dict[str, int | None]:
    """Every item asked, None where it has no answer."""
    asked = items_asked(protocol, visit.timepoint, response.instrument)
    answers = {item: current.get((response.instrument, item)) for item in asked}
    return {item: answer.level if answer else None for item, answer in answers.items()}
