"""Who may be counted: the one condition that every figure is filtered by."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, select

from surveys.models import Consent, Episode, Patient


def counted(permission: str | None = None) -> ColumnElement[bool]:
    """Return the condition on episodes.

    Nobody who wanted out of every figure is counted. ``permission``: ``research`` for readers outside the clinic,
    ``public_aggregates`` for figures that everybody sees; without one, the clinic's own figures, which the consent
    to take part covers.
    """
    out = Episode.patient_id.in_(select(Patient.id).where(Patient.withheld_at.is_not(None)))
    if permission is None:
        return ~out
    given = (Consent.patient_id == Episode.patient_id, Consent.kind == permission, Consent.withdrawn_at.is_(None))
    return and_(~out, exists().where(*given))
