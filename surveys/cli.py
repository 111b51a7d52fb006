"""Command groups of ``flask --app wsgi``."""

from __future__ import annotations

from flask import Flask

from surveys.commands.audit import audit
from surveys.commands.claims import claims
from surveys.commands.clinic import clinic
from surveys.commands.keys import keys
from surveys.commands.privacy import privacy
from surveys.commands.protocol import protocol
from surveys.commands.staff import staff
from surveys.commands.wording import wording


def install(app: Flask) -> None:
    """Register every command group that needs the application only; those that need tasks live there."""
    app.cli.add_command(clinic)
    app.cli.add_command(protocol)
    app.cli.add_command(staff)
    app.cli.add_command(privacy)
    app.cli.add_command(wording)
    app.cli.add_command(keys)
    app.cli.add_command(audit)
    app.cli.add_command(claims)
