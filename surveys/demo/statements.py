"""A plan and statements of the demo's trial: one signed by two, one by one, one by nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.access.chain.audit import Actor
from surveys.models import Claim, Staff
from surveys.outcomes.claims import store
from surveys.outcomes.claims.specify import Choices, specify
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans import store as plans
from surveys.outcomes.plans.content import checked
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.protocols.store import find, protocol_of

BEFORE = timedelta(days=520)  # forty days after the first patient was enrolled, and long before anybody's twelve months
TRIAL, ODI, PAIN = "trial", "odi change >= 10", "nrs_active change >= 2"
MADE = (  # and how many sign it
    (Choices("responders_two_arms", Filters(TRIAL), "m12", rule=ODI), 2),
    (Choices("responders_over_time", Filters(TRIAL), "m12", rule=PAIN), 1),
    (Choices("battery_means", Filters(TRIAL), "m6", scales=("odi", "nrs_active")), 0),
)


def state(session: Session, clinic_id: UUID, *, now: datetime, checked_at: datetime) -> None:
    """Write the plan and make the statements; a clinic that has one stays as it is."""
    row = find(session, TRIAL)
    if row is None or session.scalars(select(Claim.id).limit(1)).first():
        return
    protocol = protocol_of(row)
    people = {each.role: Actor("staff", each.id) for each in session.scalars(select(Staff).order_by(Staff.id.desc()))}
    endpoints = [endpoint_of(protocol, Rule.parse(text), "m12").text for text in (ODI, PAIN)]
    content = checked(f"protocol={TRIAL}", endpoints, ["bmc minus conventional"], [each.kind for each, _n in MADE[:2]])
    title = "Primary and secondary endpoint"
    plans.write(session, clinic_id, TRIAL, title, content, actor=people["admin"], now=now - BEFORE)
    for choices, signers in MADE:
        specification, planned = specify(session, protocol, choices, now=now)
        of = {"actor": people["clinician"], "now": now, "checked_at": checked_at}
        claim = store.make(session, clinic_id, specification, planned, None, **of)  # type: ignore[arg-type]
        for role in ("clinician", "admin")[:signers]:
            store.sign(session, claim, actor=people[role], now=now)
