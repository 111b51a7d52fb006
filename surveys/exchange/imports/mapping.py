"""What each column of a file of past answers holds: guessed from its name, put right by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.instrument import load_instruments

ITEM = "item:"  # a column that holds one item's answers: item:odi.sitting
PLAIN = ("patient_number", "chart_number", "timepoint", "answered_on", "instrument", "item", "value")
ALIKE: Mapping[str, str] = {
    "patient": "patient_number",
    "number": "patient_number",
    "chart": "chart_number",
    "mrn": "chart_number",
    "visit": "timepoint",
    "date": "answered_on",
    "answered": "answered_on",
    "code": "item",
    "question": "item",
    "level": "value",
    "answer": "value",
}


def roles() -> list[str]:
    """Everything that a column can be; empty is: passed over."""
    return ["", *PLAIN, *(f"{ITEM}{name}" for name in every_item())]


def every_item() -> tuple[str, ...]:
    """Every item as ``instrument.item``."""
    return tuple(f"{each.code}.{item.code}" for each in load_instruments().values() for item in each.items)


def guess(header: Sequence[str]) -> list[str]:
    """A role for each column; no role but passing over is given twice."""
    found: list[str] = []
    for name in header:
        role = _guess(name.strip().lower().replace(" ", "_"))
        found.append("" if role in found else role)
    return found


def _guess(name: str) -> str:
    if name in PLAIN:
        return name
    if name in ALIKE:
        return ALIKE[name]
    full = [each for each in every_item() if name in (each, each.replace(".", "_"))]
    short = [each for each in every_item() if name == each.partition(".")[2]]
    return f"{ITEM}{full[0]}" if full else f"{ITEM}{short[0]}" if len(short) == 1 else ""


def missing(chosen: Sequence[str]) -> list[str]:
    """What a file needs and nobody named: a patient, a timepoint, and answers in the long or the wide shape."""
    lacking = [] if {"patient_number", "chart_number"} & set(chosen) else ["patient_number"]
    lacking += [] if "timepoint" in chosen else ["timepoint"]
    if any(role.startswith(ITEM) for role in chosen):
        return lacking
    return lacking + [role for role in ("item", "value") if role not in chosen]
