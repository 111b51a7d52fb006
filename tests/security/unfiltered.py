"""One query that forgot its filter, run inside a real web process, a real worker and a real command.

``tests.security.unfiltered:app`` is the whole application with one more page and one more command;
``tests.security.unfiltered:celery`` is the whole worker with one more task.
"""

from __future__ import annotations

import json
import os
from uuid import UUID

import click
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.db import Base, clinic_scope, db
from surveys.views.guard import load_identity
from tasks import celery_app as celery
from tasks.reminders import application
from wsgi import app

TABLES = sorted(name for name, table in Base.metadata.tables.items() if "clinic_id" in table.columns)
ANSWERS = "unfiltered"  # the list in Redis on which the task leaves what it saw


def counted(session: Session) -> dict[str, dict[str, int]]:
    """Rows of every tenant table by clinic, asked for without any condition."""
    seen: dict[str, dict[str, int]] = {}
    for table in TABLES:
        rows = session.execute(text(f"SELECT clinic_id, count(*) FROM {table} GROUP BY clinic_id")).all()  # noqa: S608
        seen[table] = {str(clinic): number for clinic, number in rows}
    return seen


def in_clinic(clinic: str) -> str:
    """What a session bound to the clinic sees; empty: bound to none."""
    with clinic_scope(UUID(clinic) if clinic else None), Session(db.engine) as session:
        return json.dumps(counted(session))


@app.get("/unfiltered")
def page() -> str:
    """What a request sees: bound by its cookie, or to no clinic without one."""
    load_identity()
    return json.dumps(counted(db.session()))


@app.cli.command("unfiltered")
@click.argument("clinic", default="")
def command(clinic: str) -> None:
    """Print what a command sees."""
    click.echo(in_clinic(clinic))


@celery.task(name="unfiltered")
def task(clinic: str) -> None:
    """Leave what a worker sees."""
    with application():
        redis.Redis.from_url(os.environ["REDIS_URL"]).rpush(ANSWERS, in_clinic(clinic))
