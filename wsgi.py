"""The WSGI application, and the one place where the web side meets the task side."""

from surveys.application import create_app
from surveys.demo.commands import register as register_demo
from tasks.commands import register as register_commands
from tasks.probes import register as register_probes

app = create_app()
register_probes(app)
register_demo(app)
register_commands(app)
