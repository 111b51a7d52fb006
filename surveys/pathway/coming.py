"""What comes after a questionnaire: the next one on its day, or one that waits for a treatment."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.answering.sitting import Sitting, next_visit
from surveys.models import Visit
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, STOPS_MESSAGES, active_endings


@dataclass(frozen=True)
class Coming:
    """``following``: the next visit that is planned. ``waits``: others are not, until a treatment is done.

    ``told``: the clinic writes or phones when it opens.
    """

    following: Visit | None
    waits: bool
    told: bool


def coming(session: Session, sitting: Sitting) -> Coming:
    """Return what the patient of a sitting has before them."""
    ended = {ending.kind for ending in active_endings(session, sitting.episode_id)}
    standing = select(Visit.timepoint).where(Visit.episode_id == sitting.episode_id, Visit.cancelled_at.is_(None))
    missing = {timepoint.code for timepoint in sitting.protocol.timepoints} - set(session.scalars(standing))
    waits = bool(missing) and not ended & STOPS_FOLLOW_UP
    return Coming(next_visit(session, sitting), waits, not ended & STOPS_MESSAGES)
