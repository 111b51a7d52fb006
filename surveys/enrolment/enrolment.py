"""Enrolment as one act: patient, permissions, episode and, where known, the treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.models import Clinic, Episode, Patient, ProtocolVersion
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store


@dataclass(frozen=True)
class Enrolment:
    """Everything a coordinator says at once. ``treated``: the treatment is done already."""

    details: PatientDetails
    permissions: frozenset[str]
    protocol: str
    episode: EpisodeDetails
    treatment: TreatmentDetails | None = None
    treated: bool = False


def enrol(session: Session, vault: Vault, clinic: Clinic, wish: Enrolment, *, actor: Actor, now: datetime) -> Patient:
    """Add the patient with an open episode; raises DuplicateChartError, EpisodeError or LookupError (no protocol)."""
    row = protocol_store.find(session, wish.protocol)
    if row is None:
        raise LookupError(wish.protocol)
    patient = add_patient(session, vault, clinic, wish.details, wish.permissions, actor=actor, now=now)
    treated = wish.treated
    add_episode(session, clinic, patient, row, wish.episode, wish.treatment, treated=treated, actor=actor, now=now)
    return patient


def add_episode(
    session: Session,
    clinic: Clinic,
    patient: Patient,
    protocol: ProtocolVersion,
    details: EpisodeDetails,
    treatment: TreatmentDetails | None,
    *,
    treated: bool,
    actor: Actor,
    now: datetime,
) -> Episode:
    """Open an episode of somebody known, with the treatment where it is known; raises EpisodeError."""
    episode = open_episode(session, clinic, patient, protocol, details, actor=actor, now=now)
    if treatment is not None:
        planned = plan_treatment(session, clinic, episode, treatment, actor=actor, now=now)
        if treated:
            settle_treatment(session, clinic, planned, "done", actor=actor, now=now)
    return episode
