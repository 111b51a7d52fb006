"""When planned messages fall due and may go, over DST changes and in quiet hours (T12); expected instants by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask import current_app
from sqlalchemy import select

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.db import clinic_session
from surveys.models import Clinic, Message, Visit
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic

STEPS = ("invitation", "reminder_1", "reminder_2", "reminder_3")


def enrolled(zone: str, day: date) -> UUID:
    """Return the clinic of one patient in the zone, whose baseline opens on the day and stays open."""
    made = make_clinic(time_zone=zone)
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    with clinic_session(made.id) as session:
        clinic = session.get_one(Clinic, made.id)
        row = protocol_store.load(session, made.id, bundled_protocols()["spine"].source, "spine.toml", now=now)
        details = PatientDetails("C-1", "Ana", "Ruiz", "ana@patients.example", time_zone=zone)
        vault, allowed = current_app.extensions["vault"], frozenset({"contact_email"})
        patient = add_patient(session, vault, clinic, details, allowed, actor=SYSTEM, now=now)
        open_episode(session, clinic, patient, row, EpisodeDetails("treated", "facet", day), actor=SYSTEM, now=now)
        session.commit()
    return made.id


def due(clinic_id: UUID) -> list[datetime]:
    with clinic_session(clinic_id) as session:
        return list(session.scalars(select(Message.due_at).where(Message.step.in_(STEPS)).order_by(Message.due_at)))


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        # summer time begins on 29 March 2026: 09:00 is one hour earlier from then on
        ("Europe/London", date(2026, 3, 27), [utc(3, 27, 9), utc(3, 30, 8), utc(4, 3, 8), utc(4, 10, 8)]),
        # and ends on 1 November 2026
        ("America/Denver", date(2026, 10, 30), [utc(10, 30, 15), utc(11, 2, 16), utc(11, 6, 16), utc(11, 13, 16)]),
        # half an hour of daylight saving, ending on 5 April 2026
        (
            "Australia/Lord_Howe",
            date(2026, 4, 4),
            [utc(4, 3, 22), utc(4, 6, 22, 30), utc(4, 10, 22, 30), utc(4, 17, 22, 30)],
        ),
        # no change at all, a quarter of an hour off
        (
            "Asia/Kathmandu",
            date(2026, 3, 27),
            [utc(3, 27, 3, 15), utc(3, 30, 3, 15), utc(4, 3, 3, 15), utc(4, 10, 3, 15)],
        ),
    ],
)
def test_messages_fall_due_at_nine_on_the_patients_clock(zone: str, day: date, expected: list[datetime]) -> None:
    assert due(enrolled(zone, day)) == expected


@pytest.mark.parametrize(
    ("now", "goes_at"),
    [
        (utc(3, 28, 8, 59), utc(3, 28, 9)),  # a minute early
        (utc(3, 28, 17, 59), None),
        (utc(3, 28, 18), utc(3, 29, 8)),  # after the last moment; the next morning is in summer time
        (utc(3, 28, 23, 30), utc(3, 29, 8)),
        (utc(3, 29, 8), None),
        (utc(3, 29, 17), utc(3, 30, 8)),  # 18:00 in London
    ],
)
def test_a_message_waits_for_the_patients_daytime(now: datetime, goes_at: datetime | None) -> None:
    clinic_id = enrolled("Europe/London", date(2026, 3, 27))
    with clinic_session(clinic_id) as session:
        message = session.scalars(select(Message).where(Message.step == "invitation")).one()
        refusal = outbox.eligibility(outbox.situation(session, message, now=now), now=now)
    assert (refusal.until if refusal else None) == goes_at
    assert refusal is None or refusal.reason == "quiet_hours"


def test_a_message_claimed_in_the_evening_goes_in_the_morning_and_once() -> None:
    clinic_id = enrolled("Europe/London", date(2026, 3, 28))
    evening, morning = utc(3, 28, 19), utc(3, 29, 8)
    assert [begun(clinic_id, now) for now in (evening, morning - timedelta(minutes=1), morning, morning)] == [
        0,
        0,
        1,
        0,
    ]


def begun(clinic_id: UUID, now: datetime) -> int:
    """Claim and begin what is due; return how many would be handed over."""
    with clinic_session(clinic_id) as session:
        claims = outbox.claim(session, 10, now=now)
        sendable = [mine for mine in claims if outbox.begin_sending(session, mine, now=now)]
        session.commit()
        assert session.scalars(select(Visit.closed_at)).one() is None
    return len(sendable)
