"""Tries to sign in, counted in the database by account and by address; a lock-out lasts 15 minutes at most.

A try is counted before it is judged and taken back where it was right, so that many at once gain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_address
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveys.access.tokens import digest
from surveys.db import uuid7
from surveys.models import LoginAttempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT: Mapping[str, int] = MappingProxyType({"password": 8, "code": 5, "recovery": 5, "reset": 3, "device": 8})
PER_ADDRESS = 20  # a clinic's staff share one


def begin(session: Session, kind: str, account: str, address: str, *, now: datetime) -> UUID | None:
    """Count a try and return its id, or None where account or address has none left; the caller commits at once.

    ``account`` need not exist: an unknown one is counted like any other. ``now`` is the real clock.
    """
    digests = digest(account), digest(_place(address))
    for key in sorted(int.from_bytes(each[:8], "big", signed=True) for each in digests):
        session.execute(select(func.pg_advisory_xact_lock(key)))  # two tries at once are counted one after the other
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= now - WINDOW))
    if _spent(session, kind, *digests):
        return None
    made = LoginAttempt(id=uuid7(), account_digest=digests[0], address_digest=digests[1], kind=kind, at=now)
    session.add(made)
    session.flush()
    return made.id


def is_last(session: Session, kind: str, account: str) -> bool:
    """Return whether the try under way is the account's last one for now."""
    return (
        _count(session, LoginAttempt.kind == kind, LoginAttempt.account_digest == digest(account)) >= PER_ACCOUNT[kind]
    )


def take_back(session: Session, attempt: UUID) -> None:
    """Forget a try that was right."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt))


def _place(address: str) -> str:
    """Return the address, or the network of 64 bits that one customer's IPv6 addresses share."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return address
    return str(known.ipv4_mapped or IPv6Network((int(known), 64), strict=False))


def _spent(session: Session, kind: str, account: bytes, address: bytes) -> bool:
    of_kind = LoginAttempt.kind == kind
    return (
        _count(session, of_kind, LoginAttempt.account_digest == account) >= PER_ACCOUNT[kind]
        or _count(session, of_kind, LoginAttempt.address_digest == address) >= PER_ADDRESS
    )


def _count(session: Session, *wanted: object) -> int:
    return session.scalar(select(func.count()).select_from(LoginAttempt).where(*wanted)) or 0  # type: ignore[arg-type]
