"""A final answer put right: the old one is kept, and the scores supersede."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.alerts.raising import affected, raise_alerts
from surveys.answering.answers import answer_values, answers_of, append, check_level, current_answers
from surveys.answering.responses import levels_asked
from surveys.answering.scoring_step import score_response
from surveys.db import uuid7
from surveys.models import Response, Visit
from surveys.protocols.model import Protocol


class NotFinal(Exception):  # noqa: N818 - says what is the matter
    """Only a response that was sent or finalised can be amended; an open one is answered."""


def amend(
    session: Session,
    response: Response,
    item: str,
    level: int | None,
    *,
    reason: str,
    actor: Actor,
    protocol: Protocol,
    now: datetime,
) -> UUID:
    """Correct a final answer with a reason: a new answer row, and scores that supersede the old.

    ``level`` None records that the item has no answer. Raises NotFinal for an open response.
    """
    status = "declined" if level is None else "answered"
    check_level(response.instrument, item, status, level)
    final = session.scalar(select(Response.finalised_at).where(Response.id == response.id).with_for_update())
    if final is None:
        raise NotFinal
    before = answers_of(session, response).get(item)
    values = answer_values(
        status,
        level,
        nonce=uuid7(),
        based_on=before.id if before else None,
        mode=response.mode,
        author_id=actor.staff_id,
        now=now,
        reason=reason,
    )
    amended = append(session, response, item, values)
    visit = session.scalars(select(Visit).where(Visit.id == response.visit_id)).one()
    current = current_answers(session, visit.id)
    levels = levels_asked(visit, response, protocol, current)
    score_response(session, response, levels, protocol.value_set, amended=True, now=now)
    raise_alerts(session, visit, protocol, affected(session, visit, protocol, response), now=now)
    old, new = {item: before.level if before else None}, {item: level}
    subject = ("response", response.id)
    record(session, response.clinic_id, actor, "amended", subject, now=now, old=old, new=new, reason=reason)
    session.flush()
    return amended
