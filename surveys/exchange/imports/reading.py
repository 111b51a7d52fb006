"""The lines of a file of past answers, gathered by patient and timepoint; whatever cannot be read is told of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from scoring.instrument import load_instruments
from surveys.cells import as_typed
from surveys.exchange.imports.mapping import ITEM, every_item
from surveys.exchange.patients_csv import CsvError
from surveys.i18n import gettext as _

MOST_LINES = 20_000
MOST_COLUMNS = 400
DECLINED = "declined"
WHOLE = re.compile(r"(-?[0-9]{1,3})(\.0+)?")
EARLIEST = date(1990, 1, 1)
Levels = dict[tuple[str, str], int | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a line back. ``column``: its name in the file, empty where it is the line as a whole."""

    line: int
    column: str
    sentence: str


@dataclass(slots=True)
class Given:
    """The answers of one patient at one timepoint. ``patient``: role and value of what names the person."""

    patient: tuple[str, str]
    timepoint: str
    lines: list[int] = field(default_factory=list)
    on_date: date | None = None
    levels: Levels = field(default_factory=dict)  # None: declined


Rows = list[tuple[int, list[str]]]


def table(text: str) -> tuple[list[str], Rows]:
    """The heading and the lines with their numbers. Raises CsvError."""
    if "\0" in text:
        raise CsvError(_("This is no CSV text. Save the table as CSV UTF-8 and upload that file."))
    sample = text.partition("\n")[0]
    delimiter = ";" if sample.count(";") > sample.count(",") else ","
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        rows = [
            (reader.line_num, [as_typed(cell.strip()) for cell in row]) for row in reader if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise CsvError(_("Line %(line)s cannot be read as CSV: %(why)s.", line=reader.line_num, why=error)) from error
    _check_size(header, rows)
    return header, rows


def _check_size(header: Sequence[str], rows: Rows) -> None:
    if not header or not rows:
        raise CsvError(_("The file has no lines below the first, which names the columns."))
    if len(rows) > MOST_LINES:
        raise CsvError(_("The file has more than %(most)s lines. Split it.", most=MOST_LINES))
    if len(header) > MOST_COLUMNS:
        raise CsvError(_("The file has more than %(most)s columns. Split it.", most=MOST_COLUMNS))


def gather(header: Sequence[str], rows: Rows, roles: Sequence[str]) -> tuple[list[Given], list[Problem]]:
    """Every patient and timepoint with its answers, and what could not be read; neither looks at the database."""
    found: dict[tuple[tuple[str, str], str], Given] = {}
    problems: list[Problem] = []
    for number, cells in rows:
        if len(cells) != len(header):
            told = {"found": len(cells), "expected": len(header)}
            sentence = _("It has %(found)s cells; the first line names %(expected)s.", **told)
            problems.append(Problem(number, "", sentence))
            continue
        problems += _take(found, _Line(number, header, roles, cells))
    return list(found.values()), problems


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    header: Sequence[str]
    roles: Sequence[str]
    cells: Sequence[str]

    def cell(self, role: str) -> str:
        return self.cells[self.roles.index(role)] if role in self.roles else ""

    def problem(self, role: str, sentence: str) -> Problem:
        return Problem(self.number, self.header[self.roles.index(role)] if role in self.roles else "", sentence)


def _take(found: dict[tuple[tuple[str, str], str], Given], line: _Line) -> Iterator[Problem]:
    named = [(role, line.cell(role)) for role in ("chart_number", "patient_number") if line.cell(role)]
    if not named:
        yield line.problem("patient_number", _("Nothing says whose line it is."))
        return
    if not line.cell("timepoint"):
        yield line.problem("timepoint", _("The timepoint is missing."))
        return
    given = found.setdefault((named[0], line.cell("timepoint")), Given(named[0], line.cell("timepoint")))
    given.lines.append(line.number)
    yield from _dated(given, line)
    yield from _answers(given, line)


def _dated(given: Given, line: _Line) -> Iterator[Problem]:
    text = line.cell("answered_on")
    if not text:
        return
    try:
        day = date.fromisoformat(text)
    except ValueError:
        yield line.problem("answered_on", _("%(cell)s is no date. Write it as 2024-01-31.", cell=text[:40]))
        return
    if day < EARLIEST:
        yield line.problem("answered_on", _("%(day)s is too long ago: before %(first)s.", day=day, first=EARLIEST))
        return
    if given.on_date not in (None, day):
        other = _("%(day)s does not fit: another line says %(other)s of the same visit.", day=day, other=given.on_date)
        yield line.problem("answered_on", other)
        return
    given.on_date = day


def _answers(given: Given, line: _Line) -> Iterator[Problem]:
    for role, item, text in _cells_with_answers(line):
        name = _item_name(line, item)
        if name is None:
            yield line.problem(role, _("%(cell)s is no item of any questionnaire.", cell=item[:60]))
            continue
        level, sentence = _level(name, text)
        if not sentence and given.levels.get(name, level) != level:
            sentence = _("Another line gives another answer to this item.")
        if sentence:
            yield line.problem(role, sentence)
        else:
            given.levels[name] = level


def _cells_with_answers(line: _Line) -> Iterator[tuple[str, str, str]]:
    """Role, item and text of each answer; an empty cell is none."""
    for role, cell in zip(line.roles, line.cells, strict=True):
        if role.startswith(ITEM) and cell:
            yield role, role.removeprefix(ITEM), cell
    if line.cell("item") and line.cell("value"):
        yield "value", line.cell("item"), line.cell("value")


def _item_name(line: _Line, item: str) -> tuple[str, str] | None:
    """Instrument and item; an item's code alone does where only one instrument has it."""
    if line.cell("instrument") and "." not in item:
        item = f"{line.cell('instrument')}.{item}"
    found = [each for each in every_item() if item == each or each.endswith(f".{item}")]
    if len(found) != 1:
        return None
    instrument, _dot, code = found[0].partition(".")
    return instrument, code


def _level(name: tuple[str, str], text: str) -> tuple[int | None, str]:
    """The level, None for declined, and what is wrong with it."""
    if text == DECLINED:
        return None, ""
    item = load_instruments()[name[0]].item(name[1])
    whole = WHOLE.fullmatch(text)
    if whole is None or not item.minimum <= int(whole[1]) <= item.maximum:
        span = {"cell": text[:40], "low": item.minimum, "high": item.maximum}
        return None, _("%(cell)s is no answer here: a whole number from %(low)s to %(high)s, or declined.", **span)
    return int(whole[1]), ""
