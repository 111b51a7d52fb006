"""Permissions taken back: a paper of an earlier day, recorded afterwards, does not give them again."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.models import Consent, Ending, Episode, Patient
from surveys.schedule import local_date


class TakenBackError(ValueError):
    """The permission was taken back on a later day than the paper's."""

    def __init__(self, day: date) -> None:
        super().__init__(f"The permission was taken back on {day}, after it was given.")
        self.day = day


def refuse_older(session: Session, patient: Patient, kind: str, given: date) -> None:
    """Raise TakenBackError for a paper older than the last withdrawal; of the same day, what is recorded last counts.

    Withdrawals under way are waited for.
    """
    theirs = Consent.patient_id == patient.id, Consent.kind == kind
    session.execute(select(Consent.id).where(*theirs).order_by(Consent.id).with_for_update()).all()
    said = (
        select(func.min(Ending.on_date))
        .join(Episode, Episode.id == Ending.episode_id)
        .where(Episode.patient_id == patient.id, Ending.kind == "consent_withdrawn")
        .where(Ending.recorded_at == Consent.withdrawn_at)
    )
    ended = select(Consent.withdrawn_at, said.correlate(Consent).scalar_subquery().label("day"))
    zone = ZoneInfo(patient.time_zone)
    rows = session.execute(ended.where(*theirs, Consent.withdrawn_at.is_not(None))).all()
    last = max((row.day or local_date(row.withdrawn_at, zone) for row in rows), default=given)
    if given < last:
        raise TakenBackError(last)
