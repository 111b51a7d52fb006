"""What opioids a patient takes, as staff record it: whole statements of a day, corrected by newer ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.opioids import DailyDose, Obstacle, Prescription, mme_per_day, obstacles
from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Episode, OpioidDose, Patient
from surveys.people.holding import hold_living
from surveys.schedule import local_date

FIRST_YEAR = 1990
UNCOUNTED = ("dihydrocodeine", "levorphanol", "meperidine", "pentazocine", "tilidine", "another opioid")
PATCH = "transdermal"


class StatementError(ValueError):
    """What was to be recorded cannot be so."""


class StatementDayError(StatementError):
    """A day before 1990 or one that has not come."""


class NothingToTakeBackError(StatementError):
    """No statement of that day stands."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that was said to be taken on a day; ``says`` and the lines as in ``surveys.models.OpioidDose``."""

    on_date: date
    says: str
    recorded_at: datetime
    lines: tuple[Prescription, ...]

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why it comes to no dose."""
        return obstacles(self.lines)

    @property
    def dose(self) -> DailyDose:
        """MME a day by the factors in use, 0 where none is taken, None where it cannot be told or was taken back."""
        return mme_per_day(None if self.says == "withdrawn" else self.lines)


def record_opioids(
    session: Session,
    episode: Episode,
    lines: Sequence[Prescription],
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Record what is taken on a day, nothing where ``lines`` is empty; it stands in place of an earlier statement.

    Raises AnswerError at a dose beyond anything plausible, StatementDayError, and ClosedRecordError where the person
    was erased or the record merged.
    """
    mme_per_day(lines)
    _add(session, episode, lines, "takes" if lines else "none", on=on, actor=actor, now=now)


def withdraw_opioids(session: Session, episode: Episode, *, on: date, actor: Actor, now: datetime) -> None:
    """Take back what was recorded of a day: it was not so, and what was so is not known.

    Raises NothingToTakeBackError, and otherwise as ``record_opioids``.
    """
    if on not in {each.on_date for each in statements_of(session, episode.id)}:
        raise NothingToTakeBackError
    _add(session, episode, (), "withdrawn", on=on, actor=actor, now=now)


def _add(
    session: Session,
    episode: Episode,
    lines: Sequence[Prescription],
    says: str,
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> None:
    patient = session.get_one(Patient, episode.patient_id)
    hold_living(session, patient)
    if on.year < FIRST_YEAR or on > local_date(now, ZoneInfo(patient.time_zone)):
        raise StatementDayError
    if actor.staff_id is None:
        raise StatementError("What opioids are taken is recorded by staff.")
    statement = uuid7()
    rows = [
        OpioidDose(
            clinic_id=episode.clinic_id,
            id=uuid7(),
            episode_id=episode.id,
            statement_id=statement,
            on_date=on,
            says=says,
            recorded_at=now,
            recorded_by=actor.staff_id,
            **line,
        )
        for line in ([_columns(each) for each in lines] or [{}])
    ]
    session.add_all(rows)
    session.flush()
    act = "opioids_withdrawn" if says == "withdrawn" else "opioids_recorded"
    what = {"on_date": on.isoformat(), "says": says, "drugs": ", ".join(each.drug for each in lines)}
    record(session, episode.clinic_id, actor, act, ("opioid_dose", rows[0].id), now=now, new=what)


def _columns(line: Prescription) -> dict[str, str | float | bool | None]:
    return {
        "drug": line.drug,
        "route": line.route,
        "unit": line.unit,
        "amount": line.amount,
        "times_a_day": line.times_a_day,
        "as_needed": line.as_needed,
    }


def statements_of(session: Session, episode_id: UUID) -> list[Statement]:
    """The statements of an episode that stand, the newest day first."""
    rows = session.scalars(select(OpioidDose).where(OpioidDose.episode_id == episode_id)).all()
    return sorted(standing(rows), key=lambda each: each.on_date, reverse=True)


def standing(rows: Iterable[OpioidDose]) -> list[Statement]:
    """What stands of one episode's rows: the newest statement of each day, unless that takes it back."""
    in_order = sorted(rows, key=lambda row: (row.recorded_at, row.statement_id, row.id))
    of_day: dict[date, list[OpioidDose]] = {}
    for row in in_order:
        if row.on_date in of_day and of_day[row.on_date][0].statement_id == row.statement_id:
            of_day[row.on_date].append(row)
        else:
            of_day[row.on_date] = [row]
    return [_statement(same) for same in of_day.values() if same[0].says != "withdrawn"]


def _statement(rows: Sequence[OpioidDose]) -> Statement:
    lines = tuple(_line(row) for row in rows if row.drug is not None)
    return Statement(rows[0].on_date, rows[0].says, rows[0].recorded_at, lines)


def _line(row: OpioidDose) -> Prescription:
    return Prescription(
        row.drug or "", row.route or "", row.unit or "", row.amount, row.times_a_day, as_needed=bool(row.as_needed)
    )
