"""Values nobody should send: each is refused with 4xx or kept exactly, and never breaks a page, a mail or a file."""

from __future__ import annotations

NUMBERS = (
    "",
    "1_0",
    "+1",
    "01",
    " 1 ",
    "\u0661",  # an Arabic digit
    "\uff11",  # a full-width one
    "NaN",
    "sNaN",
    "Infinity",
    "-0",
    "1e400",
    "9" * 20_000,
    "2147483648",
    "9223372036854775808",
    "-1",
)
DATES = ("9999-12-31", "0001-01-01", "2023-02-29", "2999-01-01", "2024-02-30", "12/31/2024", "2024-W01-1")
TEXTS = (
    "a\0b",
    "\ud800",  # a lone surrogate
    "\u202egnirts\u202c",  # right to left override
    "e" + "\u0301" * 10_000,
    "x" * (64 * 1024 + 1),
    "one\r\nBcc: eve@example.org",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\tstarts with a tab",
    "<script>document.title='broken'</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{7*7}}",
    "{% raise %}",
    "${7*7}",
    "%(name)s %s {0}",
    'O\'Brien "the" \u00e5\u00df\u6f22\U0001f9b4',
    "'; DROP TABLE patient; --",
    "../../etc/passwd",
    "\ufeff\u200b\u200f",
    "null",
)
IDS = (
    "00000000-0000-0000-0000-000000000000",
    "0" * 36,
    "odi",
    "constructor",
    "A" * 1_000_000,
)
LARGE = 60_000  # characters; a value over it is sent to few fields, since it only meets the limit of the body
CORPUS = (*NUMBERS, *DATES, *TEXTS, *IDS)
FEW = tuple(value for value in CORPUS if len(value) < LARGE)
# What a page would run, were it written there as it is.
INJECTIONS = tuple(text for text in TEXTS if "<" in text or "onmouseover" in text or "{{" in text)
FORMULAS = ("=1+1", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "+44 20", "-", "=")
# Where ``next=`` must not lead: another site, or no path of this one.
LEADING_AWAY = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https://evil.example",
    "http://[::1",
    "//[",
    "/\t/evil.example",
    "/\n/evil.example",
    "/desk\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "desk",
    "",
)
