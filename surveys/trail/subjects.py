"""Whose an audit row is: from the table and id it names to the patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from surveys.db import Base
from surveys.models import AuditEvent, Episode, Goal, Patient, Visit

OF_PATIENT = ("episode", "consent")
OF_EPISODE = ("visit", "treatment", "ending", "endpoint", "goal", "opioid_dose")
OF_GOAL = ("goal_rating",)
OF_VISIT = ("response", "message", "patient_link", "staff_task")
TABLES = Base.metadata.tables
Pairs = Mapping[str, Sequence[UUID]]  # ids by table


def _rows(subject: str) -> Select[Any] | None:
    """Ids of a table's rows with whose they are; None for a table that is nobody's."""
    if subject == "patient":
        of = TABLES[subject].c
        return select(of.id, of.id.label("patient_id"))
    if subject in OF_PATIENT:
        of = TABLES[subject].c
        return select(of.id, of.patient_id)
    if subject in OF_EPISODE:
        of = TABLES[subject].c
        return select(of.id, Episode.patient_id).join(Episode, Episode.id == of.episode_id)
    if subject in OF_VISIT:
        of = TABLES[subject].c
        visits = select(of.id, Episode.patient_id).join(Visit, Visit.id == of.visit_id)
        return visits.join(Episode, Episode.id == Visit.episode_id)
    if subject in OF_GOAL:
        of = TABLES[subject].c
        goals = select(of.id, Episode.patient_id).join(Goal, Goal.id == of.goal_id)
        return goals.join(Episode, Episode.id == Goal.episode_id)
    return None


def rows_of(session: Session, patient_id: UUID) -> Pairs:
    """Every row of a patient's, by table."""
    found: dict[str, Sequence[UUID]] = {"patient": [patient_id]}
    for subject in (*OF_PATIENT, *OF_EPISODE, *OF_GOAL, *OF_VISIT):
        wanted = _rows(subject)
        assert wanted is not None  # noqa: S101 - each of these tables is somebody's
        owner = wanted.selected_columns[1]
        if ids := [row.id for row in session.execute(wanted.where(owner == patient_id))]:
            found[subject] = ids
    return found


def concerning(session: Session, patient_id: UUID) -> ColumnElement[bool]:
    """The audit rows about a patient, or of a list that showed the patient."""
    pairs = rows_of(session, patient_id)
    named = (and_(AuditEvent.subject == subject, AuditEvent.subject_id.in_(ids)) for subject, ids in pairs.items())
    return or_(*named, AuditEvent.patient_ids.contains([patient_id]))


def patients_of(session: Session, events: Iterable[AuditEvent]) -> Mapping[tuple[str, UUID], Patient]:
    """The patient of each subject that has one."""
    by_table: dict[str, set[UUID]] = {}
    for event in events:
        by_table.setdefault(event.subject, set()).add(event.subject_id)
    owners: dict[tuple[str, UUID], UUID] = {}
    for subject, ids in by_table.items():
        if (wanted := _rows(subject)) is not None:
            rows = session.execute(wanted.where(wanted.selected_columns[0].in_(ids)))
            owners |= {(subject, row.id): row.patient_id for row in rows}
    people = {each.id: each for each in session.scalars(select(Patient).where(Patient.id.in_(set(owners.values()))))}
    return {subject: people[patient_id] for subject, patient_id in owners.items() if patient_id in people}
