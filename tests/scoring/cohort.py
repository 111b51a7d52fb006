"""The worked cohort of 300 patients with its reference values (tests/published/README.md)."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from scoring.responders import ArmScores
from scoring.types import FloatArray, TextArray

PUBLISHED = Path(__file__).parents[1] / "published"
COHORT = PUBLISHED / "mcid_input.csv"
EXPECTED: dict[str, Any] = json.loads((PUBLISHED / "mcid_expected.json").read_text(encoding="utf-8"))
MONTH_12: dict[str, Any] = EXPECTED["responder_analysis_month12"]["odi_ge_10pts"]


def texts(name: str) -> TextArray:
    with COHORT.open(encoding="utf-8", newline="") as lines:
        return np.array([row[name] for row in csv.DictReader(lines)])


def numbers(name: str) -> FloatArray:
    return np.array([float(text or "nan") for text in texts(name)])


def scores() -> ArmScores:
    """ODI at baseline and month 12 by arm."""
    arm = texts("arm")
    return ArmScores(arm, numbers("odi_baseline"), numbers("odi_month12"), np.empty((len(arm), 0)))
