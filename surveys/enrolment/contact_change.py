"""Changing how a patient is reached: links sent to the old address stop, and what waits follows the new channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.access.links import end_sessions, revoke_links
from surveys.models import Clinic, Episode, Patient
from surveys.outbox.following import follow_channel
from surveys.outbox.suppressing import wait_for_hand_overs
from surveys.pathway.episode_plan import replan, visits_of
from surveys.pathway.reach import asking_where_lost
from surveys.people.change import change_details
from surveys.people.holding import hold_living
from surveys.people.patients import PatientDetails, set_permissions
from surveys.workqueue.mending import note_change

REACHES = frozenset({"email", "phone"})  # a link sent there may now be read by somebody else
PLANS = frozenset({"channel", "time_zone"})


def change_contact(
    session: Session,
    vault: Vault,
    clinic: Clinic,
    patient: Patient,
    details: PatientDetails,
    permissions: frozenset[str],
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> frozenset[str]:
    """Rewrite details and permissions; return the names of the fields that changed.

    Raises DuplicateChartError, and ClosedRecordError where the person was erased or merged at the same moment.
    """
    hold_living(session, patient)
    wait_for_hand_overs(session, [patient.id])  # a link about to go to the old address is stopped with the others
    with asking_where_lost(session, patient, now=now):
        changed = change_details(session, vault, patient, details, actor=actor, now=now, reason=reason)
        set_permissions(session, patient, permissions, actor=actor, now=now)
        session.flush()
        _follow(session, clinic, patient, changed, now)
        note_change(session, patient, changed, actor=actor, now=now)
    return changed


def _follow(session: Session, clinic: Clinic, patient: Patient, changed: frozenset[str], now: datetime) -> None:
    theirs = select(Episode).where(Episode.patient_id == patient.id).order_by(Episode.id)
    for episode in session.scalars(theirs).all():
        if changed & REACHES:
            for visit in visits_of(session, episode.id):
                revoke_links(session, visit.id, now)
                if visit.submitted_at:
                    end_sessions(session, visit.id, now)
        if changed & PLANS:
            replan(session, clinic, episode, now=now)
    if "channel" in changed:
        follow_channel(session, patient)
