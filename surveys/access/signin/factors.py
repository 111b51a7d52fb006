"""A person's second factor: set up, checked so that no code counts twice, removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.signin import totp
from surveys.db import UNSYNCED, uuid7
from surveys.models import RecoveryCode, Staff, StaffFactor

OFFER = timedelta(minutes=10)  # as long as a sign-in half done
PLACE = ("staff_factor", "secret_enc")


def in_use(session: Session, staff_id: UUID) -> StaffFactor | None:
    """Return the factor that codes are checked against."""
    live = StaffFactor.confirmed_at.is_not(None), StaffFactor.removed_at.is_(None)
    return session.scalar(select(StaffFactor).where(StaffFactor.staff_id == staff_id, *live))


def offered(session: Session, vault: Vault, person: Staff, *, now: datetime) -> tuple[StaffFactor, str]:
    """Return the factor being set up and its secret: the one just offered, so that a reload shows the same."""
    waiting = select(StaffFactor).where(*_waiting(person.id), StaffFactor.created_at > now - OFFER)
    factor = session.scalar(waiting.order_by(StaffFactor.id.desc()).limit(1))
    if factor is not None:
        return factor, vault.open(factor.secret_enc, *PLACE, factor.id)
    factor_id, secret = uuid7(), totp.new_secret()
    sealed = vault.seal(secret, *PLACE, factor_id)
    factor = StaffFactor(
        clinic_id=person.clinic_id, id=factor_id, staff_id=person.id, secret_enc=sealed, last_step=0, created_at=now
    )
    session.add(factor)
    session.flush()
    return factor, secret


def confirm(session: Session, vault: Vault, factor: StaffFactor, typed: str, *, now: datetime) -> bool:
    """Put the offered factor in the place of the one before, if the code fits."""
    step = totp.matching_step(vault.open(factor.secret_enc, *PLACE, factor.id), typed, now)
    if step is None:
        return False
    former = StaffFactor.staff_id == factor.staff_id, StaffFactor.id != factor.id, StaffFactor.removed_at.is_(None)
    session.execute(update(StaffFactor).where(*former).values(removed_at=now))
    factor.confirmed_at, factor.last_step = now, step
    session.flush()
    return True


def withdraw_offer(session: Session, staff_id: UUID, *, now: datetime) -> None:
    """Forget a secret that was shown and not confirmed: somebody else may have been shown it."""
    session.execute(update(StaffFactor).where(*_waiting(staff_id)).values(removed_at=now))


def accept(session: Session, vault: Vault, staff_id: UUID, typed: str, *, now: datetime) -> bool:
    """Return whether the code fits and none of its time step, or of a later one, was used before."""
    factor = in_use(session, staff_id)
    step = totp.matching_step(vault.open(factor.secret_enc, *PLACE, factor.id), typed, now) if factor else None
    if factor is None or step is None:
        return False
    unused = StaffFactor.id == factor.id, StaffFactor.last_step < step
    counted = update(StaffFactor).where(*unused).values(last_step=step).returning(StaffFactor.id)
    return bool(session.execute(counted, execution_options=UNSYNCED).all())


def remove(session: Session, staff_id: UUID, *, now: datetime) -> bool:
    """Take the second factor and its recovery codes away; returns whether there was one."""
    live = StaffFactor.staff_id == staff_id, StaffFactor.removed_at.is_(None)
    was = in_use(session, staff_id) is not None
    session.execute(update(StaffFactor).where(*live).values(removed_at=now))
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    return was


def _waiting(staff_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return StaffFactor.staff_id == staff_id, StaffFactor.confirmed_at.is_(None), StaffFactor.removed_at.is_(None)
