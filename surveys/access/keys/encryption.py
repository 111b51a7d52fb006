"""Contact details at rest: AES-256-GCM bound to their place, and HMAC indexes for exact search."""

from __future__ import annotations

import hmac
import os
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surveys.access.keys.keyring import FIRST, KeyRing, single
from surveys.channels.telephone import comparable

NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionError(Exception):
    """A stored value does not open under the keys at hand at this place."""


@dataclass(frozen=True)
class _Key:
    cipher: AESGCM
    index: bytes


class Vault:
    """Seals and opens personal values under keys derived from the operator's; the ring's first key seals.

    A sealed value is key id (1 byte), nonce (12), ciphertext. An index is the key id and 32 bytes; under key 1, which
    was alone once, the 32 bytes stand by themselves.
    """

    def __init__(self, ring: KeyRing | bytes) -> None:
        self.ring = single(ring) if isinstance(ring, bytes) else ring
        self._keys = {number: _derived(key) for number, key in self.ring.keys.items()}

    def seal(self, value: str, table: str, column: str, row: UUID) -> bytes:
        """Seal under the current key; moved to another row or column the value no longer opens."""
        return self.seal_bytes(value.encode(), table, column, row)

    def open(self, sealed: bytes, table: str, column: str, row: UUID) -> str:
        """Return the plain value or raise DecryptionError."""
        return self.open_bytes(sealed, table, column, row).decode()

    def seal_bytes(self, value: bytes, table: str, column: str, row: UUID) -> bytes:
        """Seal what is no text."""
        nonce, current = os.urandom(NONCE_BYTES), self.ring.current
        body = self._keys[current].cipher.encrypt(nonce, value, _place(table, column, row))
        return bytes([current]) + nonce + body

    def open_bytes(self, sealed: bytes, table: str, column: str, row: UUID) -> bytes:
        """Return what is no text, or raise DecryptionError."""
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if len(body) < TAG_BYTES:
            raise DecryptionError(f"{table}.{column} of {row} is no sealed value")
        if (key := self._keys.get(sealed[0])) is None:
            raise DecryptionError(f"{table}.{column} of {row} needs key {sealed[0]}, which is not in MASTER_KEYS")
        try:
            return key.cipher.decrypt(nonce, body, _place(table, column, row))
        except InvalidTag as error:
            raise DecryptionError(
                f"{table}.{column} of {row} does not open: wrong key {sealed[0]} or moved value"
            ) from error

    def index(self, value: str, kind: str) -> bytes:
        """Return the blind index to store, alike for case, width and outer spaces; a telephone's for its marks too."""
        return self._index(self.ring.current, value, kind)

    def indexes(self, value: str, kind: str) -> list[bytes]:
        """Return the indexes to look for: one for each key of the ring, so that a search finds what is not rotated."""
        return [self._index(number, value, kind) for number in self.ring.ids]

    def _index(self, number: int, value: str, kind: str) -> bytes:
        written = comparable(value) if kind == "phone" else value
        plain = unicodedata.normalize("NFKC", written).strip().casefold()
        digest = hmac.digest(self._keys[number].index, f"{kind}\0{plain}".encode(), "sha256")
        return digest if number == FIRST else bytes([number]) + digest


def _derived(master_key: bytes) -> _Key:
    return _Key(AESGCM(_derive(master_key, b"contact")), _derive(master_key, b"index"))


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"backstory " + purpose).derive(master_key)


def _place(table: str, column: str, row: UUID) -> bytes:
    return f"{table}|{column}|{row}".encode()
