"""What goes along with the data: a dictionary of every column, a manifest with rows and hashes, and how to read it.

In English whatever the language of who asked, like the codes in the files: scripts read them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveys.cells import harmless
from surveys.exchange.exports.columns import Column, Sheet
from surveys.exchange.exports.order import Order

HEAD = ("sheet", "column", "kind", "title", "note", "values")


@dataclass(frozen=True, slots=True)
class Written:
    """One file of data: counted while it was written, and counted and hashed again from the disk."""

    name: str
    sheet: str
    rows: int
    columns: int
    size: int  # bytes
    sha256: str


def dictionary_csv(sheets: Sequence[Sheet]) -> str:
    """A line for each column."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for sheet in sheets:
        writer.writerows([harmless(cell) for cell in _line(sheet, column)] for column in sheet.columns)
    return out.getvalue()


def _line(sheet: Sheet, column: Column) -> tuple[str, ...]:
    values = "; ".join(f"{value} = {label}" for value, label in column.labels.items())
    return (sheet.name, column.code, column.kind, column.title, column.note, values)


def dictionary_json(sheets: Sequence[Sheet]) -> str:
    """The same for programs."""
    return json.dumps([_sheet(sheet) for sheet in sheets], indent=1, ensure_ascii=False)


def _sheet(sheet: Sheet) -> dict[str, Any]:
    columns = [
        {"column": each.code, "kind": each.kind, "title": each.title, "note": each.note, "values": dict(each.labels)}
        for each in sheet.columns
    ]
    return {"sheet": sheet.name, "title": sheet.title, "columns": columns}


def manifest(facts: Mapping[str, object], files: Sequence[Written]) -> str:
    """Where the data come from, and what every file has to have."""
    return json.dumps({**facts, "files": [asdict(file) for file in files]}, indent=1, ensure_ascii=False)


def readme(facts: Mapping[str, object], files: Sequence[Written], order: Order) -> str:
    """How to read it, in a page."""
    held = "\n".join(f"- {each.name}: {each.rows} rows, {each.columns} columns" for each in files)
    few = f"Arms left out, since fewer than {order.fewest} patients are in them: {facts['withheld']}"
    left_out = few if order.fewest else "Arms left out: none, whoever asked may see every patient"
    return README.format(
        held=held, left_out=left_out, privacy=IDENTIFIED if order.identified else DE_IDENTIFIED, **facts
    )


README = """Patient-reported outcomes, exported from Backstory {version}
Clinic: {clinic}
Data as of: {as_of}
Patients: {cohort}
As a filter: {filters}
{left_out}

Files
{held}
- dictionary.csv, dictionary.json: every column, what it means, and the words for its codes
- manifest.json: rows and SHA-256 of every file of data

{privacy}

Empty is not zero: what was not asked, not answered, declined or not scorable has no value.
The newest amendment of each score and answer is given; "amendment" says how often it was put right.
Figures of the platform count what was sent in its window ("in_window"), by the patient or with help (mode not
"proxy"), and at the baseline what was answered before the first treatment ("before_treatment").
Arms are as recorded, not randomised: differences between them may have other reasons.
In CSV an apostrophe stands before a text that a spreadsheet would run as a formula.
In SPSS files codes are numbers whose value labels are the codes of the other formats.
"""
DE_IDENTIFIED = """De-identified: no date, only days after the index date; no name or chart number; pseudonyms in place
of the clinic's numbers; ages over 89 are given as 90. It is still data about persons: rare combinations can point at
somebody. Pass it on under an agreement only."""
IDENTIFIED = """IDENTIFIED: it holds the clinic's numbers, chart numbers and dates. Keep it encrypted and delete it when
it has served."""
