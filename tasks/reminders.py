"""Waking what hands over messages: nothing personal in the broker, and one drain for each worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from celery import shared_task
from flask import Flask, current_app, has_app_context
from sqlalchemy.orm import Session

from surveys.application import create_app
from surveys.config import Config
from surveys.db import clinic_scope, db, real_now
from surveys.operations import note_operation
from tasks import TICK_SECONDS, draining
from tasks.dispatching import Dispatcher
from tasks.doors import doors
from tasks.draining import due_clinics

BATCH = 200  # messages in one call of ``dispatch``
DRAINING = 45.0  # seconds; a worker of one process still has its turn at the sealer's minute


@shared_task(name="tick")
def tick() -> None:
    """Wake a drain, and say that beat and a worker are alive."""
    with application():
        note_tick()
        drain.apply_async((), expires=TICK_SECONDS * 4)


@shared_task(name="drain")
def drain(clinic_id: str | None = None) -> None:
    """Do what is due, in one clinic or in all, unless this worker is at it; run twice, each message still goes once."""
    with draining.only_one() as alone, application():
        if alone:
            draining.drain(_settings(), [UUID(clinic_id)] if clinic_id else due_clinics(), seconds=DRAINING)


def note_tick() -> None:
    """Write down that the service ticks; the doctor and the metrics tell how long ago."""
    with clinic_scope(None), Session(db.engine) as session:
        note_operation(session, "tick", {}, now=real_now(session))
        session.commit()


def tick_now() -> int:
    """Do what is due in every clinic, here and now; returns how many messages were settled or put off."""
    return draining.drain(_settings(), due_clinics())[0]


def drain_clinic(clinic_id: UUID) -> int:
    """Do everything that is due in one clinic; returns how many messages."""
    return draining.drain(_settings(), [clinic_id])[0]


def dispatch(clinic_id: UUID, *, limit: int = BATCH) -> int:
    """Hand over one clinic's messages, at most so many; returns how many, or 0 where a relay is away."""
    left = limit
    with doors(_settings()) as ways:
        dispatcher = Dispatcher(ways)
        while left and (done := dispatcher.batch(clinic_id, limit=left)):
            left -= done
        return 0 if ways.unreachable() else limit - left


def _settings() -> Config:
    settings: Config = current_app.extensions["backstory"]
    return settings


@cache
def _flask_app() -> Flask:
    """One per worker process, made after the fork so that no connection is shared."""
    return create_app()


@contextmanager
def application() -> Iterator[None]:
    """Enter the application's context unless a command or a test has done so."""
    if has_app_context():
        yield
        return
    with _flask_app().app_context():
        yield
