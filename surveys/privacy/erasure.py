"""Erasing a person: the identity goes, the answers stay under a number, and the act proves itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Column, delete, exists, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.chain.audit import Actor, record
from surveys.access.keys import patient_keys
from surveys.access.keys.encryption import Vault
from surveys.models import Clinic, Episode, Erasure, Patient, PatientLink, PatientSession, StaffTask, Visit
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, ended_by
from surveys.people.holding import hold_records
from surveys.people.patients import SEALED, contact
from surveys.privacy.data_map import Entry, about_patients
from surveys.privacy.proof import canaries, names, prove
from surveys.privacy.rows import BY_INDEX, Rows, records_of, rows_of, table

DIGEST_BYTES = 32


class ErasureError(ValueError):
    """Why nobody was erased; the text says what to do first."""


def running(session: Session, patient: Patient) -> bool:
    """Return whether an episode of the person still has visits to come or to answer."""
    waiting = (Visit.submitted_at.is_(None), Visit.closed_at.is_(None), Visit.cancelled_at.is_(None))
    live = select(Visit.id).join(Episode, Episode.id == Visit.episode_id)
    return (
        session.scalars(
            live.where(Episode.patient_id == patient.id, *waiting, ~ended_by(STOPS_FOLLOW_UP)).limit(1)
        ).first()
        is not None
    )


def erase(
    session: Session,
    vault: Vault,
    clinic: Clinic,
    patient: Patient,
    *,
    cause: str,
    reason: str,
    withhold: bool = False,
    actor: Actor,
    now: datetime,
) -> Erasure:
    """Remove who the person is from every row; return the record that holds the proof.

    ``cause``: request or retention. ``withhold``: no figure counts the person any more. Raises ErasureError where
    follow-up is still running, the person is erased already, or the record was merged into another.
    """
    hold_records(session, [patient.id])  # first: whoever erases, merges or enrols beside us is waited for
    _refuse(session, patient)
    records = records_of(session, patient)
    before = rows_of(session, records)
    traces = canaries(_former(session, vault, records))
    if cause == "request" and names(reason, traces):  # the words for retention are ours
        raise ErasureError("Leave name, address and chart number out of the reason: it is kept for good.")
    _stop_contact(session, before, now=now)
    for entry in about_patients():
        _empty(session, entry, before)
    _forget(session, records, now=now, withhold=withhold)
    session.flush()
    session.expire_all()
    proof = prove(before, rows_of(session, records), traces)
    kept = Erasure(
        clinic_id=clinic.id,
        patient_id=patient.id,
        cause=cause,
        erased_at=now,
        erased_by=actor.staff_id,
        withheld=withhold,
        proof=proof,
    )
    session.add(kept)
    new = {"cause": cause, "withheld": withhold, "proof": proof}
    record(session, clinic.id, actor, "erased", ("patient", patient.id), now=now, new=new, reason=reason)
    session.flush()
    return kept


def _refuse(session: Session, patient: Patient) -> None:
    if patient.erased_at is not None:
        raise ErasureError("This person is erased already.")
    if patient.merged_into is not None:
        raise ErasureError("This record was merged into another. Erase the one that was kept; both go together.")
    if running(session, patient):
        raise ErasureError("Follow-up is still running. Record first that consent was withdrawn or follow-up ended.")


def _former(session: Session, vault: Vault, records: Sequence[UUID]) -> list[str]:
    """What the person was called and reached by, on every record."""
    known = [contact(vault, session.get_one(Patient, each)) for each in records]
    return [value for details in known for field in SEALED if (value := getattr(details, field))]


def _stop_contact(session: Session, rows: Rows, *, now: datetime) -> None:
    visits = [row["id"] for row in rows["visit"]]
    outbox.cancel_waiting(session, *visits, cause="erased", now=now)
    for model in (PatientLink, PatientSession):
        live = (model.visit_id.in_(visits), model.revoked_at.is_(None))
        session.execute(update(model).where(*live).values(revoked_at=now))
    open_tasks = (StaffTask.visit_id.in_(visits), StaffTask.closed_at.is_(None))
    session.execute(update(StaffTask).where(*open_tasks).values(closed_at=now, outcome="erased"))


def _empty(session: Session, entry: Entry, rows: Rows) -> None:
    """Do to the table's rows what the data map says; a shared address stays suppressed for the other person."""
    if not rows[entry.table]:
        return None
    if index := BY_INDEX.get(entry.table):
        return _lift(session, rows, entry.table, index)
    emptied, replaced, its = entry.erased("emptied"), entry.erased("replaced"), table(entry.table)
    theirs = [row["id"] for row in rows[entry.table]] if emptied or replaced else []
    if emptied:
        values: dict[str, Any] = {name: _nothing(its.c[name]) for name in emptied}
        session.execute(update(its).where(its.c.id.in_(theirs)).values(values))
    for name, row_id in product(replaced, theirs):
        session.execute(update(its).where(its.c.id == row_id).values({name: secrets.token_bytes(DIGEST_BYTES)}))
    return None


def _nothing(column: Column[Any]) -> object:
    """What an emptied column holds: NULL where it may, else an empty list or text."""
    if column.nullable:
        return None
    return [] if isinstance(column.type, JSONB) else ""


def _lift(session: Session, rows: Rows, name: str, index: str) -> None:
    its, mine = table(name), [row["id"] for row in rows["patient"]]
    for row in rows[name]:
        shared = exists().where(table("patient").c[index] == row[index], Patient.id.not_in(mine))
        session.execute(delete(its).where(its.c.id == row["id"], ~shared))


def _forget(session: Session, records: Sequence[UUID], *, now: datetime, withhold: bool) -> None:
    gone: dict[str, Any] = {"erased_at": now, "channel": "none"}
    if withhold:
        gone["withheld_at"] = now
    session.execute(update(Patient).where(Patient.id.in_(records)).values(gone))
    for patient_id in records:
        patient_keys.destroy(session, patient_id, now=now)
