"""How many messages a relay may still be given now: one bucket of tokens for each relay, whatever number of hosts asks.

By the database's real clock. Within any minute a relay gets at most its limit, and over a long time at least four
fifths of it: the bucket holds a fifth, or one, and the other four fifths flow in evenly.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED
from surveys.models import RelayBucket

BURST = 0.2  # of a minute's limit, at once
MINUTE = timedelta(minutes=1)


def take(session: Session, relay: str, wanted: int, per_minute: int) -> int:
    """Take up to ``wanted`` tokens and return how many; the caller commits at once, since others wait for the row."""
    full = _full(per_minute)
    new = insert(RelayBucket).values(relay=relay, tokens=full, refilled_at=func.clock_timestamp())
    session.execute(new.on_conflict_do_nothing())
    row = select(RelayBucket.tokens, RelayBucket.refilled_at, func.clock_timestamp().label("now"))
    before = session.execute(row.where(RelayBucket.relay == relay).with_for_update()).one()
    tokens = refilled(before.tokens, before.now - before.refilled_at, per_minute)
    taken = min(wanted, int(tokens))
    _write(session, relay, tokens=tokens - taken, refilled_at=before.now)
    return taken


def put_back(session: Session, relay: str, unused: int, per_minute: int) -> None:
    """Put back tokens that nothing went out for."""
    if unused:
        _write(session, relay, tokens=func.least(RelayBucket.tokens + unused, _full(per_minute)))


def refilled(tokens: float, elapsed: timedelta, per_minute: int) -> float:
    """Return what a bucket holds after a while; a clock that went back adds nothing."""
    flown = (1 - BURST) * per_minute * (max(elapsed, timedelta()) / MINUTE)
    return min(tokens + flown, _full(per_minute))


def _full(per_minute: int) -> float:
    return max(1.0, BURST * per_minute)


def _write(session: Session, relay: str, **values: object) -> None:
    change = update(RelayBucket).where(RelayBucket.relay == relay).values(**values)
    session.execute(change, execution_options=UNSYNCED)
