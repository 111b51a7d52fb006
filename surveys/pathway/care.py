"""What an episode treats and who treats it, put right after enrolment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.models import Episode, Staff
from surveys.pathway.episode_plan import lock


def correct_care(
    session: Session,
    episode: Episode,
    *,
    diagnosis: str | None,
    clinician_id: UUID | None,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Write diagnosis (ICD-10) and clinician, old and new kept in the audit; False where nothing changed."""
    lock(session, episode)
    old = _told(session, episode)
    episode.diagnosis, episode.clinician_id = diagnosis, clinician_id
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
