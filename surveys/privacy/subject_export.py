"""Everything that is kept of one person, as data that programs read and as a page that people read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.access.keys.personal import is_sealed, opened
from surveys.models import Clinic, Patient, Staff
from surveys.privacy.data_map import Column, Entry, about_patients
from surveys.privacy.rows import Rows, records_of, rows_of

FORMAT = "backstory-subject-export-1"
SCHEMA = Path(__file__).with_suffix(".schema.json")


def subject_export(
    session: Session, vault: Vault, clinic: Clinic, patient: Patient, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Return the export and write down that it was made. Sealed values stand opened in it; digests do not."""
    subject = ("patient", patient.id)
    record(session, clinic.id, actor, "exported_person", subject, now=now, new={"format": FORMAT})
    records = records_of(session, patient)
    rows, opener = rows_of(session, records), _Opener(session, vault, records)
    tables = {entry.table: _table(opener, entry, rows) for entry in about_patients()}
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "clinic": {"code": clinic.code, "name": clinic.name, "phone": clinic.phone},
        "patient_number": patient.number,
        "staff": _staff(session, tables),
        "tables": tables,
    }


def _staff(session: Session, tables: Mapping[str, Any]) -> dict[str, str]:
    """Names behind the ids of staff that stand in the rows, so that the access report says who; of nobody else."""
    rows = [row for table in tables.values() for row in table["rows"]]
    said = {value for row in rows for value in row.values() if isinstance(value, str)}
    people = session.execute(select(Staff.id, Staff.name).order_by(Staff.id))
    return {str(row.id): row.name for row in people if str(row.id) in said}


@dataclass(frozen=True)
class _Opener:
    """What opens the values of a person's records."""

    session: Session
    vault: Vault
    records: Sequence[UUID]

    def value(self, column: Column, row: Mapping[str, Any]) -> Any:
        """The value as the export holds it."""
        value = row[column.name]
        if column.name.endswith("_enc"):
            return None if value is None else self.vault.open(value, column.table, column.name, row["id"])
        if column.table == "audit_event" and isinstance(value, dict):
            return {field: self._unsealed(field, each) for field, each in value.items()}
        return plain(value)

    def _unsealed(self, field: str, value: Any) -> object:
        """An audit row does not say under which of the person's keys its value stands."""
        if not is_sealed(value):
            return value
        found = (opened(self.session, self.vault, each, field, value) for each in self.records)
        return next((text for text in found if text is not None), None)


def _table(opener: _Opener, entry: Entry, rows: Rows) -> dict[str, Any]:
    shown = [entry.columns[name] for name in entry.exported()]
    lines = [{plain_name(column): opener.value(column, row) for column in shown} for row in rows[entry.table]]
    return {"purpose": entry.purpose, "rows": lines}


def plain_name(column: Column) -> str:
    """The column's name in the export: an opened one is named without its ending."""
    return column.name.removesuffix("_enc")


def plain(value: Any) -> Any:
    """A value as JSON has it: moments and days in ISO 8601, ids as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return [plain(each) for each in value] if isinstance(value, list) else value


def archive(export: Mapping[str, Any]) -> bytes:
    """Return a ZIP with the data, the schema that it follows and a page to read."""
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("export.json", json.dumps(export, indent=2, ensure_ascii=False))
        files.writestr("schema.json", SCHEMA.read_text(encoding="utf-8"))
        files.writestr("read-me.html", readable(export))
    return body.getvalue()


def readable(export: Mapping[str, Any]) -> str:
    """Return a page without scripts or links: a heading and a table for each kind of row."""
    clinic = escape(export["clinic"]["name"])
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>What {clinic} keeps of you</title></head><body><h1>What {clinic} keeps of you</h1>",
        f"<p>Made on {escape(export['made_at'][:10])}. Times are in UTC. Questions? Phone",
        f"{escape(export['clinic']['phone'])}.</p>",
    ]
    for name, held in export["tables"].items():
        parts.append(f"<h2>{escape(name.replace('_', ' ').capitalize())}</h2><p>{escape(held['purpose'])}.</p>")
        parts.append(_html(held["rows"], export["staff"]) if held["rows"] else "<p>Nothing.</p>")
    return "\n".join([*parts, "</body></html>\n"])


def _html(rows: Sequence[Mapping[str, Any]], staff: Mapping[str, str]) -> str:
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in rows[0])
    lines = ("".join(f"<td>{_cell(value, staff)}</td>" for value in row.values()) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table border="1"><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table>'


def _cell(value: object, staff: Mapping[str, str]) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return escape(staff.get(text, text))
