"""The WSGI application, and the one place where the web side meets the task side."""

from surveys import create_app
from tasks.probes import register as register_probes

app = create_app()
register_probes(app)
