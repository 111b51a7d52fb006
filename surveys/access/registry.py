"""Which clinics a registry analyst may read: granted and taken back by each clinic's administrators."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.i18n import gettext as _
from surveys.models import RegistryGrant

FIND = text("SELECT clinic_id, staff_id FROM find_registry_analyst(:login)")
GRANTED = text("SELECT clinic_id FROM granted_clinics(:analyst)")


class GrantError(Exception):
    """Nobody was let in; the text says why."""


def granted_clinics(session: Session, analyst_id: UUID) -> list[UUID]:
    """Return the clinics whose grant stands, by the function that looks across them."""
    return list(session.scalars(GRANTED, {"analyst": analyst_id}))


def standing_grant(session: Session, analyst_id: UUID) -> RegistryGrant | None:
    """Return the grant of the clinic that the session is bound to; row-level security hides every other's."""
    wanted = select(RegistryGrant).where(RegistryGrant.analyst_id == analyst_id, RegistryGrant.revoked_at.is_(None))
    return session.scalars(wanted).one_or_none()


def grants(session: Session) -> list[RegistryGrant]:
    """Return the bound clinic's grants that stand, by login."""
    standing = select(RegistryGrant).where(RegistryGrant.revoked_at.is_(None))
    return list(session.scalars(standing.order_by(RegistryGrant.analyst_login)))


def grant(session: Session, clinic_id: UUID, login: str, *, actor: Actor, now: datetime) -> RegistryGrant:
    """Let a registry analyst read the clinic's figures.

    Raises GrantError, in the same words for every login that is no registry analyst's.
    """
    name = login.strip().casefold().replace("\0", "")
    found = session.execute(FIND, {"login": name}).one_or_none()
    if found is None:
        raise GrantError(_("No registry analyst has this login. Ask the registry how it is written."))
    if standing_grant(session, found.staff_id):
        raise GrantError(_("This analyst has access already."))
    assert actor.id is not None  # noqa: S101 - administrators sign in
    row = RegistryGrant(
        clinic_id=clinic_id,
        analyst_clinic_id=found.clinic_id,
        analyst_id=found.staff_id,
        analyst_login=name,
        granted_by=actor.id,
        granted_at=now,
    )
    session.add(row)
    session.flush()
    what = {"analyst": str(row.analyst_id)}
    record(session, clinic_id, actor, "registry_granted", ("registry_grant", row.id), now=now, new=what)
    return row


def revoke(session: Session, row: RegistryGrant, *, actor: Actor, now: datetime) -> None:
    """Take the access back; once more changes nothing."""
    if row.revoked_at is not None:
        return
    row.revoked_at, row.revoked_by = now, actor.id
    what = {"analyst": str(row.analyst_id)}
    record(session, row.clinic_id, actor, "registry_revoked", ("registry_grant", row.id), now=now, old=what)
