"""Passwords that attackers try first, and frequent words and names: the lists of zxcvbn behind one typed function."""

from __future__ import annotations

from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]


def is_common(password: str) -> bool:
    """Return whether the password is on a list, or nothing but one entry or character written several times."""
    plain = password.casefold()
    units = (plain[:length] for length in range(1, len(plain) + 1) if len(plain) % length == 0)
    return any(unit * (len(plain) // len(unit)) == plain and _known(unit) for unit in units)


def _known(unit: str) -> bool:
    return len(unit) == 1 or unit in _words()


@cache
def _words() -> frozenset[str]:
    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words)
