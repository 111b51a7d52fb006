"""Raising alerts from scores just made, once for each response, kind and subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scoring.deterioration import Deterioration
from surveys.access.chain.audit import SYSTEM, record
from surveys.alerts import telling
from surveys.alerts.rules import EXTREME, RED_FLAGS, Rules, read_rules
from surveys.alerts.settings import due, in_force
from surveys.answering.answers import answers_of
from surveys.db import uuid7
from surveys.models import Alert, AlertSettings, Response, Score, Visit
from surveys.protocols.model import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """What met a rule. ``subject``: the scale or the item."""

    response_id: UUID
    kind: str
    subject: str
    rule: str
    before: float | None
    after: float | None


def raise_alerts(
    session: Session, visit: Visit, protocol: Protocol, responses: Sequence[Response], *, now: datetime
) -> None:
    """Look at the scores of these final responses of the visit's episode, in the transaction that made them.

    One query where alerts are off. Past answers that were imported raise nothing: they are history.
    """
    fresh = [response for response in responses if response.mode != "imported"]
    settings = in_force(session, visit.clinic_id) if fresh else None
    if settings is None:
        return
    rules = read_rules(settings.rules)
    found = [*_answers(session, fresh, rules), *_worse(session, visit, protocol, fresh, rules)]
    if found:
        _keep(session, settings, found, now)


def affected(session: Session, visit: Visit, protocol: Protocol, amended: Response) -> list[Response]:
    """Whose alerts an amendment can bring about: its own, and after a baseline's the instrument's newest."""
    if visit.timepoint != protocol.timepoints[0].code:
        return [amended]
    theirs = Visit.episode_id == visit.episode_id, Response.instrument == amended.instrument
    final = select(Response).join(Visit, Visit.id == Response.visit_id).where(*theirs, Response.id != amended.id)
    newest = final.where(Response.finalised_at.is_not(None)).order_by(Response.finalised_at.desc()).limit(1)
    return [amended, *session.scalars(newest)]


def _answers(session: Session, responses: Sequence[Response], rules: Rules) -> Iterator[Found]:
    """What is said by one answer."""
    instrument, item, level = EXTREME
    for response in responses:
        if rules.red_flag and response.instrument == RED_FLAGS:
            for code, answer in answers_of(session, response).items():
                if answer.level == 1:
                    yield Found(response.id, "red_flag", code, f"{code} = 1", None, 1.0)
        if rules.anxiety_depression and response.instrument == instrument:
            given = answers_of(session, response).get(item)
            if given and given.level == level:
                yield Found(response.id, "anxiety_depression", item, f"{item} = {level}", None, float(level))


def _worse(
    session: Session, visit: Visit, protocol: Protocol, responses: Sequence[Response], rules: Rules
) -> Iterator[Found]:
    """Who is worse than at the baseline. A change across two value sets is none."""
    wanted = rules.by_scale()
    if not wanted:
        return
    baseline = Visit.episode_id == visit.episode_id, Visit.timepoint == protocol.timepoints[0].code
    before = {score.scale: score for score in _scores(session, wanted, *baseline)}
    for score in _scores(session, wanted, Response.id.in_([response.id for response in responses])):
        first = before.get(score.scale)
        if first is None or first.response_id == score.response_id or first.value_set_id != score.value_set_id:
            continue
        rule = wanted[score.scale]
        if _met(rule, first.value, score.value):
            yield Found(score.response_id, "deterioration", score.scale, rule.text, first.value, score.value)


def _met(rule: Deterioration, before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return False
    return bool(rule.met(np.array([before]), np.array([after]))[0])


def _scores(session: Session, scales: Mapping[str, Any], *which: ColumnElement[bool]) -> list[Score]:
    """The current scores of final responses: of each the highest amendment."""
    final = Response.finalised_at.is_not(None), Score.scale.in_(list(scales))
    joined = select(Score).join(Response, Response.id == Score.response_id).join(Visit, Visit.id == Response.visit_id)
    rows = session.scalars(joined.where(*which, *final).order_by(Score.amendment))
    return list({(score.response_id, score.scale): score for score in rows}.values())


def _keep(session: Session, settings: AlertSettings, found: Sequence[Found], now: datetime) -> None:
    by_when = due(session, settings, now)
    shared = {"clinic_id": settings.clinic_id, "raised_at": now, "due_at": by_when}
    rows = [{**shared, "id": uuid7(), **asdict(each)} for each in found]
    raised = {row["id"] for row in rows if _inserted(session, row)}
    for row in rows:
        if row["id"] in raised:
            subject, what = ("response", row["response_id"]), {"kind": row["kind"], "subject": row["subject"]}
            record(session, settings.clinic_id, SYSTEM, "alert_raised", subject, now=now, new=what)
    if raised:
        telling.tell(session, settings, telling.AT_RAISING, min(raised))


def _inserted(session: Session, row: Mapping[str, Any]) -> bool:
    once = insert(Alert).values(**row).on_conflict_do_nothing().returning(Alert.id)
    return session.scalar(once) is not None
