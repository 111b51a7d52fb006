"""What nobody has looked at in time goes to the deputy, and what the deputy leaves as long, to the admins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.alerts import telling
from surveys.alerts.listing import OPEN, living
from surveys.alerts.settings import due, settings_of
from surveys.models import Alert, AlertSettings

BATCH = 200


def escalate(session: Session, clinic_id: UUID, *, now: datetime) -> int:
    """Escalate up to a batch of overdue alerts, each once whoever else is at it; returns how many.

    Alerts raised before a clinic switched them off are still somebody's to look at.
    """
    settings = settings_of(session, clinic_id)
    if settings is None:
        return 0
    overdue = _claim(session, living(Alert.clinic_id == clinic_id, OPEN, Alert.escalated_at.is_(None)), now)
    for alert in overdue:
        alert.escalated_at = now
        what = {"kind": alert.kind, "subject": alert.subject}
        record(session, clinic_id, SYSTEM, "alert_escalated", ("response", alert.response_id), now=now, new=what)
    if overdue:
        telling.tell(session, settings, telling.AT_ESCALATION, overdue[0].id)
    _tell_admins(session, settings, now)
    session.flush()
    return len(overdue)


def _claim(session: Session, wanted: Select[UUID], now: datetime) -> Sequence[Alert]:
    """Lock what is overdue, passing over what another worker holds."""
    ids = wanted.where(Alert.due_at <= now).subquery()
    locked = select(Alert).where(Alert.id.in_(select(ids.c.id)), Alert.escalated_at.is_(None)).order_by(Alert.due_at)
    held = locked.limit(BATCH).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(held).all()


def _tell_admins(session: Session, settings: AlertSettings, now: datetime) -> None:
    """Write to the admins about the oldest alert that the deputy has had for as long as the owner had it.

    Of the oldest alone, so that a clinic that looks at none is not written to about each.
    """
    escalated = living(Alert.clinic_id == settings.clinic_id, OPEN, Alert.escalated_at.is_not(None)).subquery()
    oldest = select(Alert).where(Alert.id.in_(select(escalated.c.id))).order_by(Alert.escalated_at, Alert.id).limit(1)
    alert = session.scalar(oldest.with_for_update(skip_locked=True))
    if alert and alert.escalated_at and due(session, settings, alert.escalated_at) <= now:
        telling.tell(session, settings, telling.AT_LAST, alert.id)
