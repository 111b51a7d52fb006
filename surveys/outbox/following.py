"""A patient's new channel takes along what waits and is not planned anew: resends, and what was tried before."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED
from surveys.models import Episode, Message, Patient, Visit
from surveys.outbox.situation import PERMISSION

WAITS = ("planned", "held")


def follow_channel(session: Session, patient: Patient) -> None:
    """Let it go by the patient's channel; without one it stays, and is refused with its reason when it is due."""
    if patient.channel not in PERMISSION:
        return
    theirs = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id)
    waits = Message.visit_id.in_(theirs), Message.state.in_(WAITS), Message.channel.in_(tuple(PERMISSION))
    session.execute(
        update(Message).where(*waits).values(channel=patient.channel),
        execution_options=UNSYNCED,
    )
