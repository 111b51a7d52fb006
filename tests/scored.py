"""A score from before, for pages that show a course."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from surveys.db import app_now, uuid7
from surveys.models import Response, Score, Visit
from tests.patients import Invited, seen_by


def scored_before(app: Flask, invited: Invited, scale: str, *values: float) -> None:
    """Give the episode's baseline a score of the scale; each further value amends the one before."""
    with seen_by(app, invited.clinic_id) as session:
        episode = select(Visit.episode_id).where(Visit.id == invited.visit_id).scalar_subquery()
        baseline = session.scalars(
            select(Visit).where(Visit.episode_id == episode, Visit.timepoint == "baseline")
        ).one()
        when = app_now(session) - timedelta(days=40)
        common = {"clinic_id": invited.clinic_id, "visit_id": baseline.id, "instrument": "nrs11", "mode": "self"}
        final = {"started_at": when, "finalised_at": when, "finality": "submitted"}
        response = Response(id=uuid7(), language="en", wording_hash="0" * 64, **common, **final)
        session.add(response)
        session.flush()
        for amendment, value in enumerate(values):
            session.add(
                Score(
                    clinic_id=invited.clinic_id,
                    id=uuid7(),
                    response_id=response.id,
                    scale=scale,
                    value=value,
                    n_answered=1,
                    rule_version="nrs-1",
                    amendment=amendment,
                    scored_at=when + timedelta(minutes=amendment),
                )
            )
        session.commit()
