"""Who answers for alerts in a clinic, when, how soon and about what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.alerts.hours import Hours, due_at
from surveys.alerts.rules import Rules
from surveys.db import uuid7
from surveys.models import AlertSettings, Clinic, ClinicHoliday, Staff

LOOKERS = ("clinician", "coordinator", "admin")  # roles that may answer for alerts: they see whom one is about
MOST_HOURS = 240


@dataclass(frozen=True)
class Choice:
    """What an admin has chosen. ``enabled``: whether alerts are raised from now on."""

    enabled: bool
    owner_id: UUID
    deputy_id: UUID
    weekdays: tuple[int, ...]
    hours_from: time
    hours_until: time
    respond_within_hours: int
    rules: Rules

    def kept(self) -> dict[str, Any]:
        """The columns of the row, but for moments."""
        plain = {name: getattr(self, name) for name in PLAIN}
        return {**plain, "weekdays": sorted(self.weekdays), "rules": self.rules.kept()}


PLAIN = ("owner_id", "deputy_id", "hours_from", "hours_until", "respond_within_hours")


def settings_of(session: Session, clinic_id: UUID) -> AlertSettings | None:
    """The clinic's row, whether on or off."""
    return session.scalar(select(AlertSettings).where(AlertSettings.clinic_id == clinic_id))


def in_force(session: Session, clinic_id: UUID) -> AlertSettings | None:
    """The clinic's row, unless alerts are off."""
    theirs = AlertSettings.clinic_id == clinic_id
    return session.scalar(select(AlertSettings).where(theirs, AlertSettings.enabled_at.is_not(None)))


def lookers(session: Session, clinic_id: UUID) -> list[Staff]:
    """Whose names may stand there, in their order."""
    theirs = Staff.clinic_id == clinic_id, Staff.disabled_at.is_(None), Staff.role.in_(LOOKERS)
    return list(session.scalars(select(Staff).where(*theirs).order_by(Staff.name, Staff.login)))


def due(session: Session, settings: AlertSettings, moment: datetime) -> datetime:
    """By when what begins at a moment has to be looked at."""
    zone = session.scalar(select(Clinic.time_zone).where(Clinic.id == settings.clinic_id))
    holidays = session.scalars(select(ClinicHoliday.on_date).where(ClinicHoliday.clinic_id == settings.clinic_id))
    hours = Hours(
        weekdays=frozenset(settings.weekdays),
        opens=settings.hours_from,
        closes=settings.hours_until,
        zone=ZoneInfo(zone or "UTC"),
        holidays=frozenset(holidays),
    )
    return due_at(moment, timedelta(hours=settings.respond_within_hours), hours)


def keep(session: Session, clinic_id: UUID, choice: Choice, *, actor: Actor, now: datetime) -> None:
    """Write the clinic's choice in place of the one before; alerts raised already keep what they were raised by."""
    before = session.scalar(select(AlertSettings).where(AlertSettings.clinic_id == clinic_id).with_for_update())
    old = _told(before) if before else None
    on_since = before.enabled_at if before and before.enabled_at else now
    changed = {"enabled_at": on_since if choice.enabled else None, "changed_at": now, "changed_by": actor.staff_id}
    values = choice.kept() | changed
    row = insert(AlertSettings).values(clinic_id=clinic_id, id=uuid7(), **values)
    session.execute(row.on_conflict_do_update(index_elements=["clinic_id"], set_=values))
    after = session.scalars(
        select(AlertSettings).where(AlertSettings.clinic_id == clinic_id).execution_options(populate_existing=True)
    ).one()
    subject = ("clinic", clinic_id)
    record(session, clinic_id, actor, "settings_changed", subject, now=now, old=old, new=_told(after))


def _told(settings: AlertSettings) -> dict[str, Any]:
    """The row as the audit has it: codes and ids."""
    hours = f"{settings.hours_from:%H:%M}-{settings.hours_until:%H:%M}"
    return {
        "alerts": "on" if settings.enabled_at else "off",
        "owner": str(settings.owner_id),
        "deputy": str(settings.deputy_id),
        "weekdays": settings.weekdays,
        "hours": hours,
        "respond_within_hours": settings.respond_within_hours,
        "rules": settings.rules,
    }
