"""The desk list: who is treated tomorrow, whose answers are missing, who cannot be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from surveys.models import (
    Clinic,
    Consent,
    Ending,
    Episode,
    Patient,
    StaffTask,
    SuppressedPhone,
    Suppression,
    Treatment,
    Visit,
)
from surveys.outbox.situation import PERMISSION
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP
from surveys.pathway.visit_state import visit_state
from surveys.schedule import local_date

LONGEST = 200  # lines of one section; more are counted, not drawn


@dataclass(frozen=True)
class DeskVisit:
    """An open visit on the list; ``reasons``: why nobody can be reached, as codes."""

    patient: Patient
    visit: Visit
    state: str
    reasons: tuple[str, ...]
    treated_on: date | None


@dataclass(frozen=True)
class DeskTreatment:
    """A planned treatment; ``visit``: the patient's open baseline, None where it is sent or closed."""

    patient: Patient
    treatment: Treatment
    visit: Visit | None


@dataclass
class DeskList:
    """The sections of the list, each in the order of urgency."""

    tomorrow: list[DeskTreatment] = field(default_factory=list)
    to_confirm: list[DeskTreatment] = field(default_factory=list)
    baseline_missing: list[DeskVisit] = field(default_factory=list)
    due: list[DeskVisit] = field(default_factory=list)
    overdue: list[DeskVisit] = field(default_factory=list)
    unreachable: list[DeskVisit] = field(default_factory=list)


def desk_list(session: Session, clinic: Clinic, *, now: datetime) -> DeskList:
    """The clinic's list at a moment; patients whose follow-up ended are left out."""
    desk = DeskList()
    treatments = _planned_treatments(session, clinic, now)
    visits = _open_visits(session, clinic, treatments, now)
    baselines = {line.visit.episode_id: line.visit for line in visits if line.visit.timepoint == "baseline"}
    today = local_date(now, ZoneInfo(clinic.time_zone))
    for patient, treatment in treatments:
        line = DeskTreatment(patient, treatment, baselines.get(treatment.episode_id))
        if treatment.on_date == today + timedelta(days=1):
            desk.tomorrow.append(line)
        elif treatment.on_date <= today:
            desk.to_confirm.append(line)
    for each in visits:
        _sort_in(desk, each)
    return desk


def _sort_in(desk: DeskList, line: DeskVisit) -> None:
    if line.reasons:
        desk.unreachable.append(line)
    if line.visit.timepoint == "baseline":
        desk.baseline_missing.append(line)
    elif line.state == "overdue":
        desk.overdue.append(line)
    else:
        desk.due.append(line)


def _followed(clinic: Clinic) -> tuple[ColumnElement[bool], ...]:
    ended = exists().where(
        Ending.episode_id == Episode.id, Ending.revoked_at.is_(None), Ending.kind.in_(STOPS_FOLLOW_UP)
    )
    return Episode.clinic_id == clinic.id, ~ended


def _planned_treatments(session: Session, clinic: Clinic, now: datetime) -> Sequence[tuple[Patient, Treatment]]:
    horizon = local_date(now, ZoneInfo(clinic.time_zone)) + timedelta(days=90)
    wanted = (
        select(Patient, Treatment)
        .join(Episode, Episode.patient_id == Patient.id)
        .join(Treatment, Treatment.episode_id == Episode.id)
        .where(*_followed(clinic), Treatment.state == "planned", Treatment.on_date <= horizon)
        .order_by(Treatment.on_date, Patient.number)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _open_visits(
    session: Session, clinic: Clinic, treatments: Sequence[tuple[Patient, Treatment]], now: datetime
) -> list[DeskVisit]:
    wanted = (
        select(Patient, Visit)
        .join(Episode, Episode.patient_id == Patient.id)
        .join(Visit, Visit.episode_id == Episode.id)
        .where(*_followed(clinic), *_is_open(now))
        .order_by(Visit.closes_at, Patient.number)
    )
    rows = [(row[0], row[1]) for row in session.execute(wanted)]
    reasons = _reasons(session, clinic, rows)
    treated_on = {treatment.episode_id: treatment.on_date for _, treatment in reversed(treatments)}
    return [
        DeskVisit(
            patient,
            visit,
            visit_state(visit, ZoneInfo(patient.time_zone), now),
            reasons[visit.id],
            treated_on.get(visit.episode_id),
        )
        for patient, visit in rows
    ]


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Visit.opens_at <= now,
        Visit.closes_at > now,
        Visit.submitted_at.is_(None),
        Visit.cancelled_at.is_(None),
        Visit.closed_at.is_(None),
    )


def _reasons(session: Session, clinic: Clinic, rows: Sequence[tuple[Patient, Visit]]) -> dict[UUID, tuple[str, ...]]:
    """Why a patient cannot be written to, and the open tasks of the visit, by visit."""
    facts = _Reach.read(session, clinic)
    tasks: dict[UUID, list[str]] = {}
    open_tasks = select(StaffTask.visit_id, StaffTask.kind).where(StaffTask.closed_at.is_(None))
    for visit_id, kind in session.execute(open_tasks.where(StaffTask.clinic_id == clinic.id)):
        tasks.setdefault(visit_id, []).append(kind)
    return {visit.id: (*facts.reasons(patient), *sorted(tasks.get(visit.id, []))) for patient, visit in rows}


@dataclass(frozen=True)
class _Reach:
    """Addresses and numbers of the clinic that nothing goes to, and who allowed what."""

    bounced: set[bytes]
    stopped: set[bytes]
    allowed: set[tuple[UUID, str]]

    @classmethod
    def read(cls, session: Session, clinic: Clinic) -> _Reach:
        bounced = select(Suppression.email_index).where(Suppression.clinic_id == clinic.id)
        stopped = select(SuppressedPhone.phone_index).where(SuppressedPhone.clinic_id == clinic.id)
        standing = Consent.clinic_id == clinic.id, Consent.withdrawn_at.is_(None)
        given = select(Consent.patient_id, Consent.kind).where(*standing, Consent.kind.in_(PERMISSION.values()))
        allowed = {(row[0], row[1]) for row in session.execute(given)}
        return cls(set(session.scalars(bounced)), set(session.scalars(stopped)), allowed)

    def reasons(self, patient: Patient) -> tuple[str, ...]:
        if patient.channel == "none":
            return ("nothing_sent",)
        texts = patient.channel == "sms"
        index = patient.phone_index if texts else patient.email_index
        if index is None:
            return ("no_number" if texts else "no_address",)
        if (patient.id, PERMISSION[patient.channel]) not in self.allowed:
            return ("no_permission",)
        if index in (self.stopped if texts else self.bounced):
            return ("texts_stopped" if texts else "address_bounced",)
        return ()
