"""A worker that only claims, batch after batch, until its standard input ends; prints each claim's milliseconds."""

import select
import sys
import time
from uuid import UUID

from surveys import outbox
from surveys.db import app_now, clinic_session
from tasks.pace import MOST
from tasks.reminders import application

BATCH = MOST


def claim_on(clinic_id: UUID) -> None:
    """Claim until there is nothing left or nobody who listens."""
    with application(), clinic_session(clinic_id) as session:
        while not select.select([sys.stdin], [], [], 0)[0]:
            now, begun = app_now(session), time.perf_counter()
            claims = outbox.claim(session, BATCH, now=now)
            session.commit()
            if not claims:
                return
            sys.stdout.write(f"{1000 * (time.perf_counter() - begun):.3f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    claim_on(UUID(sys.argv[1]))
