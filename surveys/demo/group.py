"""The command group ``flask demo``, to which the demo and the time machine add their commands."""

from flask.cli import AppGroup

demo = AppGroup("demo", help="Demo clinics and the time machine; refused in production.")
