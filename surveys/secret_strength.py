"""Whether a secret could be guessed: its length, its variety, and the examples that everybody knows."""

from __future__ import annotations

import re

SHORTEST = 32  # characters
FEWEST = 10  # different characters; 64 random hexadecimal digits have fewer than once in a billion
KNOWN = ("changeme", "change-me", "change_me", "secret", "password", "example", "insecure", "backstory", "default")
RUNS = ("0123456789abcdef", "abcdefghijklmnop", "00112233445566778899aabbccddeeff", "qwertyuiop")


def weakness(secret: str) -> str | None:
    """Return what makes the secret weak, as words that follow its name; None where nothing does."""
    plain = secret.casefold()
    if len(secret) < SHORTEST:
        return f"is shorter than {SHORTEST} characters"
    if _repeats(plain) or len(set(plain)) < FEWEST:
        return "repeats itself"
    if any(word in plain for word in (*KNOWN, *RUNS)):
        return "holds a word or a row of characters that everybody would try"
    return None


def _repeats(plain: str) -> bool:
    """Whether it is one part, of up to half its length, over and over."""
    return re.fullmatch(r"(.+?)\1+.{0,3}", plain, re.DOTALL) is not None
