"""When a message may go at the earliest: after opening and pause, at the hours and on the days of sending."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveys.models import Clinic, ClinicHoliday, Patient, Visit
from surveys.protocols.model import ReminderPlan
from surveys.schedule import local_date
from surveys.send_calendar import SendDays, next_sendable


def send_days(session: Session, clinic: Clinic) -> SendDays:
    """The days on which the clinic sends, as it has set them."""
    theirs = select(ClinicHoliday.on_date).where(ClinicHoliday.clinic_id == clinic.id)
    return SendDays(clinic.send_on_weekends, frozenset(session.scalars(theirs)))


def holidays() -> ColumnElement[list[date]]:
    """The clinic's holidays as one column of a statement that reads the clinic; None where there are none."""
    theirs = select(func.array_agg(ClinicHoliday.on_date)).where(ClinicHoliday.clinic_id == Clinic.id)
    return theirs.scalar_subquery()


def earliest(moment: datetime, patient: Patient, plan: ReminderPlan, days: SendDays) -> datetime:
    """``moment``, or the next one at which this patient may be written to."""
    after = max(moment, patient.paused_until) if patient.paused_until else moment
    return next_sendable(after, ZoneInfo(patient.time_zone), plan.send_from, plan.send_until, days)


def wait(
    visit: Visit, patient: Patient, plan: ReminderPlan, days: SendDays, *, now: datetime
) -> tuple[str, datetime] | None:
    """Why a message waits, and until when; None where it may go now."""
    opened = max(now, visit.opens_at)
    until = earliest(opened, patient, plan, days)
    return (_reason(visit, patient, days, now), until) if until > now else None


def _reason(visit: Visit, patient: Patient, days: SendDays, now: datetime) -> str:
    """The nearest of what keeps it back, the patient's own wish before the clinic's calendar."""
    if now < visit.opens_at:
        return "not_open"
    if patient.paused_until and now < patient.paused_until:
        return "paused"
    today = local_date(now, ZoneInfo(patient.time_zone))
    return "quiet_hours" if days.allow(today) else "no_sending_day"
