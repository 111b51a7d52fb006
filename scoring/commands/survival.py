"""``survival``: the share without an event over time, by arm."""

import argparse
from collections.abc import Mapping
from math import isfinite

import numpy as np

from scoring.commands.frame import FILE, Columns, Commands, add_command, add_format, emit, read_columns
from scoring.commands.survival_report import survival_report
from scoring.errors import ScoringError
from scoring.log_rank import log_rank
from scoring.survival import Curve, FollowUp, follow_up, kaplan_meier

PATIENT = "patient_id"  # where the file has it, nobody may stand in it twice
EXAMPLE = "survival surgery.csv --time months --event surgery --arm arm --at 12,24,36"


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(
        commands, "survival", run, help="estimate the share without an event over time", example=EXAMPLE
    )
    parser.add_argument("file", help=f"{FILE}; one line per patient")
    parser.add_argument("--time", metavar="COLUMN", help="when the event happened or the follow-up ended")
    parser.add_argument("--event", metavar="COLUMN", help="1 where it happened, 0 where not, empty where not asked")
    parser.add_argument("--event-time", metavar="COLUMN", help="instead: when the event happened, empty without one")
    parser.add_argument("--last-form", metavar="COLUMN", help="and when the events form was last completed")
    parser.add_argument("--arm", metavar="COLUMN", help="compare the arms in this column")
    parser.add_argument("--at", default="12,24,36", metavar="12,24", help="times to report; default: 12,24,36")
    parser.add_argument(
        "--interval", choices=("log-log", "greenwood"), default="log-log", help="of the curve; default: log-log"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Estimate the curves, and print them at the times asked for."""
    times = _times(options.at)
    columns, follow = _read(options)
    arms = columns.texts[options.arm][follow.rows] if options.arm else np.full(len(follow.rows), "all")
    if not len(follow.rows):
        raise ScoringError(f"{columns.file}: nobody has a follow-up time; nothing can be estimated.")
    curves: Mapping[str, Curve] = {
        name: kaplan_meier(follow.time[arms == name], follow.event[arms == name], interval=options.interval)
        for name in dict.fromkeys(arms.tolist())
    }
    test = log_rank(follow.time, follow.event, arms.tolist())
    return emit(survival_report(curves, test, times, follow.unknown), options)


def _times(text: str) -> list[float]:
    try:
        times = [float(word) for word in text.split(",")]
    except ValueError as error:
        raise ScoringError(f"--at takes times separated by commas, such as 12,24,36, not {text!r}.") from error
    if not all(isfinite(each) and each >= 0 for each in times):
        raise ScoringError(f"--at takes times from 0 on, not {text!r}.")
    return times


def _read(options: argparse.Namespace) -> tuple[Columns, FollowUp]:
    """Read one of the two forms the follow-up may have; who was never asked is left out and counted."""
    marked, reported = (options.time, options.event), (options.event_time, options.last_form)
    if (None in marked) == (None in reported) or (any(marked) and any(reported)):
        raise ScoringError("Say either --time and --event, or --event-time and --last-form.")
    names = tuple(name for name in (*marked, *reported) if name)
    columns = read_columns(options.file, numbers=names, texts=[options.arm] if options.arm else [], optional=[PATIENT])
    if options.arm:
        columns.refuse_empty(options.arm)
    first, second = (columns.numbers[name] for name in names)
    if options.time:
        _check_events(columns, options.event, options.time)
        asked = np.isfinite(second)
        first, second = np.where(second == 1, first, np.nan), np.where(asked, first, np.nan)
    for name in names:
        _check_times(columns, name)
    for patient in columns.texts.keys() & {PATIENT}:
        columns.refuse_duplicates(patient)
    return columns, follow_up(first, second)


def _check_events(columns: Columns, name: str, time: str) -> None:
    """Refuse marks other than 1 and 0, and an event without a time: left out, it would never have happened."""
    values = columns.numbers[name]
    wrong = np.isfinite(values) & ~np.isin(values, (0, 1))
    if wrong.any():
        raise columns.error(int(wrong.argmax()), name, "is neither 1 (the event happened) nor 0 (it did not).")
    timeless = (values == 1) & np.isnan(columns.numbers[time])
    if timeless.any():
        raise columns.error(int(timeless.argmax()), time, f"is empty, but {name} is 1. Fill in when it happened.")


def _check_times(columns: Columns, name: str) -> None:
    wrong = columns.numbers[name] < 0
    if wrong.any():
        raise columns.error(int(wrong.argmax()), name, "is before 0, the first treatment. Correct the time.")
