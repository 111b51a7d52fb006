"""A worker that never gets past its first part: ``python -m tests.exchange.exports.slow_worker CLINIC``."""

from __future__ import annotations

import signal
import sys
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.application import create_app
from surveys.commands.jobs import run_next
from surveys.exchange import jobs
from surveys.exchange.jobs import Taken

LEASE = timedelta(seconds=3)
usual = jobs.add_part


def add_and_wait(session: Session, vault: Vault, taken: Taken, number: int, content: bytes) -> None:
    """Keep the part, and wait for the end."""
    usual(session, vault, taken, number, content)
    session.commit()
    signal.pause()


if __name__ == "__main__":
    jobs.add_part = add_and_wait
    with create_app().app_context():
        run_next(UUID(sys.argv[1]), lease=LEASE)
