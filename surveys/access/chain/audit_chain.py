"""The chain over audit rows: each link hashes the one before and everything that its row says.

Whoever changes, removes, adds or moves a row breaks the chain there. Whoever rewrites the chain to its end has another
head than the one exported before.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from surveys.models import AuditEvent

COLUMNS = tuple(column.key for column in AuditEvent.__table__.columns)


def beginning(clinic_id: UUID) -> bytes:
    """What the first link of a clinic is chained to: no chain passes for another clinic's."""
    return sha256(b"backstory audit " + clinic_id.bytes).digest()


def chained(previous: bytes, event: Row[Any]) -> bytes:
    """The hash of the next link; ``event`` has every column of the row by name."""
    return sha256(previous + content(event)).digest()


def content(event: Row[Any]) -> bytes:
    """Every column of a row as one text, the same for the same row for ever: JSON, names sorted, moments in UTC."""
    values = {name: _plain(getattr(event, name)) for name in COLUMNS}
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value) if isinstance(value, UUID) else value
