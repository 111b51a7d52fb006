"""Noting who was shown whom: a page that shows a person is an act of its own."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import request

from surveys.access.chain.audit import record_view
from surveys.db import db
from surveys.views import found
from surveys.views.guard import identity


def note_view(patient_ids: Iterable[UUID], *, page: str | None = None) -> None:
    """Add one audit row for all who are shown, and commit it before the page goes out; ``page``: an endpoint."""
    who, shown = identity(), list(dict.fromkeys(patient_ids))
    if shown:
        session, name = db.session(), page or request.endpoint or ""
        record_view(session, who.clinic_id, who.actor, name, shown, now=found.now())
        session.commit()
