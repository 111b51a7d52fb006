"""Opioids that synthetic patients take, recorded by the coordinator at enrolment and at calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from scoring.opioids import Prescription
from surveys.access.chain.audit import Actor
from surveys.demo.lives import Life
from surveys.models import Episode
from surveys.people.opioid_statements import record_opioids

Act = Callable[[datetime], None]
Taken = tuple[tuple[date, tuple[Prescription, ...]], ...]
ASKED_AFTER = (95, 370)  # days from the treatment
COUNTED = (
    Prescription("tramadol", "oral", "mg", 100, 2),
    Prescription("tramadol", "oral", "mg", 50, 3),
    Prescription("oxycodone", "oral", "mg", 10, 2),
    Prescription("morphine", "oral", "mg", 15, 2),
    Prescription("fentanyl", "transdermal", "mcg/h", 25, 1),
)
UNCOUNTED = (
    Prescription("buprenorphine", "transdermal", "mcg/h", 10, 1),
    Prescription("oxycodone", "oral", "mg", 5, None, as_needed=True),
    Prescription("codeine", "oral", "mg", None, 3),
)


def opioids_taken(chart_number: str, enrolled_on: date, treated_on: date, *, takes: bool, gain: float) -> Taken:
    """Return what is said at enrolment and later; the dose falls with ``gain``, points of the ODI.

    One in five is never asked, and one in five who take something takes what comes to no dose.
    """
    rng = random.Random(f"opioids {chart_number}")  # noqa: S311 - not for secrets
    drug = rng.choice(UNCOUNTED if rng.random() < 0.2 else COUNTED)
    if rng.random() < 0.2:
        return ()
    said: list[tuple[date, tuple[Prescription, ...]]] = [(enrolled_on, (drug,) if takes else ())]
    for days in ASKED_AFTER:
        share = max(0.0, min(1.5, 1 - gain / 30 + rng.gauss(0, 0.2)))
        if rng.random() < 0.85:
            said.append((treated_on + timedelta(days=days), _less(drug, share) if takes else ()))
    return tuple(said)


def _less(drug: Prescription, share: float) -> tuple[Prescription, ...]:
    """The drug at a share of its dose, in steps of a half; none below a quarter. A patch stays or goes."""
    halves = round(2 * share)
    if not halves:
        return ()
    if drug.amount is None or drug.route != "oral":
        return (drug,)
    return (replace(drug, amount=drug.amount * halves / 2),)


def opioid_events(
    session: Session, episode: Episode, life: Life, *, coordinator: Actor
) -> Iterator[tuple[datetime, Act]]:
    """Yield when each statement is recorded, with the act; nobody is asked once follow-up has ended."""
    last = life.ending[1] if life.ending else date.max
    for day, lines in life.opioids:
        if day < last:
            yield datetime.combine(day, time(11), tzinfo=UTC), _recording(session, episode, lines, coordinator)


def _recording(session: Session, episode: Episode, lines: tuple[Prescription, ...], coordinator: Actor) -> Act:
    def act(now: datetime) -> None:
        record_opioids(session, episode, lines, on=now.date(), actor=coordinator, now=now)

    return act
