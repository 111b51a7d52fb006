"""``score``: append the scales of an instrument to a table."""

import argparse
import io
import sys
from collections.abc import Iterator

from scoring.columns import added_columns, read_answers
from scoring.commands.frame import FILE, Commands, add_command
from scoring.commands.progress import Progress
from scoring.errors import ScoringError, TableError
from scoring.instrument import Instrument, find_instrument
from scoring.score import score_instrument
from scoring.tables import Table, read_pieces, write_table
from scoring.value_sets import find_value_set


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(
        commands, "score", run, help="append the scales of an instrument to a table", example="score odi answers.csv"
    )
    parser.add_argument("instrument", help="code, for instance odi")
    parser.add_argument("file", help=f"{FILE}; one column per item code, extra columns are kept")
    parser.add_argument("--value-set", metavar="ID", help="EQ-5D-3L value set; there is no default")
    parser.add_argument("--force", action="store_true", help="admit a value set that sources contradict")


def run(options: argparse.Namespace) -> Iterator[str]:
    """Give the table as CSV with the scales appended, piece by piece."""
    instrument = find_instrument(options.instrument)
    _check_value_set(instrument, options.value_set, force=options.force)
    line = Progress(f"Scoring {options.file}")
    done = 0
    try:
        for piece in read_pieces(options.file, lambda share: line.at(f"{share:.0%}")):
            yield _scored(piece, instrument, options, header=done == 0)
            done += len(piece.rows)
    except TableError as error:
        line.end()
        raise TableError(f"{error}\n{_written(done)}".strip()) from error
    line.end()


def _scored(piece: Table, instrument: Instrument, options: argparse.Namespace, *, header: bool) -> str:
    answers = read_answers(piece, instrument)
    scores = score_instrument(instrument.code, answers, options.value_set, force=options.force)
    out = io.StringIO()
    write_table(piece, added_columns(piece, instrument, scores), out, header=header)
    return out.getvalue()


def _written(records: int) -> str:
    if not records:
        return ""
    return f"The {records:,} records before are written, the output is not complete. Correct the file and score again."


def _check_value_set(instrument: Instrument, value_set: str | None, *, force: bool) -> None:
    """Settle the value set before the file is read, and say on stderr what speaks against it."""
    if not any(scale.needs_value_set for scale in instrument.scales):
        if value_set is not None:
            raise ScoringError(f"{instrument.code} takes no value set.")
        return
    chosen = find_value_set(value_set, force=force)
    if chosen.caution:
        sys.stderr.write(f"Note on {chosen.id}: {chosen.caution}\n")
