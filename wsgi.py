"""The WSGI application, and the one place where the web side meets the task side."""

import os
from threading import Thread

from surveys.application import create_app
from surveys.demo.commands import register as register_demo
from surveys.outcomes.warming import warm
from tasks.commands import register as register_commands
from tasks.probes import register as register_probes

app = create_app()
register_probes(app)
register_demo(app)
register_commands(app)
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # a command draws nothing and does not wait for it
    Thread(target=warm, name="warm-charts").start()
