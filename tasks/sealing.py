"""The audit's sealer: each minute, clinic after clinic."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery import shared_task

from surveys.access.chain import sealing, verification
from surveys.access.clinics import every_clinic
from surveys.db import clinic_session
from tasks.reminders import application

log = logging.getLogger(__name__)
SEALING = 200.0  # seconds; below the task's time limit


@shared_task(name="seal")
def seal() -> None:
    """Take into the chain what was committed since the last run. Run twice at once, each event still counts once."""
    until = time.monotonic() + SEALING
    with application():
        for clinic_id in every_clinic():
            while time.monotonic() < until and seal_once(clinic_id):
                pass


def seal_once(clinic_id: UUID) -> int:
    """Add one seal and return its number of events. The log, which is kept apart, bears witness to the head."""
    with clinic_session(clinic_id) as session:
        events = sealing.seal(session, clinic_id)
        session.commit()
        if events and (head := verification.head(session)):
            told = (clinic_id, head.position, head.sequence, head.chain_hash.hex())
            log.info("audit of clinic %s: seal %s, event %s, head %s", *told)
    return events
