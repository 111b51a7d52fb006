"""``means``: mean score by arm and timepoint, with n and interval."""

import argparse

import numpy as np

from scoring.commands.frame import FILE, Columns, Commands, Report, Section, add_command, add_format, emit, read_columns
from scoring.commands.measure import named_in
from scoring.commands.visits import arms_of
from scoring.errors import ScoringError
from scoring.means import Mean, mean_interval


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(
        commands,
        "means",
        run,
        help="mean score by arm and timepoint, with n and interval",
        example="means visits.csv --score odi --arm arm",
    )
    parser.add_argument("file", help=f"{FILE}; one line per patient and timepoint")
    parser.add_argument("--score", required=True, metavar="COLUMN", help="score at each timepoint, for instance odi")
    parser.add_argument("--arm", metavar="COLUMN", help="default: everybody together")
    parser.add_argument("--timepoint", default="timepoint", metavar="COLUMN", help="default: timepoint")
    parser.add_argument("--patient", default="patient_id", metavar="COLUMN", help="default: patient_id")
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Give one row for each arm and timepoint, both in the order of the file."""
    groups = [options.timepoint, *([options.arm] if options.arm else [])]
    columns = read_columns(options.file, numbers=(options.score,), texts=(options.patient, *groups))
    _check(columns, options, groups)
    arms = list(dict.fromkeys(columns.texts[options.arm].tolist())) if options.arm else [None]
    rows = [row for arm in arms for row in _rows(columns, options, arm)]
    note = "n counts the scores that are there. Intervals: t, 95 %."
    return emit(Report({"means": rows}, [Section("", rows, [note])]), options)


def _check(columns: Columns, options: argparse.Namespace, groups: list[str]) -> None:
    if not len(columns):
        raise ScoringError(f"{columns.file}: holds no visit, only a header. Nothing can be estimated.")
    columns.refuse_empty(options.patient, *groups)
    columns.refuse_duplicates(options.patient, options.timepoint)
    if options.arm:
        arms_of(columns, options.patient, options.arm)
    scale = named_in(options.score)
    if scale:
        columns.refuse_outside(options.score, scale.minimum, scale.maximum)


def _rows(columns: Columns, options: argparse.Namespace, arm: str | None) -> list[dict[str, object]]:
    timepoints = columns.texts[options.timepoint]
    of_arm = np.ones(len(columns), dtype=bool) if arm is None else columns.texts[options.arm] == arm
    return [
        {"arm": arm or "all", "timepoint": timepoint}
        | _cells(mean_interval(columns.numbers[options.score][of_arm & (timepoints == timepoint)]))
        for timepoint in dict.fromkeys(timepoints.tolist())
    ]


def _cells(mean: Mean) -> dict[str, object]:
    return {"n": mean.n, "mean": mean.mean, "sd": mean.sd, "ci": mean.interval}
