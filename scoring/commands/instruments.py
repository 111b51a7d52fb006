"""``instruments``: which there are, with their items and scales."""

import argparse

from scoring.commands.frame import Commands, add_command
from scoring.instrument import load_instruments


def add(commands: Commands) -> None:
    """Register the command."""
    add_command(commands, "instruments", run, help="list the instruments with items and scales", example="instruments")


def run(_: argparse.Namespace) -> str:
    """Give one paragraph per instrument."""
    lines = []
    for each in load_instruments().values():
        items = ", ".join(f"{item.code} ({item.minimum} to {item.maximum})" for item in each.items)
        scales = ", ".join(scale.code for scale in each.scales)
        lines.append(f"{each.code}: {each.name}\n  items: {items}\n  scales: {scales}\n")
    return "".join(lines)
