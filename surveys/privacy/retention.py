"""How long a record is kept after the last contact, who is warned of, and who may be erased now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.db import uuid7
from surveys.models import (
    Clinic,
    Consent,
    Endpoint,
    Episode,
    Erasure,
    Message,
    Patient,
    Response,
    RetentionDecision,
    Treatment,
    Visit,
)
from surveys.people.holding import hold_records
from surveys.privacy.erasure import erase, running
from surveys.schedule import add_months, local_date

SOON, WARNED = timedelta(days=30), timedelta(days=90)
BATCH = 50  # records erased in one transaction: some seconds
CAUSE = "retention"
REASON = "The clinic's retention time is over"


@dataclass(frozen=True)
class Due:
    """A record with the day it falls due; ``stage``: due, soon (30 days) or later (90 days)."""

    patient: Patient
    last_contact: date
    due_on: date
    stage: str
    decided: bool


def due_list(session: Session, clinic: Clinic, *, now: datetime) -> list[Due]:
    """Return who falls due within 90 days, the earliest first; nobody where the clinic set no time."""
    if clinic.retention_years is None:
        return []
    today = local_date(now, ZoneInfo(clinic.time_zone))
    decisions = session.execute(select(RetentionDecision.patient_id, RetentionDecision.due_on))
    decided = {(row.patient_id, row.due_on) for row in decisions}
    rows = session.execute(_last_contacts(clinic)).all()
    found = [_due(clinic, row.Patient, row.last, today, decided) for row in rows]
    return sorted((due for due in found if due), key=lambda due: (due.due_on, due.patient.number))


def _due(clinic: Clinic, patient: Patient, last: datetime, today: date, decided: set[tuple[UUID, date]]) -> Due | None:
    last_day = local_date(last, ZoneInfo(clinic.time_zone))
    due_on = add_months(last_day, 12 * (clinic.retention_years or 0))
    if due_on > today + WARNED:
        return None
    stage = "due" if due_on <= today else "soon" if due_on <= today + SOON else "later"
    return Due(patient, last_day, due_on, stage, (patient.id, due_on) in decided)


def _last_contacts(clinic: Clinic) -> Select[Any]:
    """The latest of what a person did or was planned to do; a visit to come holds the record back until it closes."""
    theirs = Episode.patient_id == Patient.id
    visits = select(func.max(Visit.closes_at)).join(Episode, Episode.id == Visit.episode_id)
    answers = select(func.max(Response.finalised_at)).join(Visit, Visit.id == Response.visit_id)
    mails = select(func.max(Message.settled_at)).join(Visit, Visit.id == Message.visit_id)
    care = select(func.max(Treatment.settled_at)).join(Episode, Episode.id == Treatment.episode_id)
    events = select(func.max(Endpoint.recorded_at)).join(Episode, Episode.id == Endpoint.episode_id)
    consents = select(func.max(func.greatest(Consent.given_at, Consent.withdrawn_at)))
    latest = func.greatest(
        Patient.created_at,
        visits.where(theirs, Visit.cancelled_at.is_(None)).scalar_subquery(),
        answers.join(Episode, Episode.id == Visit.episode_id).where(theirs).scalar_subquery(),
        mails.join(Episode, Episode.id == Visit.episode_id).where(theirs, Message.state == "sent").scalar_subquery(),
        care.where(theirs).scalar_subquery(),
        events.where(theirs).scalar_subquery(),
        consents.where(Consent.patient_id == Patient.id).scalar_subquery(),
    )
    living = (Patient.clinic_id == clinic.id, Patient.erased_at.is_(None), Patient.merged_into.is_(None))
    return select(Patient, latest.label("last")).where(*living)


def due_on(session: Session, clinic: Clinic, patient: Patient) -> date | None:
    """Return the day one record falls due; None where the clinic set no time or the person is erased."""
    row = session.execute(_last_contacts(clinic).where(Patient.id == patient.id)).one_or_none()
    if row is None or clinic.retention_years is None:
        return None
    return add_months(local_date(row.last, ZoneInfo(clinic.time_zone)), 12 * clinic.retention_years)


def agree(session: Session, clinic: Clinic, due: Due, *, actor: Actor, now: datetime) -> None:
    """Keep a person's yes to erasing the record on its day; a second one adds nothing."""
    row = {"id": uuid7(), "clinic_id": clinic.id, "patient_id": due.patient.id, "due_on": due.due_on}
    decision = insert(RetentionDecision).values(**row, decided_at=now, decided_by=actor.staff_id)
    session.execute(decision.on_conflict_do_nothing())
    subject, new = ("patient", due.patient.id), {"due_on": due.due_on.isoformat()}
    record(session, clinic.id, actor, "erasure_agreed", subject, now=now, new=new)


def ripe(clinic: Clinic, dues: Sequence[Due]) -> list[Due]:
    """Those who are due and agreed to, or due where the clinic erases by itself."""
    return [due for due in dues if due.stage == "due" and (due.decided or clinic.retention_automatic)]


def erase_ripe(session: Session, vault: Vault, clinic: Clinic, *, actor: Actor, now: datetime) -> list[Erasure]:
    """Erase up to a BATCH of who is due and may be; the caller commits, and asks again until nobody is left.

    A window not closed yet waits for the next run, and so does whoever had contact in the meantime.
    """
    done: list[Erasure] = []
    for due in ripe(clinic, due_list(session, clinic, now=now)):
        if len(done) < BATCH and _still_due(session, clinic, due):
            done.append(erase(session, vault, clinic, due.patient, cause=CAUSE, reason=REASON, actor=actor, now=now))
    return done


def _still_due(session: Session, clinic: Clinic, due: Due) -> bool:
    """Look again with the record locked: an enrolment or a consent may have come since the list was made."""
    hold_records(session, [due.patient.id])
    return due_on(session, clinic, due.patient) == due.due_on and not running(session, due.patient)
