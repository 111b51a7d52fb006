"""The clinic's Ed25519 key: made once, its private half sealed, used to sign the page's data."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.db import uuid7
from surveys.models import SigningKey
from surveys.outcomes.plans.canonical import dumps

PLACE = ("signing_key", "private_enc")
ALGORITHM = "Ed25519"


def key_id(public_key: bytes) -> str:
    """The name of a key: the start of the SHA-256 of its 32 bytes."""
    return sha256(public_key).hexdigest()[:16]


def current(session: Session) -> SigningKey | None:
    """The clinic's key that signs, None before the page was first opened."""
    usable = select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.made_at.desc())
    return session.scalars(usable.limit(1)).one_or_none()


def every(session: Session) -> Sequence[SigningKey]:
    """All keys, retired ones too, the newest first."""
    return session.scalars(select(SigningKey).order_by(SigningKey.made_at.desc(), SigningKey.id.desc())).all()


def replace_key(session: Session, clinic_id: UUID, vault: Vault, *, actor: Actor, now: datetime) -> SigningKey:
    """Make a key; the one before signs nothing any more, and what it signed stays verifiable."""
    for former in (each for each in every(session) if each.retired_at is None):
        former.retired_at = now
    made, row_id = Ed25519PrivateKey.generate(), uuid7()
    public = made.public_key().public_bytes_raw()
    private = base64.b64encode(made.private_bytes_raw()).decode()
    sealed = vault.seal(private, *PLACE, row_id)
    row = SigningKey(clinic_id=clinic_id, id=row_id, public_key=public, private_enc=sealed, made_at=now)
    session.add(row)
    session.flush()
    what = {"key": key_id(public)}
    record(session, clinic_id, actor, "signing_key_made", ("signing_key", row.id), now=now, new=what)
    return row


def signed(content: dict[str, Any], key: SigningKey, vault: Vault) -> dict[str, Any]:
    """The content beside its signature over the canonical bytes."""
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(vault.open(key.private_enc, *PLACE, key.id)))
    value = private.sign(dumps(content).encode())
    told = {"algorithm": ALGORITHM, "key": key_id(key.public_key), "value": base64.b64encode(value).decode()}
    return {"signed": content, "signature": told}


def pem(key: SigningKey) -> bytes:
    """The public half in the usual text form."""
    public = Ed25519PublicKey.from_public_bytes(key.public_key)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
