"""Frozen rows and their specification written by hand, so that a figure can be told without a database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.claims.specification import SCORER, ArmAt, Point, Specification

ARMS = (ArmAt("cells", "Cells", False), ArmAt("usual", "Usual care", True))
MONTHS = {"baseline": "0", "m3": "3", "m12": "12", "y2": "24"}
NAMES = {"baseline": "Baseline", "m3": "3 months", "m12": "12 months", "y2": "2 years"}
Rows = Sequence[Mapping[str, str]]


def asked(kind: str, *scales: str, **changes: Any) -> Specification:
    """A statement of a kind at twelve months on two arms, all scales asked at every timepoint."""
    points = tuple(Point(code, NAMES[code], MONTHS[code], "", code == "baseline", scales) for code in MONTHS)
    plain = Specification(
        kind=kind,
        title="",
        scorer=SCORER,
        protocol="made",
        protocol_version=1,
        protocol_title="Made",
        cohort="protocol=made",
        cohort_words="Made",
        permitted=None,
        arms=ARMS,
        reference="usual",
        timepoints=points,
        timepoint="m12",
        scales=tuple((code, None) for code in scales),
        facts=KINDS[kind].facts,
        endpoint=None,
        patient=None,
        planned="post hoc",
        as_of="2026-11-01T12:00:00+00:00",
    )
    return replace(plain, **changes)


def answered(scale: str, baseline: str, m12: str, **facts: str) -> dict[str, str]:
    """A row of one who was due everywhere but at two years."""
    due = {"baseline": "closed", "m3": "closed", "m12": "closed"}
    return due | {f"baseline.{scale}": baseline, f"m12.{scale}": m12} | facts


def rows_of(**arms: Rows) -> str:
    """Canonical rows, numbered in the order in which they are given."""
    kept = [{"episode": "", "arm": arm, **row} for arm, rows in arms.items() for row in rows]
    names = list(dict.fromkeys(name for row in kept for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(kept, 1):
        writer.writerow(row | {"episode": f"{number}-1"})
    return file.getvalue()


def result(specification: Specification, **arms: Rows) -> dict[str, Any]:
    """What the statement says of such rows."""
    return dict(json.loads(compute(specification.text, rows_of(**arms))))
