"""Tasks that outlived their visit: closed each night, so that no figure counts what waits for nobody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED
from surveys.models import StaffTask, Visit
from surveys.outbox.staff_tasks import ABOUT_VISIT

WHY = case(
    (Visit.submitted_at.is_not(None), "answered"),
    (Visit.cancelled_at.is_not(None), "visit_cancelled"),
    else_="window_closed",
)


def close_leftovers(session: Session, *, now: datetime) -> int:
    """Close the bound clinic's open tasks about visits that take no answers any more; returns how many.

    What ends a visit closes its tasks; these are of visits that ended before it did so. A wish to be erased stays.
    """
    over = Visit.submitted_at.is_not(None) | Visit.cancelled_at.is_not(None) | Visit.closed_at.is_not(None)
    left = StaffTask.closed_at.is_(None), StaffTask.kind.in_(ABOUT_VISIT), StaffTask.visit_id == Visit.id, over
    done = update(StaffTask).where(*left).values(closed_at=now, outcome=WHY).returning(StaffTask.id)
    return len(session.execute(done, execution_options=UNSYNCED).all())
