"""What hypothesis draws the fields of forms from: texts that broke somebody's form once, and any text at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

T = TypeVar("T")
FULL = os.environ.get("FAULTS_FULL") == "1"
NUMBERS = (
    *("1_0", "+1", "01", " 1 ", "-0", "-1", "11", "1.0", "1,5", "1e400", "NaN", "sNaN", "Infinity", "-inf", "0x1"),
    *("٣", "３", "²", "½", "Ⅷ", "१२", "\u2212" + "1", "1\u200e", "1\u00a0", str(2**31), str(2**63), "9" * 20_000),
)
DATES = ("9999-12-31", "0001-01-01", "10000-01-01", "2023-02-29", "2024-02-29", "2999-01-01", "2026-13-01", "-1-1-1")
TEXTS = (
    *("", " ", "\0", "a\0b", "\ud83d", "\udfff\ud800", "\ufeff", "\u202eabc", "e" + "\u0301" * 10_000, "x" * 65_537),
    *("a\r\nBcc: b@example.org", "a\rb", "\x1b[2J", "=cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>"),
    *("\"'><img src=x onerror=alert(1)>", "{{7*7}}", "{% raw %}", "%s%n", "%(actor)s", "' OR '1'='1", "\\", "../../x"),
    *("a@b@c", "a,b@example.org", "a@" + "b" * 300, "é@exämple.org", "javascript:alert(1)", "//evil.example"),
    *(
        "00000000-0000-0000-0000-000000000000",
        "None",
        "null",
        "true",
        "on",
        "[]",
        "zz",
        "Etc/../UTC",
        "Europe/Atlantis",
    ),
)
hostile = st.one_of(st.sampled_from(NUMBERS + DATES + TEXTS), st.text(max_size=300))


def bounded(few: int, many: int) -> Callable[[T], T]:
    """Return hypothesis settings: ``few`` examples, ``many`` under FAULTS_FULL=1; the same ones at every run."""
    return settings(
        max_examples=many if FULL else few,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
