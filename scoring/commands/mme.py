"""``mme``: opioid dose a day from a list of prescriptions. Never for converting doses."""

import argparse
from math import isnan

from scoring.commands.frame import FILE, Columns, Commands, Report, Section, add_command, add_format, emit, read_columns
from scoring.errors import AnswerError
from scoring.opioid_table import current_table
from scoring.opioids import DailyDose, Prescription, mme_per_day

NUMBERS, TEXTS = ("amount", "times_a_day"), ("drug", "route", "unit")
NONE = "none"  # in the column drug: it was recorded that there are no opioids
YES, NO = ("1", "yes", "true"), ("", "0", "no", "false")
WARNING = "For comparing use between groups. Never for converting doses from one opioid to another."


def add(commands: Commands) -> None:
    """Register the command."""
    words = "add up opioid prescriptions to morphine milligram equivalents (MME) a day; never for converting doses"
    parser = add_command(commands, "mme", run, help=words, example="mme prescriptions.csv --by patient,timepoint")
    columns = "drug (none: recorded that there are none), route, unit, amount, times_a_day and, if kept, as_needed"
    parser.add_argument("file", help=f"{FILE}; one line per prescription with the columns {columns}")
    parser.add_argument("--by", default="patient", metavar="COLUMNS", help="one dose for each; default: patient")
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Give one line per patient: the dose, or why there is none."""
    by = [name.strip() for name in options.by.split(",")]
    columns = read_columns(options.file, numbers=NUMBERS, texts=(*by, *TEXTS), optional=("as_needed",))
    columns.refuse_empty(*by)
    rows = [_row(by, key, _dose(columns, records)) for key, records in _groups(columns, by).items()]
    table = current_table()
    document = {"table": table.version, "citation": table.citation, "doses": rows, "warning": WARNING}
    notes = [f"Factors: {table.citation}, doi {table.doi}.", WARNING]
    return emit(Report(document, [Section("", rows, notes)]), options)


def _groups(columns: Columns, by: list[str]) -> dict[tuple[str, ...], list[int]]:
    """Records of each patient, in the order of the file."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for record, key in enumerate(zip(*(columns.texts[name].tolist() for name in by), strict=True)):
        groups.setdefault(key, []).append(record)
    return groups


def _row(by: list[str], key: tuple[str, ...], dose: DailyDose) -> dict[str, object]:
    return {**dict(zip(by, key, strict=True)), "mme_per_day": dose.mme, "note": dose.note}


def _dose(columns: Columns, records: list[int]) -> DailyDose:
    """Dose of one patient; a drug that nobody named leaves the day not evaluable, as an unknown one does."""
    named = [record for record in records if _drug(columns, record).lower() != NONE]
    if named and named != records:
        raise columns.error(records[0], "drug", f"{NONE!r} stands beside a drug of the same patient. Keep one of them.")
    for record in named:
        _checked(columns, record, [record])
    return _checked(columns, records[0], named)


def _checked(columns: Columns, first: int, records: list[int]) -> DailyDose:
    try:
        return mme_per_day([_prescription(columns, record) for record in records])
    except AnswerError as error:
        raise columns.error(first, "drug", str(error)) from error


def _drug(columns: Columns, record: int) -> str:
    return str(columns.texts["drug"][record])


def _prescription(columns: Columns, record: int) -> Prescription:
    return Prescription(
        drug=_drug(columns, record),
        route=str(columns.texts["route"][record]),
        unit=str(columns.texts["unit"][record]),
        amount=_known(float(columns.numbers["amount"][record])),
        times_a_day=_known(float(columns.numbers["times_a_day"][record])),
        as_needed=_as_needed(columns, record),
    )


def _known(number: float) -> float | None:
    return None if isnan(number) else number


def _as_needed(columns: Columns, record: int) -> bool:
    if "as_needed" not in columns.texts:
        return False
    text = str(columns.texts["as_needed"][record]).lower()
    if text not in YES + NO:
        raise columns.error(record, "as_needed", f"{text!r} is neither yes nor no. Write yes or no.")
    return text in YES
