"""Who is written to about an alert: the owner, then the deputy, then the admins. The mail says nothing about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.signin import staff_mail
from surveys.models import AlertSettings, Staff

AT_RAISING, AT_ESCALATION, AT_LAST = 1, 2, 3  # how many steps of the stair have been told by then


def tell(session: Session, settings: AlertSettings, steps: int, alert_id: UUID) -> None:
    """Plan mail to everybody of the stair's first steps; who was written to about this alert is not again.

    A step that nobody stands on is passed over: where the owner's account is closed, the deputy is the first.
    """
    standing = [step for step in stair(session, settings) if step][:steps]
    for person in chain.from_iterable(standing if steps == AT_RAISING else _without_owner(standing, settings)):
        staff_mail.plan(session, person, "alert", alert_id)


def stair(session: Session, settings: AlertSettings) -> list[list[Staff]]:
    """Owner, deputy and admins, of each those who have an open account with an address."""
    reached = Staff.clinic_id == settings.clinic_id, Staff.disabled_at.is_(None), Staff.email_enc.is_not(None)
    people = session.scalars(select(Staff).where(*reached).order_by(Staff.id)).all()
    named = [settings.owner_id, settings.deputy_id]
    alone = [[person for person in people if person.id == each] for each in named]
    return [*alone, [person for person in people if person.role == "admin" and person.id not in named]]


def _without_owner(standing: Sequence[Sequence[Staff]], settings: AlertSettings) -> list[list[Staff]]:
    """Whom it is escalated to: the owner had the first mail, unless nobody else is left."""
    others = [[person for person in step if person.id != settings.owner_id] for step in standing]
    return others if any(others) else [list(step) for step in standing]
