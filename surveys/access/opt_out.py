"""The address that stops reminders and leads to the patient's choices: a signed token, so that no row is needed."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from surveys.access.exact_signer import ExactSigner

SALT = "reminders-stop"
IDS = 64  # characters: clinic and episode in hexadecimal digits


def opt_out_url(base: str, secret: str, clinic_id: UUID, episode_id: UUID, sent_to: bytes | None = None) -> str:
    """Return the address that one message carries; ``sent_to``: the blind index of where it goes."""
    return f"{base}/u/{opt_out_token(secret, clinic_id, episode_id, sent_to)}"


def opt_out_token(secret: str, clinic_id: UUID, episode_id: UUID, sent_to: bytes | None = None) -> str:
    """Return the token of such an address."""
    return str(_signer(secret).dumps(f"{clinic_id.hex}{episode_id.hex}{_mark(sent_to)}"))


def read_opt_out(secret: str, token: str) -> tuple[UUID, UUID] | None:
    """Return clinic and episode of a token, or None for anything we did not sign."""
    text = _read(secret, token)
    try:
        return UUID(hex=text[:32]), UUID(hex=text[32:IDS])
    except ValueError:
        return None


def sent_to_one_of(secret: str, token: str, *indexes: bytes | None) -> bool:
    """Whether the token went to one of these addresses: who holds it reads what is sent there today, too."""
    mark = _read(secret, token)[IDS:]
    return mark != "" and mark in {_mark(index) for index in indexes if index}


def _mark(sent_to: bytes | None) -> str:
    return sha256(sent_to).hexdigest()[:16] if sent_to else ""


def _read(secret: str, token: str) -> str:
    try:
        return str(_signer(secret).loads(token))
    except (BadSignature, ValueError):
        return ""


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=SALT, signer=ExactSigner)
