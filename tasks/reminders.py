"""Handing over what is due: rows claimed in batches, nothing personal in the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from uuid import UUID

from celery import shared_task
from flask import Flask, current_app, has_app_context
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.links import link_url
from surveys.access.opt_out import opt_out_url
from surveys.application import create_app
from surveys.config import Config
from surveys.db import app_now, clinic_scope, clinic_session, db, real_now
from surveys.models import Clinic
from surveys.operations import note_operation
from surveys.outbox import Claim, Outcome, Sendable
from surveys.pathway.closing import close_windows
from surveys.people.patients import contact
from tasks import TICK_SECONDS, mail, staff_mail, stopping
from tasks.compose import Content, compose, letter

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
    with clinic_session(clinic_id) as session, mail.relay(_settings().smtp_url) as relay:
        batch = outbox.claim(session, limit, now=app_now(session))
        session.commit()
        for position, mine in enumerate(batch):
            if not hand_over(session, relay, mine) or stopping.asked():
                outbox.release(session, batch[position + 1 :])
                session.commit()
                return 0
        return len(batch)


def hand_over(session: Session, relay: mail.Relay, mine: Claim) -> bool:
    """Hand one message over; False where the relay cannot be reached."""
    deadline = time.monotonic() + HANDING_OVER
    sendable = _begin(session, mine)
    session.commit()  # "sending", or the refusal, is on disk before SMTP sees anything
    if sendable is None:
        return True
    outcome, reached = _send(relay, sendable, app_now(session), deadline)
    session.commit()
    outbox.settle(session, mine, outcome, now=app_now(session))
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


def _send(relay: mail.Relay, sendable: Sendable, now: datetime, deadline: float) -> tuple[Outcome, bool]:
    """Write the mail and give it to the relay. What cannot be written was not handed over."""
    try:
        envelope, content = _written(sendable, now)
        message = mail.build(envelope, content)
        sent = relay.send(message, sender=envelope.sender, recipient=envelope.recipient, deadline=deadline)
    except mail.RelayUnreachableError as error:
        log.warning("the mail relay cannot be reached: %s", error)
        return Outcome.NOT_TAKEN, False
    except Exception as error:
        log.error("message %s could not be written: %s", sendable.claim.id, type(error).__name__)
        return Outcome.NOT_TAKEN, True
    return sent, True


def _written(sendable: Sendable, now: datetime) -> tuple[mail.Envelope, Content]:
    facts, settings = sendable.situation, _settings()
    person = contact(current_app.extensions["vault"], facts.patient)
    stop = opt_out_url(settings.public_base_url, settings.secret_key, facts.clinic.id, facts.visit.episode_id)
    link = link_url(settings.public_base_url, sendable.token)
    content = compose(letter(facts, person.first_name, link, stop))
    clinic = facts.clinic
    envelope = mail.Envelope(
        sender_name=clinic.sender_name,
        sender=clinic.sender_address,
        reply_to=clinic.reply_to,
        recipient=person.email or "",
        message_id=facts.message.message_id,
        date=now,
        opt_out_url=stop,
    )
    return envelope, content


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
