"""``flask demo advance``: the time machine, which runs the real tick on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from flask import Flask, current_app
from sqlalchemy import update
from sqlalchemy.orm import Session

from surveys.commands.backup import backup
from surveys.config import Config
from surveys.db import app_now, clinic_scope, db
from surveys.demo.group import demo
from surveys.models import DomainClock
from surveys.schedule import add_months
from tasks.bounces_command import bounces_command
from tasks.dispatch_command import dispatch_command
from tasks.doctor.command import doctor
from tasks.forecast_command import preview_command
from tasks.messages_group import messages
from tasks.reminders import tick_now
from tasks.restoring import restore

STEP = timedelta(hours=6)  # shorter than any send window, so that every zone's is met each day


@demo.command("advance")
@click.option("--months", type=click.IntRange(0, 120), default=0, help="Calendar months to go forward.")
@click.option("--days", type=click.IntRange(0, 3660), default=0, help="Days to go forward.")
def advance_command(months: int, days: int) -> None:
    """Move the domain clock forward; the mails that would have gone meanwhile go now."""
    config: Config = current_app.extensions["backstory"]
    if config.environment not in ("demo", "test"):
        raise click.ClickException("Time moves by itself in production (BACKSTORY_ENV); this command is for the demo.")
    if not months + days:
        raise click.UsageError("Say how far: --months 3 or --days 10.")
    total = 0
    for position, (moment, settled) in enumerate(advance(months, days), start=1):
        total += settled
        if position % 40 == 0:
            click.echo(f"{moment:%Y-%m-%d}: {total} messages so far")
    click.echo(f"It is now {moment:%Y-%m-%d %H:%M} UTC; {total} messages were dealt with on the way.")


def advance(months: int, days: int) -> Iterator[tuple[datetime, int]]:
    """Move in steps of six hours with a tick after each; yields the moment and the messages dealt with."""
    now = _now()
    day = add_months(now.date(), months) + timedelta(days=days)
    target = datetime.combine(day, now.time(), tzinfo=UTC)
    yield now, tick_now()
    while now < target:
        step = min(STEP, target - now)
        _shift(step)
        now += step
        yield now, tick_now()


def _now() -> datetime:
    with clinic_scope(None), Session(db.engine) as session:
        return app_now(session)


def _shift(by: timedelta) -> None:
    with clinic_scope(None), Session(db.engine) as session:
        session.execute(update(DomainClock).values(shift=DomainClock.shift + by))
        session.commit()


def register(app: Flask) -> None:
    """Put the time machine, backup, restore and doctor on the application's command line."""
    app.cli.add_command(demo)
    messages.add_command(dispatch_command)
    messages.add_command(preview_command)
    messages.add_command(bounces_command)
    app.cli.add_command(messages)
    app.cli.add_command(backup)
    app.cli.add_command(doctor)
    app.cli.add_command(restore)
