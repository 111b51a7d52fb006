"""What the queue is measured against: a Celery application as ours, with a task that does nothing."""

import os

from tasks import make_celery

celery_app = make_celery(os.environ.get("REDIS_URL", ""))
celery_app.conf.update(include=(), beat_schedule={})


@celery_app.task(name="noop")
def noop(_message_id: str) -> None:
    """Do nothing for one message."""
