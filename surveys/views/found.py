"""Rows of the signed-in clinic by their id; another clinic's, or none, is 404."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, current_app
from sqlalchemy import select

from surveys.access.keys.encryption import Vault
from surveys.db import Tenant, app_now, db
from surveys.i18n import gettext as _
from surveys.models import Clinic, Episode, Patient, ProtocolVersion, Visit
from surveys.protocols.loading import Protocol
from surveys.protocols.store import protocol_of
from surveys.schedule import local_date
from surveys.views.guard import identity

Row = TypeVar("Row", bound=Tenant)


def own(model: type[Row], row_id: UUID) -> Row:
    """The clinic's row, or 404."""
    wanted = select(model).where(model.clinic_id == identity().clinic_id, model.id == row_id)
    return db.session.scalars(wanted).one_or_none() or abort(404)


def living(patient_id: UUID) -> Patient:
    """The clinic's patient whose record goes on; one that was erased or merged takes no changes (409)."""
    patient = own(Patient, patient_id)
    if patient.erased_at or patient.merged_into:
        abort(409, closed())
    return patient


def closed() -> str:
    """Why a record takes no changes."""
    return _("This record is closed: the person was erased, or it was merged into another.")


def clinic() -> Clinic:
    """The signed-in clinic."""
    return db.session().get_one(Clinic, identity().clinic_id)


def vault() -> Vault:
    """What opens contact details."""
    opener: Vault = current_app.extensions["vault"]
    return opener


def now() -> datetime:
    """The domain clock; a view reads it once."""
    return app_now(db.session())


def today(at: datetime) -> date:
    """The clinic's calendar date."""
    return local_date(at, ZoneInfo(clinic().time_zone))


def noon(day: date, zone: str, at: datetime) -> datetime:
    """A moment of a day that somebody wrote down, never later than now."""
    return min(datetime.combine(day, time(12), ZoneInfo(zone)), at)


def patient_of(visit: Visit) -> Patient:
    """Whose visit it is."""
    return own(Patient, own(Episode, visit.episode_id).patient_id)


def protocol_for(visit: Visit) -> Protocol:
    """The protocol version the visit's episode follows."""
    return protocol_of(own(ProtocolVersion, own(Episode, visit.episode_id).protocol_id))
