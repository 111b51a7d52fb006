"""Alerts of a demo clinic, as they would stand there had they been on for three months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.deterioration import Deterioration
from scoring.individual import Amount
from surveys.access.chain.audit import Actor
from surveys.alerts.acknowledging import acknowledge
from surveys.alerts.raising import raise_alerts
from surveys.alerts.rules import offered
from surveys.alerts.settings import Choice, keep, settings_of
from surveys.models import Alert, Episode, ProtocolVersion, Response, Staff, Visit
from surveys.protocols.store import protocol_of

SPAN = timedelta(days=90)
UNSEEN = 2  # the newest, which wait for whoever looks at the demo
OWN = tuple(  # below what the form offers, or a demo of some hundred patients would hardly raise one
    Deterioration(scale, Amount(Decimal(amount), "decided by the demo's clinic"))
    for scale, amount in (("odi", 10), ("nrs_active", 2), ("eq_vas", 15))
)
NOTE = "Phoned. Comes to the clinic this week."


def look_back(session: Session, clinic_id: UUID, *, now: datetime) -> None:
    """Turn alerts on and raise what the last answers would have raised; a clinic that has chosen already stays."""
    if settings_of(session, clinic_id):
        return
    people = {each.role: each.id for each in session.scalars(select(Staff).order_by(Staff.id.desc()))}
    keep(session, clinic_id, _choice(people), actor=Actor("staff", people["admin"]), now=now - SPAN)
    for response, visit, version in _answered(session, now - SPAN):
        if response.finalised_at:
            raise_alerts(session, visit, protocol_of(version), [response], now=response.finalised_at)
    looker = Actor("staff", people["clinician"])
    for alert in session.scalars(select(Alert).order_by(Alert.raised_at.desc(), Alert.id).offset(UNSEEN)).all():
        acknowledge(session, alert, NOTE, actor=looker, now=min(now, alert.due_at - timedelta(minutes=30)))


def _choice(people: dict[str, UUID]) -> Choice:
    rules = offered()
    others = tuple(each for each in rules.deterioration if each.scale not in {own.scale for own in OWN})
    return Choice(
        enabled=True,
        owner_id=people["clinician"],
        deputy_id=people["coordinator"],
        weekdays=tuple(range(5)),
        hours_from=time(9),
        hours_until=time(17),
        respond_within_hours=8,
        rules=replace(rules, deterioration=(*OWN, *others)),
    )


def _answered(session: Session, since: datetime) -> Iterator[tuple[Response, Visit, ProtocolVersion]]:
    wanted = (
        select(Response, Visit, ProtocolVersion)
        .join(Visit, Visit.id == Response.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .where(Response.finalised_at >= since)
        .order_by(Response.finalised_at, Response.id)
    )
    for row in session.execute(wanted).all():
        yield row[0], row[1], row[2]
