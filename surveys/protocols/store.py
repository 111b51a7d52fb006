"""Protocols as a clinic holds them: loaded once per version, read back by their hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.db import uuid7
from surveys.models import ProtocolVersion
from surveys.protocols.loading import Protocol, ProtocolError, parse_protocol


def load(session: Session, clinic_id: UUID, source: str, name: str, *, now: datetime) -> ProtocolVersion:
    """Check the TOML text and keep it; the same text again adds nothing.

    Raises ProtocolError where it cannot work, or where another text is loaded under its code and version.
    """
    protocol = parse_protocol(source, name)
    known = find(session, protocol.code, protocol.version)
    if known is None:
        return _add(session, clinic_id, protocol, now=now)
    if known.source_hash != protocol.source_hash:
        reason = f"version {protocol.version} is loaded already with another text; raise the version"
        raise ProtocolError(name, "version", reason)
    return known


def _add(session: Session, clinic_id: UUID, protocol: Protocol, *, now: datetime) -> ProtocolVersion:
    row = ProtocolVersion(
        clinic_id=clinic_id,
        id=uuid7(),
        code=protocol.code,
        version=protocol.version,
        source=protocol.source,
        source_hash=protocol.source_hash,
        loaded_at=now,
    )
    session.add(row)
    session.flush()
    what = {"code": row.code, "version": row.version, "hash": row.source_hash}
    record(session, clinic_id, SYSTEM, "protocol_loaded", ("protocol_version", row.id), now=now, new=what)
    return row


def find(session: Session, code: str, version: int | None = None) -> ProtocolVersion | None:
    """The clinic's protocol of a code: this version, or the highest."""
    wanted = select(ProtocolVersion).where(ProtocolVersion.code == code)
    if version is not None:
        wanted = wanted.where(ProtocolVersion.version == version)
    return session.scalars(wanted.order_by(ProtocolVersion.version.desc()).limit(1)).one_or_none()


def newest(session: Session) -> Sequence[ProtocolVersion]:
    """The highest version of each of the clinic's protocols, by code."""
    wanted = select(ProtocolVersion).ext(distinct_on(ProtocolVersion.code))
    return session.scalars(wanted.order_by(ProtocolVersion.code, ProtocolVersion.version.desc())).all()


def protocol_of(row: ProtocolVersion) -> Protocol:
    """The protocol a row holds; parsed once per process and text."""
    return parse_protocol(row.source, f"{row.code} version {row.version}")


_parsed: dict[str, Protocol] = {}  # by the hash of the text, so that an entry is never out of date


def protocol_with_hash(source: Session | Connection, source_hash: str) -> Protocol:
    """The protocol whose text has this hash; the text is read once per process."""
    if source_hash not in _parsed:
        wanted = select(ProtocolVersion.source, ProtocolVersion.code, ProtocolVersion.version)
        row = source.execute(wanted.where(ProtocolVersion.source_hash == source_hash).limit(1)).one()
        _parsed[source_hash] = parse_protocol(row.source, f"{row.code} version {row.version}")
    return _parsed[source_hash]


def get(session: Session, protocol_id: UUID) -> ProtocolVersion:
    """The row an episode points to."""
    return session.get_one(ProtocolVersion, protocol_id)
