"""What Celery's processes do beside their tasks: log like everything else, stop in good order, refuse a bad Redis."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from celery.signals import beat_init, setup_logging, worker_init, worker_shutting_down

from surveys import logs
from surveys.config import ConfigError, read_config
from surveys.production import refuse_unsafe
from tasks import stopping
from tasks.broker import refuse_evicting

CANNOT_START = 2


def connect() -> None:
    """Listen to Celery; kept by name, since it holds its listeners weakly."""
    setup_logging.connect(set_up_logging)
    worker_init.connect(refuse_bad_settings)
    beat_init.connect(refuse_bad_settings)
    worker_shutting_down.connect(stopping.ask)


def set_up_logging(loglevel: int | str, **_named: Any) -> None:
    """Replace Celery's own form by that of the rest."""
    logging.captureWarnings(True)
    logs.configure(os.environ.get("LOG_FORMAT", "text"), loglevel)


def refuse_bad_settings(**_named: Any) -> None:
    """End a worker or beat that could do harm, with the sentence that says why."""
    try:
        config = read_config()
        refuse_unsafe(config)
        refuse_evicting(config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        os._exit(CANNOT_START)  # Celery would turn an exception here into a running worker
