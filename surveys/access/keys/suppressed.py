"""Suppressed addresses and telephones while keys change: kept as an index alone, which follows the patients' values."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.keys.sealed import INDEX_ONLY, SEALED, Sealed, key_of_index, table
from surveys.db import uuid7
from surveys.models import Patient

KEPT: Mapping[str, Sealed] = {each.kind: each for each in SEALED if each.index in dict(INDEX_ONLY).values()}
WHERE: Mapping[str, str] = {column: name for name, column in INDEX_ONLY}


def follow(session: Session, vault: Vault, kind: str, value: str | None) -> None:
    """Where the value is suppressed under another key, note it under the current one, which its patients now have.

    ``kind``: of the blind index; one that is never suppressed has nothing to follow.
    """
    if kind not in KEPT or value is None:
        return
    current, *others = vault.indexes(value, kind)
    its = table(WHERE[KEPT[kind].index or ""])
    index = its.c[KEPT[kind].index or ""]
    if not others:
        return
    known = select(its.c.clinic_id, literal(uuid7()), literal(current), its.c.reason, its.c.at).where(
        index.in_(others), ~exists().where(index == current)
    )
    columns = ["clinic_id", "id", index.name, "reason", "at"]
    session.execute(insert(its).from_select(columns, known.limit(1)).on_conflict_do_nothing())


def carry_over(session: Session, vault: Vault) -> None:
    """Once every patient is under the current key: forget what stands under others. No patient has those values."""
    for kind, sealed in KEPT.items():
        _carry_over(session, vault, kind, sealed)


def _carry_over(session: Session, vault: Vault, kind: str, sealed: Sealed) -> None:
    its = table(WHERE[sealed.index or ""])
    old = key_of_index(its.c[sealed.index or ""]) != vault.ring.current
    if not session.scalar(select(exists().where(old))):
        return
    column = table(sealed.table).c[sealed.column]
    for patient_id, value in session.execute(select(Patient.id, column)):  # one may have bounced in the meantime
        if value is not None:
            follow(session, vault, kind, vault.open(value, sealed.table, sealed.column, patient_id))
    session.execute(delete(its).where(old))
