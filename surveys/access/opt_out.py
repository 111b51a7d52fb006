"""The address that stops reminders: a signed token, so that no row and no session is needed to read it."""

from __future__ import annotations

from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

SALT = "reminders-stop"


def opt_out_url(base: str, secret: str, clinic_id: UUID, episode_id: UUID) -> str:
    """Return the address that one mail carries."""
    return f"{base}/u/{_signer(secret).dumps(f'{clinic_id.hex}{episode_id.hex}')}"


def read_opt_out(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """Return clinic and episode of a token, or None for anything we did not sign."""
    try:
        text = str(_signer(secret).loads(token))
        return UUID(hex=text[:32]), UUID(hex=text[32:])
    except (BadSignature, ValueError):
        return None


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=SALT)
