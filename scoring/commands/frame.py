"""What every command is made of.

A command is a module beside this one, named as the command::

    def add(commands: Commands) -> None:
        parser = add_command(commands, "survival", run, help="...", example="survival visits.csv --time months")
        parser.add_argument("file", help=FILE)
        parser.add_argument("--time", required=True, metavar="COLUMN")
        add_format(parser)

    def run(options: argparse.Namespace) -> str:
        columns = read_columns(options.file, numbers=(options.time,), texts=("arm",))
        columns.numbers[options.time]      # shape (n,), NaN where the cell is empty
        columns.texts["arm"]               # shape (n,), "" where the cell is empty
        columns.refuse_empty("arm")        # TableError naming file, line, column and remedy
        columns.refuse_duplicates("patient", "timepoint")
        report = Report(document={...}, sections=[Section("At risk", rows, notes)])
        return emit(report, options)       # table, CSV or JSON as asked

``run`` returns the whole output, or yields it in pieces where it is long. A refusal is a ``ScoringError``: its
sentence goes to stderr and the exit status is 2. ``progress`` speaks on stderr while long work runs.
"""

import argparse
from collections.abc import Callable, Iterable
from typing import TypeAlias

from scoring.commands.columns import Columns, read_columns
from scoring.commands.progress import progress
from scoring.commands.report import Report, Section, emit

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

__all__ = [
    "FILE",
    "Columns",
    "Commands",
    "Report",
    "Run",
    "Section",
    "add_command",
    "add_format",
    "emit",
    "progress",
    "read_columns",
]

Run = Callable[[argparse.Namespace], str | Iterable[str]]

FILE = "CSV (UTF-8, commas, header line) or Parquet"


def add_command(
    commands: Commands, name: str, run: Run, *, help: str, example: str, aliases: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """Register a command; ``example`` is what follows ``python -m scoring`` and ends its --help."""
    parser = commands.add_parser(
        name,
        aliases=list(aliases),
        help=help,
        description=help[:1].upper() + help[1:] + ".",
        epilog="example:\n  python -m scoring " + example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_format(parser: argparse.ArgumentParser) -> None:
    """Offer --format table | csv | json, and --json for short; a table is the default."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--format", choices=("table", "csv", "json"), default="table", help="default: table")
    chosen.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
