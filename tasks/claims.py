"""Claims compared with today's answers: soon after an answer changed, and all of them each night."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from surveys.access.clinics import every_clinic
from surveys.commands import claim_checks
from tasks.reminders import application

log = logging.getLogger(__name__)
HOUR = 3600


@shared_task(name="claims_touched")
def claims_touched() -> None:
    """Mark the claims whose answers changed since they were last compared."""
    with application():
        for clinic_id in every_clinic():
            claim_checks.check_touched(clinic_id)


@shared_task(name="claims_nightly")
def claims_nightly() -> None:
    """Wake one task for each clinic."""
    with application():
        for clinic_id in every_clinic():
            verify_claims.apply_async((str(clinic_id),), expires=HOUR)


@shared_task(name="verify_claims")
def verify_claims(clinic_id: str) -> None:
    """Work one clinic's claims out again, all rows read anew."""
    with application():
        for checked in claim_checks.check_clinic(UUID(clinic_id)):
            for problem in checked.problems:
                log.error("claim %s of clinic %s: %s", checked.number, clinic_id, problem)
