"""What a restored past may not do by itself: send what may have gone already, or know who is signed in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from psycopg.sql import SQL, Identifier

from surveys.backup.facts import Connection
from surveys.backup.manifest import Manifest
from surveys.db import uuid7

HOLD = """
UPDATE message SET state = 'held', lease_until = NULL, fence = fence + 1
WHERE state IN ('planned', 'claimed', 'sending')
"""
SIGNED_IN = ("staff_session", "patient_session")
HALF_WAY = ("pending_sign_in",)  # a password given, the second factor not yet
TO_STAFF = {  # an administrator invites again; a link that is unused here may have been used since
    "staff_mail": "UPDATE staff_mail SET state = 'cancelled', settled_at = %s, lease_until = NULL, fence = fence + 1"
    " WHERE state IN ('planned', 'claimed', 'sending')",
    "staff_link": "UPDATE staff_link SET revoked_at = %s WHERE used_at IS NULL AND revoked_at IS NULL",
}
NOTE = """
INSERT INTO audit_event (clinic_id, id, at, actor_kind, action, subject, subject_id, new)
VALUES (%s, %s, %s, 'system', 'backup_restored', 'clinic', %s, %s)
"""
FORGET = "DELETE FROM operation WHERE kind = 'restore'"  # there is no unique key to conflict with yet
MARK = "INSERT INTO operation (kind, at, details) VALUES ('restore', %s, %s)"


@dataclass(frozen=True)
class Held:
    """How many messages wait for a person, and how many sessions were ended."""

    messages: int
    sessions: int


def settle_past(connection: Connection, manifest: Manifest, *, now: datetime) -> Held:
    """Hold every message that has not ended, end every session, and write both down for each clinic.

    The backup may be older than this version: the statements name only what every version has.
    """
    messages = connection.execute(HOLD).rowcount
    ended = sum(_end_sessions(connection, table, now) for table in SIGNED_IN)
    for table in HALF_WAY:
        if _exists(connection, table):
            connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
    for table, close in TO_STAFF.items():
        if _exists(connection, table):
            connection.execute(close, (now,))
    told = json.dumps({"taken_at": manifest.taken_at, "product": manifest.product})
    for clinic in manifest.facts.clinics:
        connection.execute(NOTE, (clinic, uuid7(), now, clinic, told))
    if _exists(connection, "operation"):
        connection.execute(FORGET)
        connection.execute(MARK, (now, json.dumps({"taken_at": manifest.taken_at, "held": messages})))
    return Held(messages, ended)


def _end_sessions(connection: Connection, table: str, now: datetime) -> int:
    end = SQL("UPDATE {} SET revoked_at = %s WHERE revoked_at IS NULL").format(Identifier(table))
    return connection.execute(end, (now,)).rowcount


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return bool(row and row[0])
