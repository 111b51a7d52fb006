"""What ``responders`` adds on request: its options, and which part answers each."""

import argparse
from collections.abc import Callable

from scoring.commands.frame import Columns, Section
from scoring.commands.responder_models import adjusted, dose, subgroups
from scoring.commands.responder_question import Answer, Question, split_cuts
from scoring.commands.responder_variants import imputed, mean_change, sensitivity, surgery
from scoring.commands.responder_visits import over_time


def add_extras(parser: argparse.ArgumentParser) -> None:
    """Offer the further analyses; each is made only where it is asked for."""
    more = parser.add_argument_group("further analyses")
    more.add_argument("--impute", type=int, metavar="M", help="multiple imputation with M data sets; needs --seed")
    more.add_argument("--seed", type=int, help="of the imputation: the same seed gives the same figures")
    more.add_argument("--surgery", metavar="COLUMN", help="1 operated since baseline, 0 not, empty not asked")
    _column(more, "--covariate", "number to adjust for, for instance age; once for each")
    _column(more, "--factor", "category to adjust for, for instance sex; once for each")
    _column(more, "--subgroup", "category to compare within, or a number with cuts, for instance age:50,65")
    more.add_argument("--dose", metavar="COLUMN", help="dose of each patient, for rates by dose and their trend")
    more.add_argument("--over-time", action="store_true", help="every visit: available patients and the same patients")
    more.add_argument("--mean-change", action="store_true", help="mean change by arm and its difference")
    more.add_argument("--sensitivity", action="store_true", help="every published threshold, and the rate as it rises")


def extra_numbers(options: argparse.Namespace) -> list[str]:
    """Columns that are read as numbers."""
    cut = [name for name, cuts in map(split_cuts, options.subgroup) if cuts]
    return [*options.covariate, *cut, *(each for each in (options.surgery, options.dose) if each)]


def extra_texts(options: argparse.Namespace) -> list[str]:
    """Columns that are read as text."""
    return [*options.factor, *(name for name, cuts in map(split_cuts, options.subgroup) if not cuts)]


def answer_extras(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Make every further analysis that was asked for: parts of the JSON document, and tables."""
    wanted: list[tuple[bool, Callable[[argparse.Namespace, Columns, Question], Answer]]] = [
        (options.over_time, over_time),
        (options.mean_change, mean_change),
        (options.impute is not None, imputed),
        (options.surgery is not None, surgery),
        (bool(options.covariate or options.factor), adjusted),
        (bool(options.subgroup), subgroups),
        (options.dose is not None, dose),
        (options.sensitivity, sensitivity),
    ]
    document: dict[str, object] = {}
    sections: list[Section] = []
    for asked, make in wanted:
        if asked:
            part, tables = make(options, columns, question)
            document |= part
            sections += tables
    return document, sections


def _column(group: argparse._ArgumentGroup, name: str, words: str) -> None:
    group.add_argument(name, metavar="COLUMN", action="append", default=[], help=words)
