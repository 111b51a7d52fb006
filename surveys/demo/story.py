"""One synthetic patient's life, walked through the functions that real use calls, each with its own moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.audit import Actor
from surveys.access.encryption import Vault
from surveys.answering.responses import open_response, record_answers, submit
from surveys.demo.lives import Life, Reply
from surveys.models import Clinic, Episode, ProtocolVersion, Treatment, Visit
from surveys.pathway import episodes
from surveys.people import patients as people
from surveys.people.patients import PatientDetails
from surveys.protocols.store import protocol_of
from surveys.wordings import wording_for

Act = Callable[[datetime], None]
CONTACT = frozenset({"contact_email", "contact_phone"})


@dataclass(frozen=True)
class Stage:
    """Where a life is played: nothing happens after ``until``."""

    session: Session
    vault: Vault
    clinic: Clinic
    protocol_row: ProtocolVersion
    coordinator: Actor
    until: datetime


def at(day: date, hour: int = 10) -> datetime:
    """Return an hour of a day, UTC."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def play(stage: Stage, life: Life) -> None:
    """Enrol one patient and let happen what has happened by ``stage.until``; the caller commits."""
    if at(life.enrolled_on) > stage.until:
        return
    episode = _enrol(stage, life)
    _reply_at(stage, episode, life, "baseline")
    treatments = [_plan(stage, episode, day, product) for day, product in life.treatments]
    events = [(at(treatment.on_date, 15), _settling(stage, treatment)) for treatment in treatments]
    if life.ending:
        events.append((at(life.ending[1], 12), _ending(stage, episode, life)))
    if life.operation_on:
        events.append((at(life.operation_on, 12), _operation(stage, episode, life.operation_on)))
    _play_in_order(stage, episode, life, sorted(events, key=lambda event: event[0]))


def _enrol(stage: Stage, life: Life) -> Episode:
    now = at(life.enrolled_on)
    number = life.chart_number.lower()
    details = PatientDetails(
        chart_number=life.chart_number,
        first_name="Demo",
        surname=f"Patient {life.chart_number}",
        email=f"{number}@patients.example",
        phone=None,
        sex=life.sex,
        birth_year=life.enrolled_on.year - life.age,
        language=life.language,
        time_zone=stage.clinic.time_zone,
        channel="email",
    )
    who = stage.coordinator
    patient = people.add_patient(stage.session, stage.vault, stage.clinic, details, CONTACT, actor=who, now=now)
    opened = episodes.EpisodeDetails(
        life.arm, life.pain_generator, life.enrolled_on, life.age, life.bmi, life.opioid_use, life.smoking
    )
    return episodes.open_episode(stage.session, stage.clinic, patient, stage.protocol_row, opened, actor=who, now=now)


def _plan(stage: Stage, episode: Episode, day: date, product: str) -> Treatment:
    details = episodes.TreatmentDetails(on_date=day, product=product)
    now = at(episode.enrolled_on, 11)
    return episodes.plan_treatment(stage.session, stage.clinic, episode, details, actor=stage.coordinator, now=now)


def _settling(stage: Stage, treatment: Treatment) -> Act:
    def act(now: datetime) -> None:
        episodes.settle_treatment(stage.session, stage.clinic, treatment, "done", actor=stage.coordinator, now=now)

    return act


def _ending(stage: Stage, episode: Episode, life: Life) -> Act:
    def act(now: datetime) -> None:
        kind, day = life.ending or ("", date.min)
        episodes.record_ending(
            stage.session, stage.clinic, episode, kind, day, reason=None, actor=stage.coordinator, now=now
        )

    return act


def _operation(stage: Stage, episode: Episode, day: date) -> Act:
    def act(now: datetime) -> None:
        details = episodes.EndpointDetails("surgery", day)
        episodes.record_endpoint(stage.session, stage.clinic, episode, details, actor=stage.coordinator, now=now)

    return act


def _play_in_order(stage: Stage, episode: Episode, life: Life, events: list[tuple[datetime, Act]]) -> None:
    """Do what comes next, an event or a reply, until nothing is left or the time is up.

    Visits are read anew each time: a treatment moves those that have not opened.
    """
    waiting = {code: reply for code, reply in life.replies.items() if code != "baseline"}
    over = at(life.ending[1], 12) if life.ending else stage.until
    while True:
        replies = [(moment, code) for code, moment in _moments(stage.session, episode.id, waiting)]
        reply_at = min(replies, default=(datetime.max.replace(tzinfo=UTC), ""))
        if events and events[0][0] <= reply_at[0] and events[0][0] <= stage.until:
            moment, act = events.pop(0)
            act(moment)
        elif reply_at[0] <= min(stage.until, over):
            _reply_at(stage, episode, life, reply_at[1])
            del waiting[reply_at[1]]
        else:
            return


def _moments(session: Session, episode_id: UUID, waiting: dict[str, Reply]) -> list[tuple[str, datetime]]:
    visits = session.scalars(
        select(Visit).where(Visit.episode_id == episode_id, Visit.cancelled_at.is_(None), Visit.timepoint.in_(waiting))
    )
    return [(visit.timepoint, visit.opens_at + _delay(waiting[visit.timepoint])) for visit in visits]


def _delay(reply: Reply) -> timedelta:
    return timedelta(days=reply.days_after_opening, hours=11)


def _reply_at(stage: Stage, episode: Episode, life: Life, code: str) -> None:
    visit = stage.session.scalar(select(Visit).where(Visit.episode_id == episode.id, Visit.timepoint == code))
    reply = life.replies.get(code)
    if visit is None or reply is None:
        return
    now = visit.opens_at + (_delay(reply) if code != "baseline" else timedelta(hours=12))
    if now <= stage.until:
        answer_visit(stage, visit, reply, life.language, now=now)


def answer_visit(stage: Stage, visit: Visit, reply: Reply, language: str, *, now: datetime) -> None:
    """Give every answer the protocol asks for and the reply has, then send unless the reply says not to."""
    protocol = protocol_of(stage.protocol_row)
    author = stage.coordinator.id if reply.mode in ("paper", "interview") else None
    for entry in protocol.timepoint(visit.timepoint).battery:
        levels = reply.levels.get(entry.instrument, {})
        asked = [item for item in entry.items if item in levels]
        if asked:
            wording = wording_for(entry.instrument, language)
            response = open_response(
                stage.session,
                visit,
                entry.instrument,
                mode=reply.mode,
                language=wording.language,
                wording_hash=wording.hash,
                now=now,
            )
            given = {item: levels[item] for item in asked}
            record_answers(stage.session, response, given, mode=reply.mode, author_id=author, now=now)
    if reply.send:
        who = stage.coordinator if author else Actor("patient")
        submit(stage.session, visit, protocol, now=now + timedelta(minutes=9), actor=who)
