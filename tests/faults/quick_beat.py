"""Beat as in production, but for a wake-up each second: ``celery -A tests.faults.quick_beat beat``."""

from tasks import celery_app

TICK = 1  # seconds

celery_app.conf.beat_schedule["tick"]["schedule"] = TICK
