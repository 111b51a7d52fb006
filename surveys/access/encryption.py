"""Contact details at rest: AES-256-GCM bound to their place, and HMAC indexes for exact search."""

from __future__ import annotations

import hmac
import os
import unicodedata
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_ID = b"\x01"
NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionError(Exception):
    """A stored value does not open under this key at this place."""


class Vault:
    """Seals and opens personal values under keys derived from the operator's master key (32 bytes)."""

    def __init__(self, master_key: bytes) -> None:
        self._cipher = AESGCM(_derive(master_key, b"contact"))
        self._index_key = _derive(master_key, b"index")

    def seal(self, value: str, table: str, column: str, row: UUID) -> bytes:
        """Return key id, nonce and ciphertext; moved to another row or column it no longer opens."""
        nonce = os.urandom(NONCE_BYTES)
        return KEY_ID + nonce + self._cipher.encrypt(nonce, value.encode(), _place(table, column, row))

    def open(self, sealed: bytes, table: str, column: str, row: UUID) -> str:
        """Return the plain value or raise DecryptionError."""
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if not sealed.startswith(KEY_ID) or len(body) < TAG_BYTES:
            raise DecryptionError(f"{table}.{column} of {row} is no value that this key has sealed")
        try:
            return self._cipher.decrypt(nonce, body, _place(table, column, row)).decode()
        except InvalidTag as error:
            raise DecryptionError(
                f"{table}.{column} of {row} does not open: wrong MASTER_KEY or moved value"
            ) from error

    def index(self, value: str, kind: str) -> bytes:
        """Return the blind index of a value for exact search, alike for case, width and outer spaces."""
        plain = unicodedata.normalize("NFKC", value).strip().casefold()
        return hmac.digest(self._index_key, f"{kind}\0{plain}".encode(), "sha256")


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"backstory " + purpose).derive(master_key)


def _place(table: str, column: str, row: UUID) -> bytes:
    return f"{table}|{column}|{row}".encode()
