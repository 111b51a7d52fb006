"""The WSGI application, and the one place where the web side meets the task side."""

import gc
import logging
import os
import sys
from threading import Thread

from flask import Flask

from surveys import logs
from surveys.access.roles import UnsafeRoleError
from surveys.application import create_app
from surveys.config import ConfigError
from surveys.demo.commands import register as register_demo
from surveys.outcomes.warming import warm
from surveys.wordings import WordingError
from tasks.broker import refuse_evicting
from tasks.commands import register as register_commands
from tasks.metrics import register as register_metrics
from tasks.probes import register as register_probes

CANNOT_START = 2
COMMAND = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
UNUSABLE = (ConfigError, UnsafeRoleError, WordingError)


def start() -> Flask:
    """Return the application, or end the process with the sentence that says what to mend."""
    try:
        app = create_app()
        refuse_evicting(app.extensions["backstory"])
    except UNUSABLE as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(CANNOT_START) from None
    form = app.extensions["backstory"].log_format
    if not logging.getLogger().handlers:
        logs.configure(form, logging.WARNING if COMMAND else logging.INFO)
    logs.install(app, form)
    return app


def settle(warms: bool) -> None:
    """Load what is asked for soon, then let the collector of garbage look no more at what stays until the end.

    Each of its full rounds went through all that, and whoever was served then waited for a fifth of a second.
    """
    if warms:
        warm()
    gc.collect()
    gc.freeze()


app = start()
register_probes(app)
register_metrics(app)
register_demo(app)
register_commands(app)
if not COMMAND:
    Thread(target=settle, args=(app.extensions["backstory"].warm_charts,), name="settle").start()
