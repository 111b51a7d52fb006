"""The access report: who saw or changed one patient, with the values that the patient's key opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.keys.personal import is_sealed, opened
from surveys.cells import harmless
from surveys.i18n import gettext as _
from surveys.models import AuditEvent, Patient
from surveys.trail.reading import Change, Line, lines_of
from surveys.trail.subjects import concerning
from surveys.trail.words import action_words, field_words, value_words

MOST = 5000  # rows of one report, the newest


def report(session: Session, vault: Vault, patient: Patient) -> list[Line]:
    """Every audit row about the patient, the newest first, personal values opened."""
    about = select(AuditEvent).where(AuditEvent.clinic_id == patient.clinic_id, concerning(session, patient.id))
    newest = session.scalars(about.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(MOST)).all()
    return [
        Line(line.event, line.actor, line.patient, _opened(session, vault, patient.id, line.changes), line.shown)
        for line in lines_of(session, newest)
    ]


def _opened(session: Session, vault: Vault, patient_id: UUID, changes: Sequence[Change]) -> tuple[Change, ...]:
    def plain(field: str, value: Any) -> Any:
        if not is_sealed(value):
            return value
        return opened(session, vault, patient_id, field, value) or _("erased")

    return tuple(Change(each.field, plain(each.field, each.old), plain(each.field, each.new)) for each in changes)


def report_csv(lines: Sequence[Line], zone: ZoneInfo) -> str:
    """The report as a file, one line for each row of the audit; no cell is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "who", "what", "changes", "reason"])
    for line in lines:
        at = line.event.at.astimezone(zone).isoformat(timespec="seconds")
        cells = (at, line.actor, action_words(line.event), changes_words(line), line.event.reason or "")
        writer.writerow(map(harmless, cells))
    return out.getvalue()


def changes_words(line: Line) -> str:
    """All changes of a row in one cell."""
    return "; ".join(_one(change) for change in line.changes)


def _one(change: Change) -> str:
    after, before = f"{field_words(change.field)}: {value_words(change.new)}", _("before")
    return after if change.old is None else f"{after} ({before}: {value_words(change.old)})"
