"""Time-based one-time codes (RFC 6238: six digits, 30 seconds, SHA-1): the one door to pyotp."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP = 30  # seconds
DRIFT = 1  # steps that a telephone's clock may be off
ISSUER = "Backstory"


def new_secret() -> str:
    """Return 160 random bits in Base32."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """Return the ``otpauth:`` address that a QR code carries into an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step, counted from 1970."""
    return pyotp.TOTP(secret).at(step * STEP)


def step_of(moment: datetime) -> int:
    """Return the time step that a moment lies in."""
    return int(moment.timestamp()) // STEP


def matching_step(secret: str, typed: str, now: datetime) -> int | None:
    """Return the step within one of now whose code was typed; spaces in it do not matter."""
    code = "".join(typed.split()).encode("utf-8", "replace")
    here = step_of(now)
    fits = [s for s in range(here - DRIFT, here + DRIFT + 1) if hmac.compare_digest(code_at(secret, s).encode(), code)]
    return fits[-1] if fits else None
