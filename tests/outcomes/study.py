"""Whole studies laid into a clinic as rows, so that counts can be told beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from surveys.answering.scoring_step import score_response
from surveys.db import Base, clinic_scope, uuid7
from surveys.demo.lives import Life, Reply
from surveys.models import Consent, Ending, Episode, Patient, ProtocolVersion, Response, Treatment, Visit
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import Protocol, bundled_protocols
from surveys.schedule import PlannedVisit, plan_visits

ZONE = ZoneInfo("Europe/London")
BEGIN = date(2024, 3, 4)
LATER = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)  # every window of the study is over
TABLES: tuple[type[Base], ...] = (Patient, Consent, Episode, Treatment, Ending, Visit, Response)  # parents first
_numbers = count(1)


class Study:
    """Lays lives under one protocol into one clinic; rows of one table go to the database together."""

    def __init__(self, session: Session, clinic_id: UUID, protocol: str = "trial") -> None:
        self.session, self.clinic_id = session, clinic_id
        self.protocol: Protocol = bundled_protocols()[protocol]
        at = datetime(2024, 1, 1, tzinfo=UTC)
        self.row: ProtocolVersion = protocol_store.load(session, clinic_id, self.protocol.source, protocol, now=at)
        self._rows: dict[type[Base], list[Base]] = {table: [] for table in TABLES}
        self._answered: list[tuple[Response, dict[str, int]]] = []

    def add(self, life: Life) -> Episode:
        """One patient with everything that happened."""
        return self.add_all([life])[0]

    def add_all(self, lives: Iterable[Life]) -> list[Episode]:
        """Patients with everything that happened: a flush by row would cost more than all that a test asks of them."""
        episodes = [self._episode(life) for life in lives]
        for rows in self._rows.values():
            self.session.add_all(rows)
            self.session.flush()
            rows.clear()
        for response, levels in self._answered:
            at = response.started_at
            score_response(self.session, response, dict(levels), self.protocol.value_set, now=at)
        self._answered.clear()
        self.session.flush()
        return episodes

    def _episode(self, life: Life) -> Episode:
        began = _noon(life.enrolled_on)
        patient = self._patient(life)
        treated_on = min((day for day, _product in life.treatments), default=None)
        own = {"clinic_id": self.clinic_id, "created_at": began}
        episode = Episode(
            **own,
            id=uuid7(),
            patient_id=patient.id,
            protocol_id=self.row.id,
            arm=life.arm,
            pain_generator=life.pain_generator,
            enrolled_on=life.enrolled_on,
            index_date=treated_on,
            age=life.age,
            bmi=life.bmi,
            opioid_use=life.opioid_use,
            smoking=life.smoking,
        )
        self._keep(episode)
        for day, product in life.treatments:
            self._keep(Treatment(**own, episode_id=episode.id, on_date=day, product=product, state="done"))
        if life.ending:
            kind, day = life.ending
            ending = Ending(clinic_id=self.clinic_id, episode_id=episode.id, kind=kind, on_date=day, recorded_at=began)
            self._keep(ending)
        for planned in plan_visits(treated_on, life.enrolled_on, self.protocol.timepoints, ZONE):
            self._visit(episode, planned, life.replies.get(planned.timepoint))
        return episode

    def _patient(self, life: Life) -> Patient:
        number = next(_numbers)
        patient = Patient(
            clinic_id=self.clinic_id,
            id=uuid7(),
            number=number,
            chart_number_enc=b"x",
            chart_number_index=f"{life.chart_number}-{number}".encode(),
            first_name_enc=b"x",
            surname_enc=b"x",
            surname_index=b"x",
            sex=life.sex,
            language="en",
            time_zone=ZONE.key,
            channel="none",
            created_at=_noon(life.enrolled_on),
        )
        self._keep(patient)
        own = {"clinic_id": self.clinic_id, "patient_id": patient.id, "given_at": patient.created_at}
        self._keep(
            Consent(**own, kind="research", version="1", text_hash="x", language="en")
        )  # the registry counts them
        return patient

    def _visit(self, episode: Episode, planned: PlannedVisit, reply: Reply | None) -> None:
        sent_at = planned.opens_at + timedelta(days=reply.days_after_opening, hours=9) if reply else None
        visit = Visit(
            clinic_id=self.clinic_id,
            id=uuid7(),
            episode_id=episode.id,
            timepoint=planned.timepoint,
            due_on=planned.due_on,
            opens_at=planned.opens_at,
            closes_at=planned.closes_at,
            submitted_at=sent_at,
        )
        self._keep(visit)
        if reply and sent_at:
            for instrument, levels in reply.levels.items():
                self._response(visit, instrument, dict(levels), reply.mode, sent_at)

    def _response(self, visit: Visit, instrument: str, levels: dict[str, int], mode: str, at: datetime) -> None:
        response = Response(
            clinic_id=self.clinic_id,
            id=uuid7(),
            visit_id=visit.id,
            instrument=instrument,
            mode=mode,
            language="en",
            wording_hash="x",
            started_at=at,
            finalised_at=at,
            finality="submitted",
        )
        self._keep(response)
        self._answered.append((response, levels))

    def _keep(self, row: Base) -> None:
        self._rows[type(row)].append(row)


def lay(engine: Engine, clinic_id: UUID, lives: Iterable[Life], protocol: str = "trial") -> None:
    """Add lives to a clinic in a transaction of its own."""
    with clinic_scope(clinic_id), Session(engine) as session:
        Study(session, clinic_id, protocol).add_all(lives)
        session.commit()


def nrs(active: int) -> Reply:
    """A reply with both pains and nothing else."""
    return Reply({"nrs11": {"active": active, "resting": active}})


def life(number: int, arm: str = "bmc", **changes: object) -> Life:
    """A treated patient whose pain falls from 7 to 3 at every visit, with changes."""
    facts: dict[str, object] = {
        "chart_number": f"T-{number}",
        "arm": arm,
        "pain_generator": "degeneration",
        "enrolled_on": BEGIN,
        "treatments": ((BEGIN + timedelta(days=10), "bone_marrow_concentrate"),),
        "replies": {"baseline": nrs(7), "m3": nrs(3), "m12": nrs(3)},
        "age": 50,
        "sex": "female",
    }
    return Life(**{**facts, **changes})  # type: ignore[arg-type]


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def new_id() -> UUID:
    """An identifier nobody has."""
    return uuid7()
