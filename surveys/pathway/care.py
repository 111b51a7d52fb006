"""What an episode treats and who treats it, put right after enrolment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.models import Episode, Staff
from surveys.pathway.episode_plan import lock


@dataclass(frozen=True, slots=True)
class Care:
    """An ICD-10 code and a clinician, None where not known."""

    diagnosis: str | None
    clinician_id: UUID | None


def correct_care(
    session: Session, episode: Episode, wish: Care, *, reason: str | None, actor: Actor, now: datetime
) -> bool:
    """Write it, old and new kept in the audit; False where nothing changed."""
    lock(session, episode)
    old = _told(session, episode)
    episode.diagnosis, episode.clinician_id = wish.diagnosis, wish.clinician_id
    session.flush()
    new = _told(session, episode)
    if old == new:
        return False
    subject = ("episode", episode.id)
    record(session, episode.clinic_id, actor, "care_corrected", subject, now=now, old=old, new=new, reason=reason)
    return True


def _told(session: Session, episode: Episode) -> dict[str, str | None]:
    clinician = session.get(Staff, episode.clinician_id) if episode.clinician_id else None
    return {"diagnosis": episode.diagnosis, "clinician": clinician.name if clinician else None}
