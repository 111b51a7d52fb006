"""Each minute, clinic after clinic: what nobody has looked at in time goes to somebody else."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery import shared_task

from surveys.access.clinics import every_clinic
from surveys.alerts.escalating import BATCH, escalate
from surveys.db import app_now, clinic_session
from tasks.reminders import application

log = logging.getLogger(__name__)
ESCALATING = 200.0  # seconds; below the task's time limit, and the next minute goes on


@shared_task(name="escalate")
def escalate_all() -> None:
    """Look into every clinic. Run twice at once, each alert is still escalated once."""
    until = time.monotonic() + ESCALATING
    with application():
        for clinic_id in every_clinic():
            while time.monotonic() < until and escalate_in(clinic_id) == BATCH:
                pass


def escalate_in(clinic_id: UUID) -> int:
    """Escalate a batch of one clinic; returns how many."""
    with clinic_session(clinic_id) as session:
        done = escalate(session, clinic_id, now=app_now(session))
        session.commit()
    if done:
        log.info("alerts: %s of clinic %s escalated", done, clinic_id)
    return done
