"""Every row that belongs to a person, found through the data map; merged duplicates belong to the record kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Table, Uuid, cast, or_, select
from sqlalchemy.orm import Session

from surveys.db import Base
from surveys.models import AuditEvent, Patient
from surveys.privacy.data_map import about_patients

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
BY_INDEX = {"suppression": "email_index", "suppressed_phone": "phone_index"}  # found by the patient's own value
PARENTS = {
    "patient_id": "patient",
    "kept_id": "patient",
    "episode_id": "episode",
    "visit_id": "visit",
    "response_id": "response",
    "answer_id": "answer",
    "goal_id": "goal",
    "task_id": "staff_task",
}


def table(name: str) -> Table:
    """Return a table of the models."""
    return Base.metadata.tables[name]


def records_of(session: Session, patient: Patient) -> list[UUID]:
    """The ids of a person's records: this one, and those merged into it."""
    merged = select(Patient.id).where(Patient.merged_into == patient.id).order_by(Patient.number)
    return [patient.id, *session.scalars(merged)]


def rows_of(session: Session, records: Sequence[UUID], only: Iterable[str] | None = None) -> Rows:
    """Return the rows by table, in the order of the data map; ``only``: these tables and no others."""
    session.flush()
    wanted = None if only is None else frozenset(only)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in about_patients():
        if wanted is None or entry.table in wanted:
            found[entry.table] = _rows(session, entry.table, _theirs(entry.table, entry.through, records, found))
    return found


def _theirs(name: str, through: str, records: Sequence[UUID], found: Rows) -> ColumnElement[bool]:
    columns = table(name).c
    if name == "patient":
        return columns.id.in_(records)
    if name == "merge":
        return or_(columns.kept_id.in_(records), columns.merged_id.in_(records))
    if index := BY_INDEX.get(name):
        return columns[index].in_([row[index] for row in found["patient"] if row[index]])
    if name == "audit_event":
        return or_(columns.subject_id.in_(_ids(found)), columns.patient_ids.op("&&")(cast(list(records), ARRAY(Uuid))))
    parent = PARENTS[through]
    return columns[through].in_([row["id"] for row in found[parent]])


def _ids(found: Rows) -> list[UUID]:
    """The ids an audit row of this person may name as its subject."""
    named = (rows for name, rows in found.items() if name != AuditEvent.__tablename__ and "id" in table(name).c)
    return [row["id"] for rows in named for row in rows]


def _rows(session: Session, name: str, which: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    its = table(name)
    key = reversed(its.primary_key.columns.values())
    return [dict(row) for row in session.execute(select(its).where(which).order_by(*key)).mappings()]
