"""A saved choice, a plan and a claim of a clinic, for the addresses that lead to them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.db import app_now
from surveys.outcomes import saved_cohorts
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans import store as plans
from surveys.outcomes.plans.content import checked
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made, person

KIND = "complications"


def stated(session: Session, clinic: MadeClinic) -> dict[str, UUID | int]:
    """Their ids; numbers of claims begin again in each clinic, so this one's is of its own."""
    now = app_now(session)
    endpoint = endpoint_of(bundled_protocols()["spine"], Rule.parse("odi change >= 10"), "m12")
    content = checked("protocol=spine", [endpoint.text], [], [KIND])
    who = person(session, clinic, "clinician")
    plan, _new = plans.write(session, clinic.id, "spine", "Spine", content, actor=who, now=now)
    women, _is_new = saved_cohorts.save(session, clinic.id, "W", Filters("spine", sex="female"), actor=who, now=now)
    claim = made(session, clinic, KIND, protocol="spine", now=now)
    claim.number += clinic.id.int % 1_000_000
    session.flush()
    return {"cohort_id": women.id, "plan_id": plan.id, "claim_number": claim.number}
