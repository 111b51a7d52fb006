"""The patient's own permissions, each in versions of its own text: to take part, research use, public figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Consent, Patient
from surveys.people.taken_back import refuse_older
from surveys.schedule import local_date

FOLDER = Path(__file__).parent.parent / "consents"
KIND = "participation"
OPTIONAL = ("research", "public_aggregates")  # taking part does not depend on them
FALLBACK = ("1", "en")
PATIENT = Actor("patient")


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What the patient is shown, and what is kept of it: kind, version, language and SHA-256 of the text."""

    version: str
    language: str
    paragraphs: tuple[str, ...]
    hash: str
    kind: str = KIND


def consent_text(version: str, language: str) -> ConsentText:
    """Return the text to show: the version in the language, else in English, else the first version."""
    texts = _texts()
    wanted = ((version, language), (version, "en"), ("1", language), FALLBACK)
    return next(texts[key] for key in wanted if key in texts)


def optional_text(kind: str, language: str) -> ConsentText:
    """Return the newest text of a permission beside participation, in English where the language has none."""
    texts = _texts(kind)
    version = max(text.version for text in texts.values())
    return texts.get((version, language)) or texts[version, "en"]


@cache
def _texts(kind: str = KIND) -> dict[tuple[str, str], ConsentText]:
    folder = FOLDER if kind == KIND else FOLDER / kind
    return {(text.version, text.language): text for text in (_read(path, kind) for path in folder.glob("*.*.txt"))}


def _read(path: Path, kind: str) -> ConsentText:
    version, _, language = path.stem.partition(".")
    body = path.read_text(encoding="utf-8")
    paragraphs = tuple(part.strip() for part in body.split("\n\n") if part.strip())
    return ConsentText(version, language, paragraphs, sha256(body.encode()).hexdigest(), kind)


def participation(session: Session, patient: Patient) -> Consent | None:
    """Return the permission that stands, or None where it was never given or was taken back."""
    current = (Consent.patient_id == patient.id, Consent.kind == KIND, Consent.withdrawn_at.is_(None))
    return session.scalar(select(Consent).where(*current))


def consent_due(session: Session, patient: Patient, version: str, language: str) -> ConsentText | None:
    """Return the permission to ask for, or None where one stands."""
    return None if participation(session, patient) else consent_text(version, language)


def consent_versions() -> tuple[str, ...]:
    """Return the versions there are, the newest first."""
    return tuple(sorted({version for version, _language in _texts()}, reverse=True))


def give_consent(
    session: Session,
    patient: Patient,
    text: ConsentText,
    *,
    now: datetime,
    actor: Actor = PATIENT,
    given_at: datetime | None = None,
) -> None:
    """Record a permission; where one stands already nothing changes.

    ``given_at``: the day on which a paper was signed, where staff record it; else ``now``. Raises TakenBackError where
    the patient took the permission back on a later day than that.
    """
    session.execute(select(Patient.id).where(Patient.id == patient.id).with_for_update(read=True, key_share=True))
    if given_at is not None:
        refuse_older(session, patient, text.kind, local_date(given_at, ZoneInfo(patient.time_zone)))
    values = {
        "clinic_id": patient.clinic_id,
        "id": uuid7(),
        "patient_id": patient.id,
        "kind": text.kind,
        "version": text.version,
        "text_hash": text.hash,
        "language": text.language,
        "given_at": given_at or now,
        "recorded_by": actor.staff_id,
    }
    added = session.execute(insert(Consent).values(values).on_conflict_do_nothing().returning(Consent.id)).scalar()
    if added:
        new = {"kind": text.kind, "version": text.version, "hash": text.hash, "given_at": (given_at or now).isoformat()}
        record(session, patient.clinic_id, actor, "consent_given", ("consent", added), now=now, new=new)
