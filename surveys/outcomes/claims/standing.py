"""How a claim stands: unsigned, half signed, signed, or over for one of three reasons."""

from __future__ import annotations

from datetime import datetime

from surveys.models import Claim

SIGNERS = 2  # different people
STATES = ("withdrawn", "stale", "expired", "unsigned", "half_signed", "signed")


def state_of(claim: Claim, signed: int, *, now: datetime) -> str:
    """One of ``STATES``; what ends a claim comes before who signed it."""
    if claim.withdrawn_at is not None:
        return "withdrawn"
    if claim.stale_at is not None:
        return "stale"
    if claim.expires_at <= now:
        return "expired"
    return ("unsigned", "half_signed", "signed")[min(signed, SIGNERS)]
