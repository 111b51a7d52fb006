"""Celery: wake-ups with ids only; the queue itself is rows in PostgreSQL."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

from surveys.secret_files import SecretFileError, with_files
from tasks import signals

USUAL = "redis://localhost:6379/0"
PARTS = (
    "tasks.alerts",
    "tasks.claims",
    "tasks.jobs",
    "tasks.reminders",
    "tasks.retention",
    "tasks.returned_mail",
    "tasks.sealing",
    "tasks.verifying",
)
TICK_SECONDS = 15
SEAL_SECONDS = 60
ALERT_SECONDS = 60
JOB_SECONDS = 5
BOUNCE_SECONDS = 300  # between two looks into the mailbox of returned mail
CLAIM_SECONDS = 300  # between two looks at claims whose answers changed
TIME_LIMIT = 300  # seconds for one task
VISIBILITY_TIMEOUT = 900  # seconds until Redis gives an unacknowledged task to another worker


def make_celery(broker: str) -> Celery:
    """Return the Celery application: late acknowledgement, one task at a time, no results kept."""
    celery = Celery("backstory", broker=broker, include=PARTS)
    celery.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_time_limit=TIME_LIMIT,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        timezone="UTC",
        enable_utc=True,
        beat_schedule={
            "tick": {"task": "tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS * 2}},
            "seal": {"task": "seal", "schedule": SEAL_SECONDS, "options": {"expires": SEAL_SECONDS * 2}},
            "escalate": {
                "task": "escalate",
                "schedule": ALERT_SECONDS,
                "options": {"expires": ALERT_SECONDS * 2},
            },
            "verify": {"task": "verify", "schedule": crontab(hour=4, minute=10), "options": {"expires": 3600}},
            "bounces": {"task": "bounces", "schedule": BOUNCE_SECONDS, "options": {"expires": BOUNCE_SECONDS}},
            "jobs": {"task": "jobs", "schedule": JOB_SECONDS, "options": {"expires": JOB_SECONDS * 2}},
            "expire_files": {"task": "expire_files", "schedule": crontab(minute=35), "options": {"expires": 1800}},
            "claims_touched": {
                "task": "claims_touched",
                "schedule": CLAIM_SECONDS,
                "options": {"expires": CLAIM_SECONDS},
            },
            "claims_nightly": {
                "task": "claims_nightly",
                "schedule": crontab(hour=4, minute=40),
                "options": {"expires": 3600},
            },
            "retain": {"task": "retain", "schedule": crontab(hour=3, minute=20), "options": {"expires": 3600}},
        },
    )
    return celery


def _broker() -> str:
    """REDIS_URL; a setting that cannot be read is refused by the application, with its sentence."""
    try:
        return with_files(os.environ).get("REDIS_URL", USUAL)
    except SecretFileError:
        return USUAL


signals.connect()
celery_app = make_celery(_broker())
