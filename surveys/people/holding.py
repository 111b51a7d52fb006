"""The record itself held: before anything of a person is changed, so that all acts come one after the other."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import Patient


class ClosedRecordError(ValueError):
    """The record takes no changes any more: the person was erased, or it was merged into another."""


def hold_records(session: Session, patient_ids: Collection[UUID]) -> None:
    """Lock the records in one order and read them anew; permissions and what else hangs on them are locked after."""
    theirs = select(Patient).where(Patient.id.in_(patient_ids)).order_by(Patient.id).with_for_update()
    session.scalars(theirs, execution_options={"populate_existing": True}).all()


def hold_living(session: Session, patient: Patient) -> None:
    """Lock one record that is to be changed; raises ClosedRecordError where somebody closed it meanwhile."""
    hold_records(session, [patient.id])
    if patient.erased_at or patient.merged_into:
        raise ClosedRecordError
