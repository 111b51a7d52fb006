"""Proving once more who is there, before an act that matters: password, and code where the account has one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.signin import factors
from surveys.access.signin.passwords import verify
from surveys.access.signin.sessions import Identity
from surveys.models import Staff


def needs_code(session: Session, who: Identity) -> bool:
    """Return whether the account has a second factor."""
    return factors.in_use(session, who.staff_id) is not None


def proves(session: Session, vault: Vault, who: Identity, password: str, code: str, *, now: datetime) -> bool:
    """Return whether password and code are the signed-in person's. The code is used up only with the right password."""
    person = session.get_one(Staff, who.staff_id)
    if not verify(person.password_hash, password):
        return False
    return not needs_code(session, who) or factors.accept(session, vault, who.staff_id, code, now=now)
