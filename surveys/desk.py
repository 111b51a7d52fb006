"""The desk list: who is treated tomorrow, whose answers are missing, who cannot be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from surveys.models import (
    Clinic,
    Episode,
    Patient,
    StaffTask,
    Treatment,
    Visit,
)
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, ended_by
from surveys.pathway.visit_state import visit_state
from surveys.schedule import local_date
from surveys.workqueue.reach import reach_problem

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
    return Episode.clinic_id == clinic.id, ~ended_by(STOPS_FOLLOW_UP)


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
        select(Patient, Visit, reach_problem())
        .join(Episode, Episode.patient_id == Patient.id)
        .join(Visit, Visit.episode_id == Episode.id)
        .where(*_followed(clinic), *_is_open(now))
        .order_by(Visit.closes_at, Patient.number)
    )
    tasks = _open_tasks(session, clinic)
    treated_on = {treatment.episode_id: treatment.on_date for _, treatment in reversed(treatments)}
    return [
        DeskVisit(
            patient,
            visit,
            visit_state(visit, ZoneInfo(patient.time_zone), now),
            (*([problem] if problem else ()), *sorted(tasks.get(visit.id, []))),
            treated_on.get(visit.episode_id),
        )
        for patient, visit, problem in session.execute(wanted)
    ]


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Visit.opens_at <= now,
        Visit.closes_at > now,
        Visit.submitted_at.is_(None),
        Visit.cancelled_at.is_(None),
        Visit.closed_at.is_(None),
    )


def _open_tasks(session: Session, clinic: Clinic) -> Mapping[UUID, Sequence[str]]:
    """The kinds of open tasks by visit."""
    tasks: dict[UUID, list[str]] = {}
    wanted = select(StaffTask.visit_id, StaffTask.kind).where(StaffTask.closed_at.is_(None))
    for visit_id, kind in session.execute(wanted.where(StaffTask.clinic_id == clinic.id)):
        tasks.setdefault(visit_id, []).append(kind)
    return tasks
