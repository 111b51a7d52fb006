"""Who is expected to have answered: the columns that say so, and the counts that CONSORT-PRO asks for."""

import argparse
from dataclasses import asdict, replace

import numpy as np

from scoring.commands.frame import Columns, Section
from scoring.commands.responder_question import Answer, yes_or_no
from scoring.consort import CITATION, ITEMS, Standing, expected, flow
from scoring.responder import Rule
from scoring.types import BoolArray

OPTIONS = {
    "closed": "1 where the window of the follow-up is over; without it, it is over for everyone",
    "late": "1 where the follow-up was answered after the window: counted, not judged",
    "died": "1 where the patient died before the window was over",
    "withdrawn": "1 where the patient left before the window was over: still expected",
}


def add_standing(parser: argparse.ArgumentParser) -> None:
    """Offer the columns; with any of them only expected patients are analysed, and the counts are printed."""
    group = parser.add_argument_group("who is expected (1 or 0, empty is 0)")
    for name, words in OPTIONS.items():
        group.add_argument(f"--{name}", metavar="COLUMN", help=words)


def standing_numbers(options: argparse.Namespace) -> list[str]:
    """Columns that are read as numbers."""
    return [column for name in OPTIONS if (column := getattr(options, name))]


def expected_only(options: argparse.Namespace, columns: Columns, rule: Rule) -> tuple[Columns, Answer]:
    """The records of expected patients, late answers taken out, and how many stand where."""
    if not standing_numbers(options):
        return columns, ({}, [])
    late = _flags(options, columns, "late", otherwise=False)
    follow_up = np.where(late, np.nan, columns.numbers[options.follow_up])
    in_time = replace(columns, numbers={**columns.numbers, options.follow_up: follow_up})
    standing = Standing(
        closed=_flags(options, columns, "closed", otherwise=True),
        answered=np.isfinite(follow_up),
        late=late,
        died=_flags(options, columns, "died", otherwise=False),
        withdrawn=_flags(options, columns, "withdrawn", otherwise=False),
    )
    return in_time.keep(expected(standing)), _counts(options, in_time, standing, rule)


def _flags(options: argparse.Namespace, columns: Columns, name: str, *, otherwise: bool) -> BoolArray:
    column = getattr(options, name)
    return yes_or_no(columns, column) == 1 if column else np.full(len(columns), otherwise)


def _counts(options: argparse.Namespace, columns: Columns, standing: Standing, rule: Rule) -> Answer:
    judged = rule.classify(columns.numbers[options.baseline], columns.numbers[options.follow_up])
    arms = flow(columns.texts[options.arm], standing, judged)
    rows = [asdict(each) | {"completeness": each.completeness} for each in arms]
    note = f"Completeness: answered in the window of those expected. A report also states, by CONSORT-PRO ({CITATION}):"
    items = [f"  {item}: {words}" for item, words in ITEMS.items()]
    document = {"flow": {each.arm: row for each, row in zip(arms, rows, strict=True)}}
    return dict(document), [Section("Who stands where", rows, [note, *items])]
