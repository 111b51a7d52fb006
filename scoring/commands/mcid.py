"""``mcid``: what change matters, estimated from a cohort with an anchor question."""

import argparse

from scoring.commands.columns import Columns
from scoring.commands.frame import FILE, Commands, add_command, add_format, emit, read_columns
from scoring.commands.mcid_report import mcid_report
from scoring.commands.measure import Measure, find_measure, named_in
from scoring.commands.progress import Progress
from scoring.errors import ScoringError
from scoring.mcid.bootstrap import Resampling
from scoring.mcid.cohort import Cohort
from scoring.mcid.table import ASSUMED_ICC, estimate_mcid

EXAMPLE = (
    "mcid cohort.csv --baseline odi_baseline --follow-up odi_month12 \\\n"
    "      --anchor gpe_month12 --improved 1,2 --anchor-reliability 0.7"
)
PATIENT = ("patient_id", "patient")  # columns in which nobody may stand twice, where the file has them
SEVEN_LEVELS = ("gpe", "pgic")  # of these anchors 3 says slightly improved and 4 unchanged


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(
        commands, "mcid", run, help="estimate the minimal clinically important difference of a scale", example=EXAMPLE
    )
    parser.add_argument("file", help=f"{FILE}; one line per patient")
    parser.add_argument("--baseline", required=True, metavar="COLUMN", help="score before treatment")
    parser.add_argument("--follow-up", required=True, metavar="COLUMN", help="score at the timepoint of the anchor")
    parser.add_argument("--anchor", required=True, metavar="COLUMN", help="answers to the anchor question, as numbers")
    parser.add_argument("--improved", required=True, metavar="1,2", help="anchor answers that mean improved")
    _add_settings(parser)
    add_format(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slightly", type=float, metavar="3", help="anchor answer that means slightly improved")
    parser.add_argument("--unchanged", type=float, metavar="4", help="anchor answer that means unchanged")
    parser.add_argument("--scale", metavar="CODE", help="for instance odi; read from the name of --baseline")
    parser.add_argument(
        "--direction", choices=("higher_is_worse", "higher_is_better"), help="where the scale is none of ours"
    )
    parser.add_argument("--icc", type=float, help="of the scale, for SEM and MDC95; default: assume 0.9")
    parser.add_argument("--anchor-reliability", type=float, metavar="R", help="above 0, at most 1; there is no default")
    parser.add_argument("--bootstrap", type=int, default=2000, metavar="N", help="resamples; default: 2000")
    parser.add_argument("--seed", type=int, default=12345, help="of the resamples; default: 12345")
    parser.add_argument("--patient", metavar="COLUMN", help="patient number; default: patient_id where there is one")


def run(options: argparse.Namespace) -> str:
    """Estimate, and print estimates, anchor and published thresholds."""
    measure = find_measure(options.scale, options.baseline, options.direction)
    cohort = read_cohort(options, measure)
    line = Progress("bootstrap")
    resampling = Resampling(options.bootstrap, options.seed, lambda n: line.at(f"{n:,} of {options.bootstrap:,}"))
    icc = ASSUMED_ICC if options.icc is None else options.icc
    result = estimate_mcid(cohort, icc=icc, reliability=options.anchor_reliability, resampling=resampling)
    line.end()
    return emit(mcid_report(result, measure, resampling, options.icc), options)


def read_cohort(options: argparse.Namespace, measure: Measure) -> Cohort:
    """Read and check the columns."""
    scores = (options.baseline, options.follow_up)
    if len({*scores, options.anchor}) < 3:
        raise ScoringError("--baseline, --follow-up and --anchor name three different columns.")
    patient = (options.patient,) if options.patient else ()
    columns = read_columns(options.file, numbers=(*scores, options.anchor), texts=patient, optional=PATIENT)
    _check(columns, scores, options.anchor, measure)
    guess = options.anchor.startswith(SEVEN_LEVELS)
    return Cohort(
        baseline=columns.numbers[options.baseline],
        follow_up=columns.numbers[options.follow_up],
        anchor=columns.numbers[options.anchor],
        sign=measure.sign,
        improved=_levels(options.improved),
        slightly=3.0 if options.slightly is None and guess else options.slightly,
        unchanged=4.0 if options.unchanged is None and guess else options.unchanged,
    )


def _check(columns: Columns, scores: tuple[str, ...], anchor_name: str, measure: Measure) -> None:
    if not len(columns):
        raise ScoringError(f"{columns.file}: holds no patient, only a header. Nothing can be estimated.")
    for name in list(columns.texts)[:1]:
        columns.refuse_empty(name)
        columns.refuse_duplicates(name)
    anchor = named_in(anchor_name)
    if anchor:
        columns.refuse_outside(anchor_name, anchor.minimum, anchor.maximum)
    if measure.scale:
        for name in scores:
            columns.refuse_outside(name, measure.scale.minimum, measure.scale.maximum)


def _levels(text: str) -> frozenset[float]:
    try:
        return frozenset(float(int(word)) for word in text.split(","))
    except (ValueError, OverflowError) as error:
        raise ScoringError(f"--improved takes whole numbers with commas between, such as 1,2, not {text!r}.") from error
