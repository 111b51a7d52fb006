"""The audit verified each night, clinic by clinic, so that what was done to it is known the next morning."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery import shared_task

from surveys.access.clinics import every_clinic
from surveys.commands import chains
from tasks.reminders import application

log = logging.getLogger(__name__)
VERIFYING = 200.0  # seconds for one clinic, some 200,000 events; below the task's time limit


class TooLongError(Exception):
    """A chain is longer than a night's task may go through."""


@shared_task(name="verify")
def verify() -> None:
    """Wake one task for each clinic."""
    with application():
        for clinic_id in every_clinic():
            verify_clinic.apply_async((str(clinic_id),), expires=3600)


@shared_task(name="verify_clinic")
def verify_clinic(clinic_id: str) -> None:
    """Verify one clinic's audit, and note the outcome for its administrators."""
    until = time.monotonic() + VERIFYING

    def in_time(_events: int) -> None:
        if time.monotonic() > until:
            raise TooLongError

    with application():
        try:
            report = chains.verify_clinic(UUID(clinic_id), each=in_time)
        except TooLongError:
            log.warning("audit of clinic %s is too long for a task: run `flask audit verify` from a timer", clinic_id)
            return
    if report.problems:
        log.error("audit of clinic %s is not as it was sealed: %s", clinic_id, report.problems[0].what)
