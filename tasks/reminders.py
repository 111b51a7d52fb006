"""Handing over what is due: rows claimed in batches, nothing personal in the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from celery import shared_task
from flask import Flask, current_app, has_app_context
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.application import create_app
from surveys.config import Config
from surveys.db import app_now, clinic_scope, clinic_session, db, real_now
from surveys.models import Clinic
from surveys.operations import note_operation
from surveys.outbox import Claim, Outcome, Sendable
from surveys.pathway.closing import close_windows
from tasks import TICK_SECONDS, staff_mail, stopping
from tasks.channels import Channel, Handed, RelayUnreachableError
from tasks.mail_channel import EmailChannel

log = logging.getLogger(__name__)
BATCH = 200  # messages in one claim
HANDING_OVER = 240.0  # seconds; below the lease, so that a stopped worker does not begin DATA after it
DRAINING = 200.0  # seconds; below the task's time limit


@shared_task(name="tick")
def tick() -> None:
    """Wake a drain for each clinic that has something due, and say that beat and a worker are alive."""
    with application():
        note_tick()
        for clinic_id in due_clinics():
            drain.apply_async((str(clinic_id),), expires=TICK_SECONDS * 4)


@shared_task(name="drain")
def drain(clinic_id: str) -> None:
    """Do what is due in one clinic. Run twice at once, each message still goes once."""
    with application():
        drain_clinic(UUID(clinic_id))


def note_tick() -> None:
    """Write down that the service ticks; the doctor and the metrics tell how long ago."""
    with clinic_scope(None), Session(db.engine) as session:
        note_operation(session, "tick", {}, now=real_now(session))
        session.commit()


def tick_now() -> int:
    """Do what is due in every clinic, here and now; returns how many messages were settled or put off."""
    return sum(drain_clinic(clinic_id) for clinic_id in due_clinics())


def due_clinics() -> list[UUID]:
    """Return the clinics with due messages, windows to close or lost hand-overs; no row is visible here."""
    with clinic_scope(None), Session(db.engine) as session:
        return list(session.scalars(text("SELECT clinic_id FROM clinics_due(app_now())")))


def drain_clinic(clinic_id: UUID) -> int:
    """Close windows, explain lost hand-overs, then hand over batch after batch; returns how many."""
    with clinic_session(clinic_id) as session:
        outbox.settle_lost(session, now=app_now(session))
        session.commit()
        while close_windows(session, session.get_one(Clinic, clinic_id), now=app_now(session)):
            session.commit()
        session.commit()
    until, total = time.monotonic() + DRAINING, 0
    while time.monotonic() < until and (done := dispatch(clinic_id)):
        total += done
    return total + staff_mail.dispatch(clinic_id, _settings().smtp_url)


def dispatch(clinic_id: UUID, *, limit: int = BATCH) -> int:
    """Claim one batch and hand it over; returns how many, or 0 where the relay is away or we are to stop."""
    channel = EmailChannel(_settings())
    with clinic_session(clinic_id) as session:
        batch = outbox.claim(session, limit, now=app_now(session))
        session.commit()
        for position, mine in enumerate(batch):
            if not hand_over(session, channel, mine) or stopping.asked():
                outbox.release(session, batch[position + 1 :])
                session.commit()
                return 0
        return len(batch)


def hand_over(session: Session, channel: Channel, mine: Claim) -> bool:
    """Hand one message over; False where the relay cannot be reached."""
    deadline = time.monotonic() + HANDING_OVER
    sendable = _begin(session, mine)
    session.commit()  # "sending", or the refusal, is on disk before SMTP sees anything
    if sendable is None:
        return True
    handed, reached = _send(channel, sendable, deadline)
    outbox.settle(session, mine, handed.outcome, now=app_now(session))
    session.commit()
    return reached


def _begin(session: Session, mine: Claim) -> Sendable | None:
    """Begin one message; what breaks counts as a try of its own and does not hold up the others."""
    try:
        return outbox.begin_sending(session, mine, now=app_now(session))
    except Exception as error:
        log.error("message %s could not be begun: %s", mine.id, type(error).__name__)
        session.rollback()
        outbox.put_off(session, mine, now=app_now(session))
        return None


def _send(channel: Channel, sendable: Sendable, deadline: float) -> tuple[Handed, bool]:
    """Give one message to its channel; False where it cannot be reached."""
    try:
        for handed in channel.hand_over([sendable], deadline=deadline):
            return handed, True
    except RelayUnreachableError as error:
        log.warning("the relay of %s cannot be reached: %s", channel.name, error)
        return Handed(sendable, Outcome.NOT_TAKEN), False
    return Handed(sendable, Outcome.UNKNOWN), True


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
