"""One text for one content: JSON with sorted keys and without a float, whose digits differ between machines."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def dumps(content: Any) -> str:
    """Return the one text. Numbers that are not whole stand in it as texts, rounded where they were worked out.

    >>> dumps({"b": ["2.5"], "a": 1})
    '{"a":1,"b":["2.5"]}'
    """
    _check(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def _check(content: Any) -> None:
    if isinstance(content, float):
        raise TypeError(f"{content!r} is a float: round it and keep it as a text.")
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, (list, tuple)) else ()
    for part in parts:
        _check(part)
