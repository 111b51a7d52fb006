"""What a person's list of sessions calls a browser: its family and system, nothing finer is kept."""

from __future__ import annotations

FAMILIES = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def family(user_agent: str) -> str | None:
    """Return such as ``Firefox, Windows``, or None for what names neither."""
    named = [_first(FAMILIES, user_agent), _first(SYSTEMS, user_agent)]
    return ", ".join(name for name in named if name) or None


def _first(known: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in known if mark in text), None)
