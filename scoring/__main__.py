"""The command line: ``python -m scoring score odi answers.csv``. Exit status 2: nothing was usable."""

import argparse
import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from scoring import commands
from scoring.errors import ScoringError

UNUSABLE = 2


def _load(names: list[str]) -> list[ModuleType]:
    found = [import_module(f"scoring.commands.{name}") for name in names]
    return [module for module in found if hasattr(module, "add")]


def _modules(arguments: list[str]) -> list[ModuleType]:
    """The modules that are commands; only the one asked for where it is one, so that it starts at once."""
    names = [each.name for each in iter_modules(commands.__path__)]
    return _load([name for name in names if arguments[:1] == [name]]) or _load(names)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scoring",
        description="Score questionnaires and analyse outcomes, from a table, without the application.",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _modules(arguments):
        module.add(subparsers)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; what it refuses goes to stderr as a sentence."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given).parse_args(given)
    try:
        output = options.run(options)
        for piece in (output,) if isinstance(output, str) else output:
            sys.stdout.buffer.write(piece.encode("utf-8"))
    except ScoringError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of a pipe went away, for instance head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
