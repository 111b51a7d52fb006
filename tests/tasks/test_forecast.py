"""The preview of a day is what the time machine then sends on it: to whom, which steps, by which channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Episode, Message, Patient, StaffTask, Visit
from surveys.outbox.forecast import foresee
from surveys.outbox.kept_back import kept_back, without_visit
from surveys.pathway import episodes
from surveys.schedule import local_date
from tasks.commands import advance
from tests.outbox.follow_up import Site, Story, alone_at, another_episode, fill, open_site
from tests.servers.postbox import Postbox

BEGIN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
CLOSED = (date(2026, 3, 20), date(2026, 4, 3), date(2026, 4, 6))  # the last two: Easter
ZONES = ("UTC", "Europe/Madrid", "America/Denver", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati")
Sent = tuple[int, str, str, str]  # patient number, timepoint, step, channel


@pytest.fixture
def alone(own_database: dict[str, str], monkeypatch: pytest.MonkeyPatch, postbox: Postbox) -> Iterator[Flask]:
    assert postbox.messages == []
    with alone_at(own_database, monkeypatch, BEGIN) as app:
        yield app


def filled() -> Site:
    """Twelve patients of several weeks and zones, some with a second episode, a pause, an ending or no channel."""
    site = open_site(BEGIN, weekends=False, holidays=CLOSED)
    stories = [
        Story(f"p{number}", day, day, zone=ZONES[number % len(ZONES)], channel="none" if number % 7 == 3 else "email")
        for number in range(10)
        for day in [BEGIN.date() - timedelta(days=4 * number)]
    ]
    stories += [Story("waiting", BEGIN.date()), Story("silent", BEGIN.date(), permissions=frozenset())]
    ids = fill(site, stories, now=BEGIN)
    with clinic_session(site.clinic_id) as session:
        session.get_one(Patient, ids["p1"]).paused_until = BEGIN + timedelta(days=18)
        session.get_one(Patient, ids["p2"]).paused_until = BEGIN + timedelta(days=40)
        for who, ago in (("p4", 8), ("p5", 12)):
            day = BEGIN.date() - timedelta(days=ago)
            patient = session.get_one(Patient, ids[who])
            another_episode(session, site, patient, Story(who, day, day), now=BEGIN)
        end(session, site, ids["p6"])
        session.commit()
    return site


def end(session: object, site: Site, patient_id: UUID) -> None:
    clinic = session.get_one(Clinic, site.clinic_id)  # type: ignore[attr-defined]
    episode = session.scalars(select(Episode).where(Episode.patient_id == patient_id)).one()  # type: ignore[attr-defined]
    kind, day = "follow_up_stopped", BEGIN.date()
    episodes.record_ending(session, clinic, episode, kind, day, reason=None, actor=SYSTEM, now=BEGIN)  # type: ignore[arg-type]


def previewed(site: Site, day: date) -> set[Sent]:
    with clinic_session(site.clinic_id) as session:
        before = session.scalar(select(func.count()).select_from(Message).where(Message.state == "planned"))
        going = foresee(session, session.get_one(Clinic, site.clinic_id), day, now=app_now(session))
        assert session.scalar(select(func.count()).select_from(Message).where(Message.state == "planned")) == before
        session.rollback()
        return {(each.patient.number, part.timepoint, part.step, each.channel) for each in going for part in each.parts}


def sent(site: Site, day: date) -> set[Sent]:
    """What has gone on the day of each patient's own calendar."""
    wanted = (
        select(Patient.number, Patient.time_zone, Visit.timepoint, Message.step, Message.channel, Message.settled_at)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Message.state == "sent", Message.settled_at.is_not(None))
    )
    with clinic_session(site.clinic_id) as session:
        return {
            (number, timepoint, step, channel)
            for number, zone, timepoint, step, channel, at in session.execute(wanted)
            if at and local_date(at, ZoneInfo(zone)) == day
        }


def test_the_preview_of_a_day_is_what_the_time_machine_then_sends(alone: Flask, postbox: Postbox) -> None:
    assert alone
    site = filled()
    days = [BEGIN.date() + timedelta(days=ahead) for ahead in (1, 2, 5, 7, 11, 14)]
    foreseen = {day: previewed(site, day) for day in days}
    for _moment, _settled in advance(0, 15):
        pass
    assert {day: sent(site, day) for day in days} == foreseen
    assert sum(map(len, foreseen.values())) >= 10
    mailed = {day for day in days if any(each[3] == "email" for each in foreseen[day])}
    assert [day for day in mailed if day.weekday() > 4 or day in CLOSED] == []
    assert len(postbox.message_ids()) == len(set(postbox.message_ids())) > 0


def test_who_gets_nothing_is_told_why(alone: Flask) -> None:
    assert alone
    site, day = filled(), BEGIN.date() + timedelta(days=3)
    with clinic_session(site.clinic_id) as session:
        clinic, now = session.get_one(Clinic, site.clinic_id), app_now(session)
        going = {each.patient.id for each in foresee(session, clinic, day, now=now)}
        kept = kept_back(session, clinic, day, going, now=now)
        reasons = {each.reason for each in kept}
        others = without_visit(session, clinic, going | {each.patient.id for each in kept})
        everyone = session.scalar(select(func.count()).select_from(Patient))
        assert session.scalar(select(func.count()).select_from(StaffTask)) == 0
    assert {"paused", "ended", "nothing_due", "no_permission"} <= reasons
    assert len(going) + len({each.patient.id for each in kept}) + others == everyone
