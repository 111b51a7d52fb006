"""``valuesets``: which EQ-5D-3L value sets there are, with their sources and cautions."""

import argparse

from scoring.commands.frame import Commands, add_command
from scoring.value_sets import load_value_sets


def add(commands: Commands) -> None:
    """Register the command under its name and the one it had first."""
    add_command(
        commands,
        "valuesets",
        run,
        help="list the EQ-5D-3L value sets",
        example="valuesets",
        aliases=("value-sets",),
    )


def run(_: argparse.Namespace) -> str:
    """Give each value set with its citation and what speaks against it."""
    lines = []
    for each in load_value_sets().values():
        flag = "refused unless forced: " if each.refused else "note: "
        caution = f"\n  {flag}{each.caution}" if each.caution else ""
        lines.append(f"{each.id}: {each.citation}{caution}\n")
    return "".join(lines)
