"""Episodes: open one, and the acts of a clinic upon it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.i18n import gettext as _
from surveys.models import Clinic, Endpoint, Episode, Patient, ProtocolVersion
from surveys.pathway.endings import record_ending, revoke_ending
from surveys.pathway.episode_plan import EpisodeError, lock, replan
from surveys.pathway.protocol_fit import lacking
from surveys.pathway.treatments import TreatmentDetails, correct_index_date, plan_treatment, settle_treatment
from surveys.protocols import store as protocol_store

__all__ = [
    "EndpointDetails",
    "EpisodeDetails",
    "EpisodeError",
    "TreatmentDetails",
    "correct_index_date",
    "move_to_protocol",
    "open_episode",
    "plan_treatment",
    "record_ending",
    "record_endpoint",
    "replan",
    "revoke_ending",
    "settle_treatment",
]


@dataclass(frozen=True)
class EpisodeDetails:
    """Arm, diagnosis and covariates at enrolment: age in years, BMI in kg/m², None where unknown.

    ``clinician_id``: who treats the patient.
    """

    arm: str
    pain_generator: str
    enrolled_on: date
    age: int | None = None
    bmi: float | None = None
    opioid_use: bool | None = None
    smoking: bool | None = None
    diagnosis: str | None = None  # ICD-10
    clinician_id: UUID | None = None


@dataclass(frozen=True)
class EndpointDetails:
    """Something that happened; ``severity`` 1 mild to 5 fatal, ``details`` codes and flags only."""

    kind: str
    on_date: date
    severity: int | None = None
    details: dict[str, Any] | None = None


def open_episode(
    session: Session,
    clinic: Clinic,
    patient: Patient,
    protocol_row: ProtocolVersion,
    details: EpisodeDetails,
    *,
    actor: Actor,
    now: datetime,
) -> Episode:
    """Open an episode: its baseline opens now, the follow-ups wait for a treatment confirmed as done.

    Raises EpisodeError for an arm the protocol does not have.
    """
    protocol = protocol_store.protocol_of(protocol_row)
    if details.arm not in {arm.code for arm in protocol.arms}:
        raise EpisodeError(f"The protocol {protocol.title} has no arm {details.arm}. Choose one of its arms.")
    episode = Episode(
        clinic_id=clinic.id,
        id=uuid7(),
        patient_id=patient.id,
        protocol_id=protocol_row.id,
        created_at=now,
        **asdict(details),
    )
    session.add(episode)
    session.flush()
    what = {"protocol": protocol.code, "version": protocol.version, "arm": details.arm}
    record(session, clinic.id, actor, "episode_opened", ("episode", episode.id), now=now, new=what)
    replan(session, clinic, episode, now=now)
    return episode


def record_endpoint(
    session: Session, clinic: Clinic, episode: Episode, details: EndpointDetails, *, actor: Actor, now: datetime
) -> Endpoint:
    """Record an operation, a further treatment or an adverse event; the schedule stays as it is.

    Raises EpisodeError where something is told that adverse events alone have.
    """
    if details.kind != "adverse_event" and (details.severity or details.details):
        raise EpisodeError(_("Severity, kind, seriousness and relation are told of adverse events only."))
    endpoint = Endpoint(
        clinic_id=clinic.id,
        id=uuid7(),
        episode_id=episode.id,
        kind=details.kind,
        on_date=details.on_date,
        severity=details.severity,
        details=details.details or {},
        recorded_at=now,
        recorded_by=actor.staff_id,
    )
    session.add(endpoint)
    what = {"kind": details.kind, "on_date": details.on_date.isoformat(), "severity": details.severity}
    what |= details.details or {}
    record(session, clinic.id, actor, "endpoint_recorded", ("endpoint", endpoint.id), now=now, new=what)
    return endpoint


def move_to_protocol(
    session: Session, clinic: Clinic, episode: Episode, target: ProtocolVersion, *, actor: Actor, now: datetime
) -> None:
    """Let a running episode follow another version of its protocol; what has not opened moves.

    Raises EpisodeError for a version that lacks what the episode has.
    """
    lock(session, episode)
    old = protocol_store.get(session, episode.protocol_id)
    if missing := lacking(session, episode, protocol_store.protocol_of(target)):
        raise EpisodeError(f"Version {target.version} has no {missing}. Keep the episode's version.")
    episode.protocol_id = target.id
    session.flush()
    before, after = {"version": old.version}, {"version": target.version}
    record(session, clinic.id, actor, "episode_migrated", ("episode", episode.id), now=now, old=before, new=after)
    replan(session, clinic, episode, now=now)
