"""The audit's sealer: each minute, clinic after clinic."""

from __future__ import annotations

import time

from celery import shared_task

from surveys.access.clinics import every_clinic
from surveys.commands.chains import seal_once
from tasks.reminders import application

SEALING = 200.0  # seconds; below the task's time limit


@shared_task(name="seal")
def seal() -> None:
    """Take into the chain what was committed since the last run. Run twice at once, each event still counts once."""
    until = time.monotonic() + SEALING
    with application():
        for clinic_id in every_clinic():
            while time.monotonic() < until and seal_once(clinic_id):
                pass
