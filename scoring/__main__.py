"""The command line: ``python -m scoring score odi answers.csv``. Exit status 2: nothing was usable."""

import argparse
import io
import os
import sys

from scoring.columns import added_columns, read_answers
from scoring.errors import ScoringError
from scoring.instrument import Instrument, find_instrument, load_instruments
from scoring.score import score_instrument
from scoring.tables import read_table, write_table
from scoring.value_sets import find_value_set, load_value_sets

UNUSABLE = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Score questionnaires.")
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score", help="append the scales of an instrument to a CSV file")
    score.add_argument("instrument", help="code, for instance odi")
    score.add_argument("file", help="CSV, UTF-8, one column per item code; extra columns are kept")
    score.add_argument("--value-set", metavar="ID", help="EQ-5D-3L value set; there is no default")
    score.add_argument("--force", action="store_true", help="admit a value set that sources contradict")
    score.set_defaults(run=_score)
    instruments = commands.add_parser("instruments", help="list the instruments with items and scales")
    instruments.set_defaults(run=_instruments)
    value_sets = commands.add_parser("value-sets", help="list the EQ-5D-3L value sets")
    value_sets.set_defaults(run=_value_sets)
    return parser


def _check_value_set(instrument: Instrument, value_set: str | None, *, force: bool) -> None:
    """Settle the value set before the file is read, and say on stderr what speaks against it."""
    if not any(scale.needs_value_set for scale in instrument.scales):
        if value_set is not None:
            raise ScoringError(f"{instrument.code} takes no value set.")
        return
    chosen = find_value_set(value_set, force=force)
    if chosen.caution:
        print(f"Note on {chosen.id}: {chosen.caution}", file=sys.stderr)


def _score(options: argparse.Namespace) -> str:
    instrument = find_instrument(options.instrument)
    _check_value_set(instrument, options.value_set, force=options.force)
    table = read_table(options.file)
    answers = read_answers(table, instrument)
    scores = score_instrument(instrument.code, answers, options.value_set, force=options.force)
    out = io.StringIO()
    write_table(table, added_columns(table, instrument, scores), out)
    return out.getvalue()


def _instruments(_: argparse.Namespace) -> str:
    lines = []
    for each in load_instruments().values():
        items = ", ".join(f"{item.code} ({item.minimum} to {item.maximum})" for item in each.items)
        scales = ", ".join(scale.code for scale in each.scales)
        lines.append(f"{each.code}: {each.name}\n  items: {items}\n  scales: {scales}\n")
    return "".join(lines)


def _value_sets(_: argparse.Namespace) -> str:
    lines = []
    for each in load_value_sets().values():
        flag = "refused unless forced: " if each.refused else "note: "
        caution = f"\n  {flag}{each.caution}" if each.caution else ""
        lines.append(f"{each.id}: {each.citation}{caution}\n")
    return "".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Output appears whole or not at all."""
    options = _parser().parse_args(arguments)
    try:
        text: str = options.run(options)
    except ScoringError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of a pipe went away, for instance head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
