"""Scores of a response, written in the transaction that makes it final."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scoring.instrument import Scale, load_instruments
from scoring.score import score_instrument
from scoring.types import FloatArray
from surveys.models import Response, Score


def score_response(
    session: Session,
    response: Response,
    levels: Mapping[str, int | None],
    value_set: str,
    *,
    amended: bool = False,
    now: datetime,
) -> None:
    """Add one score row per scale. ``levels``: every item asked, None where unanswered or declined.

    A scale that the instrument's missing rule leaves without a number gets a row without a value. Rows
    of an earlier amendment stay; the highest ``amendment`` is current.
    """
    answers = {item: np.array([np.nan if level is None else level]) for item, level in levels.items()}
    columns = score_instrument(response.instrument, answers, value_set)
    amendment = _next_amendment(session, response) if amended else 0
    for scale in load_instruments()[response.instrument].scales:
        if scale.code in columns:
            session.add(_score(response, scale, columns, value_set, amendment, now))


def _next_amendment(session: Session, response: Response) -> int:
    highest = session.scalar(select(func.max(Score.amendment)).where(Score.response_id == response.id))
    return 0 if highest is None else highest + 1


def _score(
    response: Response,
    scale: Scale,
    columns: Mapping[str, FloatArray],
    value_set: str,
    amendment: int,
    now: datetime,
) -> Score:
    counted = columns.get(f"{scale.code}_n")
    return Score(
        clinic_id=response.clinic_id,
        response_id=response.id,
        scale=scale.code,
        value=_number(columns[scale.code]),
        n_answered=None if counted is None else int(counted[0]),
        rule_version=scale.rule_version,
        value_set_id=value_set if scale.needs_value_set else None,
        amendment=amendment,
        scored_at=now,
    )


def _number(column: FloatArray) -> float | None:
    """Not scorable is NULL in the database, never 0."""
    return float(column[0]) if np.isfinite(column[0]) else None
