"""Claims made the way the page makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.db import real_now
from surveys.models import Claim, Staff
from surveys.outcomes.claims import store
from surveys.outcomes.claims.specify import Choices, specify
from surveys.outcomes.filters import Filters
from surveys.protocols import store as protocol_store
from tests.factories import MadeClinic
from tests.outcomes.study import LATER


def person(session: Session, clinic: MadeClinic, role: str) -> Actor:
    """A member of staff by role."""
    found = session.scalars(select(Staff.id).where(Staff.login == clinic.logins[role])).one()
    return Actor("staff", found)


def made(
    session: Session, clinic: MadeClinic, kind: str, *, protocol: str = "trial", now: datetime = LATER, **chosen: object
) -> Claim:
    """A claim of a kind, at twelve months unless told otherwise."""
    row = protocol_store.find(session, protocol)
    assert row
    facts: dict[str, object] = {"filters": Filters(protocol), "timepoint": "m12", "rule": "odi change >= 10"}
    choices = Choices(kind, **(facts | chosen))  # type: ignore[arg-type]
    specification, verdict = specify(session, protocol_store.protocol_of(row), choices, now=now)
    who, checked = person(session, clinic, "clinician"), real_now(session)
    return store.make(session, clinic.id, specification, verdict, None, actor=who, now=now, checked_at=checked)
