"""Every clinic in turn, for operators' commands and the sealer: each is entered alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db


def every_clinic() -> list[UUID]:
    """Return the ids of all clinics, the oldest first, by the one function that names them; no row is visible here."""
    with clinic_scope(None), Session(db.engine) as session:
        return list(session.scalars(text("SELECT clinic_ids()")))
