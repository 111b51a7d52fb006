"""``valuesets``: which EQ-5D-3L value sets there are, with their sources and cautions."""

import argparse

from scoring.commands.frame import Commands, Report, Section, add_command, add_format, emit
from scoring.eq5d import state_indices
from scoring.value_sets import ValueSet, load_value_sets


def add(commands: Commands) -> None:
    """Register the command under its name and the one it had first."""
    parser = add_command(
        commands,
        "valuesets",
        run,
        help="list the EQ-5D-3L value sets",
        example="valuesets --format csv",
        aliases=("value-sets",),
    )
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Give each value set with its citation and what speaks against it."""
    sets = load_value_sets().values()
    if options.format == "table":
        return "".join(_paragraph(each) for each in sets)
    rows = [_row(each) for each in sets]
    return emit(Report({"value_sets": rows}, [Section("", rows)]), options)


def _paragraph(each: ValueSet) -> str:
    """A citation is too long for the cell of a table."""
    low, high = _ends(each)
    flag = "refused unless forced: " if each.refused else "note: "
    caution = f"  {flag}{each.caution}\n" if each.caution else ""
    doi = f"doi {each.doi}" if each.doi else "no doi"
    words = f"{each.method}, {each.country}, {low:.3f} to {high:.3f}, {each.quality.words}, {doi}"
    return f"{each.id}: {each.citation}\n  {words}\n{caution}"


def _row(each: ValueSet) -> dict[str, object]:
    low, high = _ends(each)
    return {
        "id": each.id,
        "country": each.country,
        "method": each.method,
        "lowest": low,
        "highest": high,
        "quality": each.quality.value,
        "caution": each.caution,
        "refused_unless_forced": each.refused,
        "citation": each.citation,
        "doi": each.doi,
    }


def _ends(each: ValueSet) -> tuple[float, float]:
    indices = state_indices(each)
    return min(indices), max(indices)
