"""Many patients from a CSV: a report by line first, then all lines or the good ones.

The columns are the enrolment form's fields, and each line is read by that form. A chart number that is
enrolled already is passed over, so that uploading a file again changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.cells import as_typed, harmless
from surveys.enrolment.checks import check_form
from surveys.enrolment.clinicians import clinicians
from surveys.enrolment.enrolment import Enrolment, enrol
from surveys.enrolment.form import USUAL, EnrolmentForm, enrolment_form
from surveys.i18n import gettext as _
from surveys.models import Clinic
from surveys.people.patients import find_by_chart, find_duplicates
from surveys.protocols import store as protocol_store
from surveys.schedule import local_date

REQUIRED = ("chart_number", "first_name", "surname", "arm", "pain_generator")
MOST_ROWS = 2000
TICKS = ("contact_email", "contact_sms", "contact_phone", "treated", "anyway")
REASON = "reason"  # why a line was not good, in the file of the rest; read again, it is passed over
NO = frozenset({"", "0", "no", "n", "false"})


class CsvError(ValueError):
    """The file as a whole cannot be read; the text says why."""


@dataclass(frozen=True)
class Line:
    """One line of the file: ``problem`` None means good; ``known``: enrolled already, passed over."""

    number: int
    cells: Mapping[str, str]
    problem: str | None
    known: bool
    wish: Enrolment | None


def preview(
    session: Session, vault: Vault, clinic: Clinic, text: str, *, texts: bool = True, now: datetime
) -> list[Line]:
    """Read every line and say what would happen to it; nothing is written. Raises CsvError.

    ``texts``: whether text messages can be sent here.
    """
    protocols, people = protocol_store.newest(session), clinicians(session)
    today = local_date(now, ZoneInfo(clinic.time_zone))
    lines: list[Line] = []
    seen: set[bytes] = set()
    for number, cells in _rows(text):
        form = enrolment_form(_typed(cells, clinic), clinic, protocols, people, texts=texts)
        good = check_form(form, protocols, today)
        wish = form.enrolment(clinic, today) if good else None
        chart = vault.index(cells.get("chart_number", ""), "chart_number")
        known = find_by_chart(session, vault, cells.get("chart_number", "")) is not None
        problem = None if known else _problem(session, vault, form, wish, repeated=chart in seen)
        seen.add(chart)
        lines.append(Line(number, cells, problem, known, None if known or problem else wish))
    return lines


def _typed(cells: Mapping[str, str], clinic: Clinic) -> MultiDict[str, str]:
    """A line as the browser would send it; what a short file leaves out has the form's usual value."""
    protocol = {"protocol": USUAL, "language": clinic.languages[0], "product": "other"}
    given = {name: cell for name, cell in cells.items() if cell}
    unticked = {name for name in TICKS if cells.get(name, "").lower() in NO}
    usual = protocol | {"channel": _usual_channel(given, texts="contact_sms" not in unticked)}
    return MultiDict({name: cell for name, cell in (usual | given).items() if name not in unticked})


def _usual_channel(given: Mapping[str, str], *, texts: bool) -> str:
    """By mail where there is an address; by text where that is all there is and it is allowed."""
    if given.get("email"):
        return "email"
    return "sms" if texts and given.get("phone") else "none"


def _problem(
    session: Session, vault: Vault, form: EnrolmentForm, wish: Enrolment | None, *, repeated: bool
) -> str | None:
    if repeated:
        return _("This chart number stands on an earlier line too.")
    if wish is None:
        return "; ".join(f"{field.name}: {field.errors[0]}" for field in form if field.errors)
    if not form.anyway.data and find_duplicates(session, vault, wish.details):
        return _("Someone with this surname and year of birth is enrolled. Put yes under anyway for another person.")
    return None


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    if "\0" in text:
        raise CsvError(_("This is no CSV text. Save the table as CSV UTF-8 and upload that file."))
    sample = text.partition("\n")[0]
    delimiter = ";" if sample.count(";") > sample.count(",") else ","
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        rows = [(reader.line_num, _cells(header, row, reader.line_num)) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise CsvError(_("Line %(line)s cannot be read as CSV: %(why)s.", line=reader.line_num, why=error)) from error
    if len(rows) > MOST_ROWS:
        raise CsvError(_("The file has more than %(most)s lines. Split it.", most=MOST_ROWS))
    return rows


def _check_header(header: Sequence[str]) -> None:
    known = {*EnrolmentForm().data, REASON}
    if missing := [name for name in REQUIRED if name not in header]:
        raise CsvError(_("The first line must name the columns; these are missing: %(what)s.", what=", ".join(missing)))
    if strange := [name for name in header if name not in known]:
        raise CsvError(_("These columns are not known: %(what)s.", what=", ".join(strange)[:200]))
    if len(set(header)) != len(header):
        raise CsvError(_("A column stands twice in the first line."))


def _cells(header: Sequence[str], row: Sequence[str], line: int) -> dict[str, str]:
    if len(row) != len(header):
        told = {"line": line, "found": len(row), "expected": len(header)}
        raise CsvError(_("Line %(line)s has %(found)s cells; the first line names %(expected)s.", **told))
    return {name: as_typed(cell.strip()) for name, cell in zip(header, row, strict=True)}


def enrol_lines(
    session: Session, vault: Vault, clinic: Clinic, lines: Sequence[Line], *, actor: Actor, now: datetime
) -> int:
    """Enrol the good lines and return how many; all in the caller's transaction."""
    wishes = [line.wish for line in lines if line.wish is not None]
    for wish in wishes:
        enrol(session, vault, clinic, wish, actor=actor, now=now)
    return len(wishes)


def rest_csv(lines: Sequence[Line]) -> str:
    """The lines that were not good under the same header, each with its reason: mend and upload again."""
    bad = [line for line in lines if line.problem]
    out = io.StringIO()
    writer = csv.writer(out)
    if bad:
        writer.writerow([*_columns(bad[0]), REASON])
    for line in bad:
        cells = [line.cells[name] for name in _columns(line)]
        writer.writerow([harmless(cell) for cell in (*cells, line.problem or "")])
    return out.getvalue()


def _columns(line: Line) -> list[str]:
    return [name for name in line.cells if name != REASON]
