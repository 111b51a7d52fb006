"""A stream under AES-256-GCM, in pieces that cannot be cut, swapped or left out.

Layout: MAGIC, a random prefix of 7 bytes, then pieces of up to 1 MiB, each with its tag. A piece's nonce is the prefix,
its number (4 bytes) and whether it is the last (1 byte): the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár (2015). One key seals at most 2^32 pieces of one stream; the prefix keeps streams apart.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surveys.backup.trouble import BackupError

MAGIC = b"BACKSTORY-BACKUP-1\n"
PIECE = 1024 * 1024
TAG = 16
PREFIX = 7


def seal(chunks: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Yield the sealed stream; ``key``: 32 bytes."""
    cipher, prefix = AESGCM(_derive(key, b"stream")), os.urandom(PREFIX)
    yield MAGIC + prefix
    pieces = _pieces(chunks)
    held = next(pieces, b"")
    number = 0
    for following in pieces:
        yield cipher.encrypt(_nonce(prefix, number, last=False), held, MAGIC)
        held, number = following, number + 1
    yield cipher.encrypt(_nonce(prefix, number, last=True), held, MAGIC)


def unseal(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Yield the plain stream; raises BackupError at the first piece that is not what was sealed."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError("The backup's data is no sealed stream: it was changed, or is of another product.")
    cipher, prefix = AESGCM(_derive(key, b"stream")), file.read(PREFIX)
    held, number = file.read(PIECE + TAG), 0
    while held:
        following = file.read(PIECE + TAG)
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=not following), held, MAGIC)
        except InvalidTag as error:
            raise BackupError("The backup does not open: BACKUP_KEY is another, or the file was changed.") from error
        held, number = following, number + 1


def authenticate(content: bytes, key: bytes) -> str:
    """Return an authentication code over the manifest, as hexadecimal digits."""
    return hmac.digest(_derive(key, b"manifest"), content, "sha256").hex()


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"backstory backup " + purpose).derive(key)
