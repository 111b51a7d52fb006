"""A file with a line per patient and timepoint, turned into patients by timepoints."""

import argparse
import re
from dataclasses import dataclass

import numpy as np

from scoring.commands.columns import Columns
from scoring.commands.frame import read_columns
from scoring.commands.measure import Measure
from scoring.errors import ScoringError
from scoring.types import FloatArray

_NUMBERED = re.compile(r"(\D*)(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Visits:
    """n patients, each with an ``arm``, and k follow-up ``timepoints`` in order.

    ``baseline``: (n,); ``later``: (n, k); NaN where the line or its score is missing.
    """

    patients: tuple[str, ...]
    arm: tuple[str, ...]
    timepoints: tuple[str, ...]
    baseline: FloatArray
    later: FloatArray


def add_visit_columns(parser: argparse.ArgumentParser) -> None:
    """Offer the names of the columns of such a file."""
    parser.add_argument("--patient", default="patient_id", metavar="COLUMN", help="default: patient_id")
    parser.add_argument("--timepoint", default="timepoint", metavar="COLUMN", help="default: timepoint")
    parser.add_argument("--baseline", default="baseline", metavar="NAME", help="its baseline; default: baseline")
    parser.add_argument("--timepoints", metavar="m1,m3", help="follow-ups in order; default: all, by their numbers")


def read_visits(options: argparse.Namespace, score: str, arm: str | None, measure: Measure) -> Visits:
    """Read the file; a patient twice at a timepoint, in two arms or off the scale is refused with its line."""
    texts = (options.patient, options.timepoint, *([arm] if arm else []))
    columns = read_columns(options.file, numbers=(score,), texts=texts)
    if not len(columns):
        raise ScoringError(f"{columns.file}: holds no visit, only a header. Nothing can be estimated.")
    columns.refuse_empty(*texts)
    columns.refuse_duplicates(options.patient, options.timepoint)
    if measure.scale:
        columns.refuse_outside(score, measure.scale.minimum, measure.scale.maximum)
    return _wide(columns, options, score, arm)


def _wide(columns: Columns, options: argparse.Namespace, score: str, arm: str | None) -> Visits:
    patients = list(dict.fromkeys(columns.texts[options.patient].tolist()))
    at = columns.texts[options.timepoint]
    follow_ups = _follow_ups(columns, at.tolist(), options)
    places = {name: place for place, name in enumerate([options.baseline, *follow_ups])}
    rows = {name: place for place, name in enumerate(patients)}
    table = np.full((len(patients), len(places)), np.nan)
    used = np.isin(at, list(places))
    row = [rows[name] for name in columns.texts[options.patient][used].tolist()]
    table[row, [places[name] for name in at[used].tolist()]] = columns.numbers[score][used]
    arms = arms_of(columns, options.patient, arm) if arm else ("all",) * len(patients)
    return Visits(tuple(patients), arms, tuple(follow_ups), table[:, 0], table[:, 1:])


def arms_of(columns: Columns, patient: str, arm: str) -> tuple[str, ...]:
    """Arm of each patient, in the order of the file; a patient in two arms is refused."""
    found: dict[str, str] = {}
    for record, (who, where) in enumerate(zip(columns.texts[patient], columns.texts[arm], strict=True)):
        if found.setdefault(str(who), str(where)) != where:
            raise columns.error(record, arm, f"{who} is in {where} here and in {found[str(who)]} before. Choose one.")
    return tuple(found.values())


def _follow_ups(columns: Columns, names: list[str], options: argparse.Namespace) -> list[str]:
    present = set(names)
    if options.baseline not in present:
        raise ScoringError(
            f"{columns.file}: column {options.timepoint}: no line says {options.baseline!r}. "
            f"Name the baseline with --baseline. Found: {', '.join(sorted(present))}."
        )
    if options.timepoints:
        return _chosen(columns, present, options)
    later = present - {options.baseline}
    if not later:
        raise ScoringError(f"{columns.file}: holds baselines only; there is no follow-up to look at.")
    return _by_number(sorted(later), options.timepoint)


def _chosen(columns: Columns, present: set[str], options: argparse.Namespace) -> list[str]:
    chosen = [name.strip() for name in options.timepoints.split(",")]
    unknown = [name for name in chosen if name not in present or name == options.baseline]
    if unknown or len(set(chosen)) < len(chosen):
        reason = f"{', '.join(unknown)}: no follow-up of that name" if unknown else "a timepoint stands there twice"
        raise ScoringError(
            f"{columns.file}: column {options.timepoint}: {reason}. Found: {', '.join(sorted(present))}."
        )
    return chosen


def _by_number(names: list[str], column: str) -> list[str]:
    """Order m1, m3, m12 by their numbers; other names have no order that can be read from them."""
    if len(names) == 1:
        return names
    parts = [part for part in map(_NUMBERED.fullmatch, names) if part]
    if len(parts) < len(names) or len({part[1] for part in parts}) > 1:
        raise ScoringError(f"The order of {', '.join(names)} ({column}) is not plain. Give it with --timepoints.")
    return [part[0] for part in sorted(parts, key=lambda part: float(part[2]))]
