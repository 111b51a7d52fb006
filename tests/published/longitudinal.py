"""The worked longitudinal set: 120 patients in two arms, and what R made of it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from scoring.types import FloatArray

FOLDER = Path(__file__).parent
TIMEPOINTS = ["m1", "m3", "m6", "m12"]


def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "longitudinal_expected.json").read_text(encoding="utf-8"))
    return loaded


def cohort() -> tuple[FloatArray, list[str], FloatArray]:
    """Change in ODI points (positive better) by patient and timepoint, arm and baseline."""
    with (FOLDER / "longitudinal_input.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    arm = {row["patient_id"]: row["arm"] for row in rows}
    score = {(row["patient_id"], row["timepoint"]): float(row["odi"] or "nan") for row in rows}
    baseline = np.array([score[patient, "baseline"] for patient in arm])
    later = np.array([[score[patient, each] for each in TIMEPOINTS] for patient in arm])
    return baseline[:, None] - later, list(arm.values()), baseline
