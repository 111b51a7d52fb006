"""Command groups of ``flask --app wsgi``."""

from __future__ import annotations

from flask import Flask

from surveys.commands.protocol import protocol


def install(app: Flask) -> None:
    """Register every command group that needs the application only; those that need tasks live there."""
    app.cli.add_command(protocol)
