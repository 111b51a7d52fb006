"""Each night, clinic by clinic: close tasks about visits that are over, forget old changes, erase what is due."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery import shared_task
from flask import current_app

from surveys.access.chain.audit import SYSTEM
from surveys.access.clinics import every_clinic
from surveys.db import app_now, clinic_session, real_now
from surveys.models import Clinic
from surveys.outcomes.columns.feed import forget
from surveys.privacy.retention import erase_ripe
from surveys.workqueue.leftovers import close_leftovers
from tasks.reminders import application

log = logging.getLogger(__name__)
ERASING = 200.0  # seconds; below the task's time limit, and the next night goes on


@shared_task(name="retain")
def retain() -> None:
    """Wake one task for each clinic."""
    with application():
        for clinic_id in every_clinic():
            retain_clinic.apply_async((str(clinic_id),), expires=3600)


@shared_task(name="retain_clinic")
def retain_clinic(clinic_id: str) -> int:
    """Erase in one clinic, a batch at a time; run twice it finds nobody more. Returns how many were erased."""
    until, total = time.monotonic() + ERASING, 0
    with application():
        _close_leftovers(UUID(clinic_id))
        while time.monotonic() < until and _forget_changes(UUID(clinic_id)):
            pass
        while time.monotonic() < until and (done := _erase_batch(UUID(clinic_id))):
            total += done
    if total:
        log.info("retention: %s records of clinic %s erased", total, clinic_id)
    return total


def _close_leftovers(clinic_id: UUID) -> None:
    with clinic_session(clinic_id) as session:
        close_leftovers(session, now=app_now(session))
        session.commit()


def _forget_changes(clinic_id: UUID) -> int:
    with clinic_session(clinic_id) as session:
        gone = forget(session, clinic_id, now=real_now(session))
        session.commit()
        return gone


def _erase_batch(clinic_id: UUID) -> int:
    with clinic_session(clinic_id) as session:
        clinic, vault = session.get_one(Clinic, clinic_id), current_app.extensions["vault"]
        done = erase_ripe(session, vault, clinic, actor=SYSTEM, now=app_now(session))
        session.commit()
        return len(done)
