"""Random tokens and their digests: the plain token lives in a mail or a cookie, the digest in the database."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID


def new_token() -> str:
    """Return 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def cookie_value(clinic_id: UUID, token: str) -> str:
    """Return a cookie that names its clinic, so that the session row is found under row-level security."""
    return f"{clinic_id.hex}.{token}"


def read_cookie(value: str | None) -> tuple[UUID, str] | None:
    """Return clinic and token of a cookie, or None where it has another form."""
    clinic, _, token = (value or "").partition(".")
    try:
        return (UUID(hex=clinic), token) if token and len(value or "") < 200 else None
    except ValueError:
        return None
