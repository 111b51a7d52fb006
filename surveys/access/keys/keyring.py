"""The operator's keys: the first seals, every one opens, so that an old key can be replaced while serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_BYTES = 32
FIRST = 1  # the id of a single MASTER_KEY, and of whatever was sealed before there were several
LAST = 255
MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'


class KeyRingError(ValueError):
    """The keys cannot be read; the text says how they are written."""


@dataclass(frozen=True)
class KeyRing:
    """Keys of 32 bytes by their id (1 to 255), the current one first."""

    keys: Mapping[int, bytes] = field(repr=False)

    @property
    def current(self) -> int:
        """The id of the key that seals."""
        return next(iter(self.keys))

    @property
    def ids(self) -> tuple[int, ...]:
        """Every id, the current one first."""
        return tuple(self.keys)


def single(key: bytes) -> KeyRing:
    """A ring of one key, as MASTER_KEY gives it."""
    return KeyRing({FIRST: key})


def read_keys(master_key: str, master_keys: str) -> KeyRing:
    """Return the ring of one setting or the other; raises KeyRingError."""
    if master_key and master_keys:
        raise KeyRingError("MASTER_KEY and MASTER_KEYS are both set. Keep MASTER_KEYS, where MASTER_KEY has the id 1.")
    return _several(master_keys) if master_keys else single(read_key(master_key, "MASTER_KEY"))


def _several(text: str) -> KeyRing:
    keys: dict[int, bytes] = {}
    for part in text.replace("\n", ",").split(","):
        if not part.strip():
            continue
        name, _, digits = part.partition(":")
        number = _id(name.strip())
        if number in keys:
            raise KeyRingError(f"MASTER_KEYS names the key {number} twice.")
        keys[number] = read_key(digits, f"key {number} of MASTER_KEYS")
    if not keys:
        raise KeyRingError("MASTER_KEYS is empty. It is written as ID:KEY,ID:KEY with the current key first.")
    if len(set(keys.values())) < len(keys):
        raise KeyRingError("MASTER_KEYS has one key under two ids; a new id needs a new key.")
    return KeyRing(keys)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and FIRST <= int(text) <= LAST):
        raise KeyRingError(
            f"MASTER_KEYS is written as 2:KEY,1:KEY, the current key first; {text[:8]!r} is no id from 1 to 255."
        )
    return int(text)


def read_key(text: str, what: str) -> bytes:
    """Return the 32 bytes of 64 hexadecimal digits; ``what`` names the setting. Raises KeyRingError."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyRingError(f"{what} must be 64 hexadecimal digits. Make one with: {MAKE_ONE}")
    return key
