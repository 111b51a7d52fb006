"""The messages behind a number as a file, however many: written to disk before the first byte leaves."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from surveys.cells import harmless
from surveys.db import db
from surveys.models import Clinic
from surveys.outbox.listing import Listed, Wanted, every
from surveys.outcomes.table import Cell
from surveys.views.seen import note_view

TIMES = ("planned_at", "due_at", "claimed_at", "sending_at", "settled_at")
HEAD = ("patient", "visit", "message", "issue", "channel", "state", "reason", *TIMES, "tries", "reply", "along")
PIECE = 64 * 1024  # bytes


def file_of(clinic: Clinic, wanted: Wanted, *, now: datetime) -> Response:
    """Return every message; whose they are is in the audit before the file goes out."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the response
    try:
        note_view(_write(file, every(db.session(), clinic, wanted, now=now), ZoneInfo(clinic.time_zone)))
        length = file.tell()
    except BaseException:
        file.close()
        raise
    reply = Response(_pieces(file), mimetype="text/csv", headers={"Content-Length": str(length)})
    reply.headers["Content-Disposition"] = 'attachment; filename="messages-list.csv"'
    reply.call_on_close(file.close)
    return reply


def _write(file: IO[bytes], lines: Iterable[Listed], zone: ZoneInfo) -> list[UUID]:
    """Write a line for each message; returns whose they are."""
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    writer, whose = csv.writer(text), dict[UUID, None]()
    writer.writerow(HEAD)
    for line in lines:
        whose[line.patient.id] = None
        writer.writerow(harmless(cell) for cell in _row(line, zone))
    text.detach()
    return list(whose)


def _row(line: Listed, zone: ZoneInfo) -> tuple[Cell, ...]:
    message = line.message
    moments = [getattr(message, name) for name in TIMES]
    times = [at.astimezone(zone).isoformat(timespec="seconds") if at else None for at in moments]
    what = (line.visit.timepoint, message.step, message.issue, message.channel, message.state)
    told = (message.attempts, message.reply, line.along)
    return (line.patient.number, *what, message.refusal or message.cause, *times, *told)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with file:
        while piece := file.read(PIECE):
            yield piece
