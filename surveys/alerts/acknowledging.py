"""A named person has looked at an alert and says what was done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.models import Alert

LONGEST_NOTE = 500


class AcknowledgedAlready(Exception):  # noqa: N818 - says what happened
    """Somebody else was first; the first note stands."""


def acknowledge(session: Session, alert: Alert, note: str, *, actor: Actor, now: datetime) -> None:
    """Write who has looked; raises AcknowledgedAlready. The note stays out of the audit: it may be personal."""
    locked = select(Alert).where(Alert.id == alert.id).with_for_update().execution_options(populate_existing=True)
    row = session.scalars(locked).one()
    if row.acknowledged_at is not None:
        raise AcknowledgedAlready
    row.acknowledged_at, row.acknowledged_by, row.note = now, actor.staff_id, note
    what = {"kind": row.kind, "subject": row.subject}
    record(session, row.clinic_id, actor, "alert_acknowledged", ("response", row.response_id), now=now, new=what)
    session.flush()
