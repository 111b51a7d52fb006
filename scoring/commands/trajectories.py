"""``trajectories``: courses by rule, and with --mixture as the data group themselves."""

import argparse
from collections.abc import Iterable, Sequence

from scoring.commands.frame import FILE, Commands, Report, add_command, add_format, emit, progress
from scoring.commands.measure import find_measure
from scoring.commands.trajectory_report import by_rule, of_mixture, of_patients
from scoring.commands.visits import Visits, add_visit_columns, read_visits
from scoring.errors import ScoringError
from scoring.mixture import Mixture, fit_mixture
from scoring.responder import Rule
from scoring.trajectories import TrajectoryRules, trajectories

EXAMPLE = (
    'trajectories visits.csv --rule "odi change >= 10" --worse "odi change <= -10" \\\n'
    "      --early m1,m3 --arm arm --mixture --seed 1"
)


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(commands, "trajectories", run, help="sort patients by their course over time", example=EXAMPLE)
    parser.add_argument("file", help=f"{FILE}; one line per patient and timepoint")
    parser.add_argument("--rule", required=True, metavar="RULE", help='better, for instance "odi change >= 10"')
    parser.add_argument("--worse", required=True, metavar="RULE", help='worse, for instance "odi change <= -10"')
    parser.add_argument("--early", required=True, metavar="m1,m3", help="timepoints at which better is early")
    parser.add_argument("--score", metavar="COLUMN", help="default: named as the rule's scale")
    parser.add_argument("--arm", metavar="COLUMN", help="shares by the arms in this column; default: all together")
    add_visit_columns(parser)
    parser.add_argument("--patients", action="store_true", help="add a line per patient")
    _add_mixture(parser)
    add_format(parser)


def _add_mixture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mixture", action="store_true", help="find classes of course by a finite mixture as well")
    parser.add_argument("--classes", default="1-5", metavar="1-5", help="numbers of classes to try; default: 1-5")
    parser.add_argument("--seed", type=int, default=12345, help="of the starts; default: 12345")
    parser.add_argument("--starts", type=int, default=10, metavar="N", help="for each number; default: 10")


def run(options: argparse.Namespace) -> str:
    """Classify, count by arm, and print shares with the rules."""
    better, worse = Rule.parse(options.rule), Rule.parse(options.worse)
    score = options.score or better.scale
    visits = read_visits(options, score, options.arm, find_measure(better.scale, score, None))
    rules = TrajectoryRules(better, worse, visits.timepoints, tuple(each.strip() for each in options.early.split(",")))
    found = trajectories(rules, visits.baseline, visits.later)
    document, sections = by_rule(rules, found, visits.arm)
    mixture = _mixture(options, visits) if options.mixture else None
    if mixture:
        more, further = of_mixture(mixture)
        document, sections = {**document, "mixture": more}, [*sections, *further]
    if options.patients:
        rows, section = of_patients(visits.patients, found, mixture)
        document, sections = {**document, "patients": rows}, [*sections, section]
    return emit(Report(document, sections), options)


def _mixture(options: argparse.Namespace, visits: Visits) -> Mixture:
    def track(numbers: Sequence[int]) -> Iterable[int]:
        return progress(numbers, "numbers of classes tried", len(numbers))

    if options.starts < 1 or options.seed < 0:
        raise ScoringError("--starts is 1 or more, --seed is 0 or more.")
    return fit_mixture(
        visits.later,
        timepoints=visits.timepoints,
        seed=options.seed,
        classes=_numbers(options.classes),
        starts=options.starts,
        track=track,
    )


def _numbers(text: str) -> list[int]:
    low, dash, high = text.partition("-")
    if not low.isdigit() or (dash and not high.isdigit()) or int(high or low) > 12:
        raise ScoringError(f"--classes takes a number such as 3 or a range such as 1-5, at most 12, not {text!r}.")
    return list(range(int(low), int(high or low) + 1))
