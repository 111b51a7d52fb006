"""Alembic: runs as the owner role, on the owner's URL, never as the application."""

import os

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

from surveys import models
from surveys.db import Base

_ = (models, current_app)


def owner_url() -> str:
    url = os.environ.get("DATABASE_OWNER_URL", "")
    if not url:
        raise SystemExit("DATABASE_OWNER_URL is not set: migrations run as the owner role. `make run` sets it itself.")
    return url


def run() -> None:
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
