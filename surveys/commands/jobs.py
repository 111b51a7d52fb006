"""Making what was asked for, one job at a time: ``python -m surveys.commands.jobs CLINIC`` in a process of its own.

Neither pages nor Celery are loaded here: what an export needs beside its batches stays small, and is given back to the
machine at its end.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy.orm import Session

from surveys import i18n, logs
from surveys.access.keys.encryption import Vault
from surveys.commands.makers import maker_of
from surveys.config import read_config
from surveys.db import app_now, bind_clinic_at_checkout, clinic_session, db, real_now
from surveys.exchange import jobs
from surveys.exchange.jobs import LEASE, LostError, Taken
from surveys.exchange.work import Made, Work

log = logging.getLogger(__name__)
PART = 1 << 20  # bytes
EACH = 2.0  # seconds between two signs of life
READING = 900  # thousandths; the rest is packing and keeping
Stop = Callable[[], bool]


class DamagedError(Exception):
    """What was kept is not what was made."""


class StoppedError(Exception):
    """The worker is to stop."""


def _going_on() -> bool:
    return False


def run_next(clinic_id: UUID, *, lease: timedelta = LEASE, stop: Stop = _going_on) -> bool:
    """Take one job and do it; returns whether there was one. A job that breaks is told of and keeps no other back."""
    with clinic_session(clinic_id) as session:
        taken = jobs.take(session, clinic_id, now=real_now(session), lease=lease)
        session.commit()
    if taken is None:
        return False
    try:
        _do(taken, _Signs(taken, lease, stop))
    except LostError:
        log.info("job %s was cancelled or taken over", taken.id)
    except StoppedError:
        _settle(taken, jobs.give_back)
    except Exception as error:
        log.exception("job %s broke", taken.id)
        problem = type(error).__name__
        _settle(taken, lambda session, job: jobs.fail(session, job, problem, now=real_now(session)))
    return True


def _settle(taken: Taken, how: Callable[..., None]) -> None:
    with clinic_session(taken.clinic_id) as session:
        try:
            how(session, taken)
        except LostError:
            return
        session.commit()


class _Signs:
    """Signs of life, at most one in ``EACH`` seconds; a library's own thread may give them."""

    def __init__(self, taken: Taken, lease: timedelta, stop: Stop) -> None:
        self._taken, self._lease, self._stop, self._next = taken, lease, stop, 0.0
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def __call__(self, done: int, of: int) -> None:
        """Raises LostError where the job is another's by now, StoppedError where the worker is to stop."""
        if self._stop():
            raise StoppedError
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EACH
        progress = READING * done // max(of, 1)
        with self._app.app_context(), clinic_session(self._taken.clinic_id) as session:
            jobs.renew(session, self._taken, progress, now=real_now(session), lease=self._lease)
            session.commit()


def _do(taken: Taken, signs: _Signs) -> None:
    maker, vault = maker_of(taken.kind), current_app.extensions["vault"]
    with tempfile.TemporaryDirectory(prefix="backstory-job-") as name, clinic_session(taken.clinic_id) as session:
        now = app_now(session)
        session.rollback()
        made = maker(Work(session, vault, taken.clinic_id, taken.arguments, now, Path(name), signs))
        session.rollback()
        _keep(taken, vault, made, signs)


def _keep(taken: Taken, vault: Vault, made: Made, signs: _Signs) -> None:
    """Keep the file in parts, and read them back before it counts as done."""
    size, written = made.path.stat().st_size, sha256()
    with made.path.open("rb") as file:
        number = 0
        while content := file.read(PART):
            with clinic_session(taken.clinic_id) as session:
                jobs.add_part(session, vault, taken, number, content)
                session.commit()
            written.update(content)
            number += 1
            signs(1, 1)
    with clinic_session(taken.clinic_id) as session:
        _check(session, vault, taken, number, written.hexdigest())
        result = {**made.facts, "size": size, "parts": number, "sha256": written.hexdigest()}
        jobs.finish(session, taken, result, now=real_now(session))
        session.commit()


def _check(session: Session, vault: Vault, taken: Taken, parts: int, expected: str) -> None:
    read = sha256()
    for number in range(parts):
        read.update(jobs.part(session, vault, taken.id, number) or b"")
    if read.hexdigest() != expected:
        raise DamagedError


def small_app() -> Flask:
    """Database, keys and translations of the application, and nothing that answers a request."""
    config = read_config()
    app = Flask("surveys")
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 2, "hide_parameters": True}
    app.extensions["backstory"], app.extensions["vault"] = config, Vault(config.keys)
    db.init_app(app)
    i18n.install(app)
    with app.app_context():
        bind_clinic_at_checkout(db.engine)
    return app


def main() -> None:
    """Do one job of the clinic; asked to end, or left by the worker that began this, give it back."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    logs.configure(os.environ.get("LOG_FORMAT", "text"), "INFO")
    parent = os.getppid()
    with small_app().app_context():
        run_next(UUID(sys.argv[1]), stop=lambda: bool(asked) or os.getppid() != parent)


if __name__ == "__main__":
    main()
