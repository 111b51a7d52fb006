"""Staff passwords: argon2id, 12 to 128 characters, no composition rules."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_hasher = PasswordHasher()
_DECOY = _hasher.hash("a decoy, so that an unknown login takes as long as a known one")


class PasswordError(ValueError):
    """A new password cannot be used; the text says why."""


def hash_password(password: str) -> str:
    """Return the argon2id hash, or raise PasswordError for a length outside 12 to 128."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordError(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.")
    return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Return whether the password fits; takes the same time where there is no account (None).

    One that is too long fits nowhere: cut short, it would pass for the password it begins with.
    """
    known = password_hash if len(password) <= LONGEST else None
    try:
        return _hasher.verify(known or _DECOY, password[:LONGEST]) and known is not None
    except (VerificationError, InvalidHashError):
        return False
