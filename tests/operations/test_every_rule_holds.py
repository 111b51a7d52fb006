"""After all migrations no rule is left that holds for new rows only: what is compared with the models is whole."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from surveys.db import db

UNVALIDATED = text("SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE NOT convalidated")


def test_every_constraint_is_validated(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalars(UNVALIDATED).all() == []
