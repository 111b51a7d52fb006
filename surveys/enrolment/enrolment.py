"""Enrolment as one act: patient, permissions, episode and, where known, the treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from surveys.access.audit import Actor
from surveys.access.encryption import Vault
from surveys.models import Clinic, Patient
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
    episode = open_episode(session, clinic, patient, row, wish.episode, actor=actor, now=now)
    if wish.treatment is not None:
        treatment = plan_treatment(session, clinic, episode, wish.treatment, actor=actor, now=now)
        if wish.treated:
            settle_treatment(session, clinic, treatment, "done", actor=actor, now=now)
    return patient
