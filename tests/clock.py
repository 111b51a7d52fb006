"""The domain clock, set by a test and put back afterwards; needs an application context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.models import DomainClock


@contextmanager
def domain_clock() -> Iterator[Callable[[datetime], None]]:
    """Yield a function that sets ``app_now()``, which goes on from there."""

    def set_to(moment: datetime) -> None:
        _shift(moment - func.clock_timestamp())

    try:
        yield set_to
    finally:
        _shift(timedelta(0))


def _shift(by: object) -> None:
    with clinic_scope(None), Session(db.engine) as session:
        session.execute(update(DomainClock).values(shift=by), execution_options={"synchronize_session": False})
        session.commit()
