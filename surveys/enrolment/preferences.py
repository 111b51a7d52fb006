"""What patients decide for themselves: reminders, a pause, their language, by which way they are written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.channels.telephone import international
from surveys.i18n import LANGUAGES
from surveys.models import Clinic, Episode, Patient, ProtocolVersion
from surveys.outbox.following import follow_channel
from surveys.outbox.situation import PERMISSION
from surveys.pathway.endings import record_ending, revoke_ending
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, active_endings, ended_by, lock, replan
from surveys.pathway.reach import is_reachable
from surveys.people.change import change_details
from surveys.people.holding import hold_living
from surveys.people.patients import contact
from surveys.protocols.store import protocol_of
from surveys.schedule import local_date
from surveys.wordings import speaks
from surveys.workqueue.mending import note_change

PAUSE = timedelta(days=14)
STOPPED = "reminders_stopped"


def running_episodes(session: Session, patient: Patient) -> Sequence[Episode]:
    """The episodes whose follow-up goes on, the oldest first."""
    theirs = select(Episode).where(Episode.patient_id == patient.id, ~ended_by(STOPS_FOLLOW_UP))
    return session.scalars(theirs.order_by(Episode.id)).all()


def stop_reminders(session: Session, clinic: Clinic, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Stop reminders of every running episode; no permission is withdrawn, and once more changes nothing."""
    today = local_date(now, ZoneInfo(patient.time_zone))
    for episode in running_episodes(session, patient):
        record_ending(session, clinic, episode, STOPPED, today, reason=None, actor=actor, now=now)


def resume_reminders(session: Session, clinic: Clinic, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Let reminders come again in every running episode, whoever stopped them."""
    for episode in running_episodes(session, patient):
        for ending in active_endings(session, episode.id):
            if ending.kind == STOPPED:
                revoke_ending(session, clinic, ending, actor=actor, now=now)


def reminders_stopped(session: Session, episodes: Sequence[Episode]) -> bool:
    """Whether no running episode has reminders."""
    kinds = [{ending.kind for ending in active_endings(session, episode.id)} for episode in episodes]
    return all(STOPPED in each for each in kinds)


def pause(session: Session, clinic: Clinic, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Send nothing for two weeks from now."""
    _set_pause(session, clinic, patient, now + PAUSE, "messages_paused", actor, now)


def end_pause(session: Session, clinic: Clinic, patient: Patient, *, actor: Actor, now: datetime) -> None:
    """Send again; without a pause nothing changes."""
    if patient.paused_until is not None:
        _set_pause(session, clinic, patient, None, "messages_resumed", actor, now)


def _set_pause(
    session: Session, clinic: Clinic, patient: Patient, until: datetime | None, action: str, actor: Actor, now: datetime
) -> None:
    old, new = ({"until": each.isoformat() if each else None} for each in (patient.paused_until, until))
    patient.paused_until = until
    record(session, clinic.id, actor, action, ("patient", patient.id), now=now, old=old, new=new)
    _replan(session, clinic, patient, now)


def languages(session: Session, clinic: Clinic, patient: Patient) -> list[str]:
    """The languages in which the clinic writes and every running episode can ask, and the patient's own."""
    followed = [episode.protocol_id for episode in running_episodes(session, patient)]
    rows = session.scalars(select(ProtocolVersion).where(ProtocolVersion.id.in_(followed)).distinct())
    protocols = [protocol_of(row) for row in rows]
    offered = [code for code in LANGUAGES if code in clinic.languages]
    spoken = [
        code for code in offered if all(code in each.languages and speaks(each.instruments, code) for each in protocols)
    ]
    return spoken if patient.language in spoken else [patient.language, *spoken]


def choose_language(
    session: Session, vault: Vault, clinic: Clinic, patient: Patient, language: str, *, actor: Actor, now: datetime
) -> bool:
    """Write and ask in another language; False where it is not one of ``languages``.

    Raises ClosedRecordError where the person was erased, or the record merged, meanwhile.
    """
    hold_living(session, patient)
    if language not in languages(session, clinic, patient):
        return False
    details = replace(contact(vault, patient), language=language)
    if changed := change_details(session, vault, patient, details, actor=actor, now=now):
        note_change(session, patient, changed, actor=actor, now=now)
    return True


def ways(session: Session, vault: Vault, patient: Patient, *, texts: bool) -> dict[str, str]:
    """The address by channel, for each by which messages may go; ``texts``: whether this installation sends them."""
    details = contact(vault, patient)
    known = {"email": details.email, "sms": international(details.phone or "") if texts else None}
    return {
        channel: known[channel] or ""
        for channel in PERMISSION
        if known[channel] and is_reachable(session, patient, channel)
    }


def choose_channel(
    session: Session, vault: Vault, clinic: Clinic, patient: Patient, channel: str, *, actor: Actor, now: datetime
) -> None:
    """Write by another of ``ways``; what waits follows, and nobody has to find another way any more.

    Raises ClosedRecordError where the person was erased, or the record merged, meanwhile.
    """
    hold_living(session, patient)
    details = replace(contact(vault, patient), channel=channel)
    if changed := change_details(session, vault, patient, details, actor=actor, now=now):
        _replan(session, clinic, patient, now)
        follow_channel(session, patient)
        note_change(session, patient, changed, actor=actor, now=now)


def _replan(session: Session, clinic: Clinic, patient: Patient, now: datetime) -> None:
    for episode in running_episodes(session, patient):
        lock(session, episode)
        replan(session, clinic, episode, now=now)
