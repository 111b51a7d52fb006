"""One synthetic patient's life, walked through the functions that real use calls, each with its own moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.demo.harms import harm_events
from surveys.demo.lives import Life, Reply
from surveys.demo.opioids import opioid_events
from surveys.demo.post import let_pass
from surveys.demo.replies import BY_STAFF, answer_visit
from surveys.demo.telephone import let_call
from surveys.demo.wishes import goal_events
from surveys.models import Clinic, Episode, Patient, ProtocolVersion, Treatment, Visit
from surveys.pathway import episodes
from surveys.people import patients as people
from surveys.people.patients import PatientDetails
from surveys.protocols.store import protocol_of

Act = Callable[[datetime], None]
CONTACT = frozenset({"contact_email", "contact_phone"})


@dataclass(frozen=True)
class Stage:
    """Where a life is played: nothing happens after ``until``, and messages go up to ``posted_until``."""

    session: Session
    vault: Vault
    clinic: Clinic
    protocol_row: ProtocolVersion
    coordinator: Actor
    clinicians: tuple[UUID, ...]
    until: datetime
    posted_until: datetime


def at(day: date, hour: int = 10) -> datetime:
    """Return an hour of a day, UTC."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def play(stage: Stage, life: Life) -> None:
    """Enrol one patient and let happen what has happened by ``stage.until``; the caller commits."""
    now = at(life.enrolled_on)
    if now > stage.until:
        return
    patient = _add_patient(stage, life)
    episode = _open_episode(stage, patient, life)
    plot = Plot(stage, patient, episode, dict(life.replies), _events(stage, episode, life), _over(stage, life))
    while (following := plot.next()) is not None:
        moment, act = following
        let_pass(stage.session, stage.clinic, since=now, until=min(moment, stage.posted_until))
        act(moment)
        now = moment
    let_pass(stage.session, stage.clinic, since=now, until=stage.posted_until)
    who, until = stage.coordinator, stage.posted_until
    let_call(stage.session, stage.clinic, episode.id, patient.number, coordinator=who, until=until)


def _over(stage: Stage, life: Life) -> datetime:
    return at(life.ending[1], 12) if life.ending else stage.until


def _events(stage: Stage, episode: Episode, life: Life) -> list[tuple[datetime, Act]]:
    """Everything besides answers, earliest first."""
    given = zip(life.treatments, life.doses or [None] * len(life.treatments), strict=True)
    treatments = [_plan(stage, episode, day, product, dose) for (day, product), dose in given]
    events = [(at(treatment.on_date, 15), _settling(stage, treatment)) for treatment in treatments]
    events += goal_events(stage.session, stage.vault, episode, life, coordinator=stage.coordinator)
    events += opioid_events(stage.session, episode, life, coordinator=stage.coordinator)
    events += harm_events(stage.session, stage.clinic, episode, life, coordinator=stage.coordinator)
    if life.ending:
        events.append((at(life.ending[1], 12), _ending(stage, episode, life)))
    if life.operation_on:
        events.append((at(life.operation_on, 12), _operation(stage, episode, life.operation_on)))
    return sorted(events, key=lambda event: event[0])


def _add_patient(stage: Stage, life: Life) -> Patient:
    number = life.chart_number.lower()
    details = PatientDetails(
        chart_number=life.chart_number,
        first_name="Demo",
        surname=f"Patient {life.chart_number}",
        email=f"{number}@patients.example",
        phone=_telephone(stage.clinic, life.chart_number),
        sex=life.sex,
        birth_year=life.enrolled_on.year - life.age,
        language=life.language,
        time_zone=stage.clinic.time_zone,
        channel="email",
    )
    who, now = stage.coordinator, at(life.enrolled_on)
    return people.add_patient(stage.session, stage.vault, stage.clinic, details, CONTACT, actor=who, now=now)


def _telephone(clinic: Clinic, chart_number: str) -> str:
    """A number of those kept for fiction, so that nobody is called by a click in the demo."""
    number = crc32(chart_number.encode())
    if clinic.time_zone.startswith("America/"):
        return f"+1 303 555 01{number % 100:02}"
    return f"+44 20 7946 0{number % 1000:03}"


def _open_episode(stage: Stage, patient: Patient, life: Life) -> Episode:
    who, now = stage.coordinator, at(life.enrolled_on)
    habits = (life.age, life.bmi, life.opioid_use, life.smoking)
    treats = None if life.clinician is None else stage.clinicians[life.clinician % len(stage.clinicians)]
    opened = episodes.EpisodeDetails(
        life.arm, life.pain_generator, life.enrolled_on, *habits, diagnosis=life.diagnosis, clinician_id=treats
    )
    return episodes.open_episode(stage.session, stage.clinic, patient, stage.protocol_row, opened, actor=who, now=now)


def _plan(stage: Stage, episode: Episode, day: date, product: str, dose: float | None) -> Treatment:
    details = episodes.TreatmentDetails(on_date=day, product=product, total_nucleated_cells=dose)
    now = at(episode.enrolled_on)
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


@dataclass
class Plot:
    """What is still to come: events as planned, replies whenever their visits open. Nobody replies after ``over``."""

    stage: Stage
    patient: Patient
    episode: Episode
    replies: dict[str, Reply]  # by timepoint code
    events: list[tuple[datetime, Act]]
    over: datetime

    def next(self) -> tuple[datetime, Act] | None:
        """Take what comes first; None where nothing is left or the time is up."""
        reply_at, visit = min(
            self._replies(), key=lambda each: each[0], default=(datetime.max.replace(tzinfo=UTC), None)
        )
        if self.events and self.events[0][0] <= min(reply_at, self.stage.until):
            return self.events.pop(0)
        if visit is None or reply_at > min(self.over, self.stage.until):
            return None
        return reply_at, self._answering(visit, self.replies.pop(visit.timepoint))

    def _replies(self) -> list[tuple[datetime, Visit]]:
        """Read the visits anew, since a treatment moves those that have not opened."""
        visits = self.stage.session.scalars(
            select(Visit).where(Visit.episode_id == self.episode.id, Visit.timepoint.in_(self.replies))
        )
        timely = [(_moment(visit, self.replies[visit.timepoint]), visit) for visit in visits if not visit.cancelled_at]
        return [(moment, visit) for moment, visit in timely if self._takes(visit, moment)]

    def _takes(self, visit: Visit, moment: datetime) -> bool:
        return moment < visit.closes_at or self.replies[visit.timepoint].mode in BY_STAFF

    def _answering(self, visit: Visit, reply: Reply) -> Act:
        stage = self.stage

        def act(now: datetime) -> None:
            protocol, who = protocol_of(stage.protocol_row), stage.coordinator
            answer_visit(stage.session, self.patient, visit, reply, protocol, coordinator=who, now=now)

        return act


def _moment(visit: Visit, reply: Reply) -> datetime:
    return visit.opens_at + timedelta(days=reply.days_after_opening, hours=12)
