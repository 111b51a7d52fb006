"""Command groups of ``flask --app wsgi``."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Register every command group that needs the application only; those that need tasks live there."""
    _ = app
