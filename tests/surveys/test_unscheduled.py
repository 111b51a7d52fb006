"""A patient comes by: the questionnaire is the open visit's, else one that belongs to the nearest and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.answering.battery import screens_of
from surveys.db import clinic_session
from surveys.models import Clinic, Episode, Message, Visit
from surveys.pathway import episodes
from surveys.pathway.closing import close_windows
from surveys.pathway.episode_plan import visits_of
from surveys.pathway.unscheduled import belongs_to, questionnaire_now
from surveys.protocols.loading import bundled_protocols
from tests.outbox.follow_up import Site, Story, enrol, open_site

BEGIN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def opened(app: Flask) -> Iterator[tuple[Session, Site, UUID]]:
    """A patient enrolled and treated on 2 March; nothing is committed after that."""
    with app.app_context():
        site = open_site(BEGIN)
        with clinic_session(site.clinic_id) as session:
            _patient, episode = enrol(session, site, Story("p", BEGIN.date(), BEGIN.date()), now=BEGIN)
            session.commit()
            yield session, site, episode.id


def ask(opened: tuple[Session, Site, UUID], now: datetime) -> Visit:
    session, _site, episode_id = opened
    return questionnaire_now(session, session.get_one(Episode, episode_id), actor=SYSTEM, now=now)


def test_it_is_the_visit_whose_window_is_open(opened: tuple[Session, Site, UUID]) -> None:
    assert ask(opened, BEGIN + timedelta(days=30)).timepoint == "m1"


@pytest.mark.parametrize(("day", "nearest"), [(4, "baseline"), (10, "w2"), (22, "w2"), (55, "m1"), (70, "m3")])
def test_between_windows_it_belongs_to_the_nearest(opened: tuple[Session, Site, UUID], day: int, nearest: str) -> None:
    session, _site, episode_id = opened
    visit = ask(opened, BEGIN + timedelta(days=day))
    assert visit.timepoint == "unscheduled-1"
    found = belongs_to(visit, visits_of(session, episode_id))
    assert found
    assert found.timepoint == nearest


def test_asked_twice_it_is_one_and_a_week_later_another(opened: tuple[Session, Site, UUID]) -> None:
    first = ask(opened, BEGIN + timedelta(days=48))
    assert ask(opened, BEGIN + timedelta(days=50)).id == first.id
    assert ask(opened, BEGIN + timedelta(days=56)).timepoint == "unscheduled-2"


def test_nothing_is_sent_about_it_and_planning_anew_leaves_it(opened: tuple[Session, Site, UUID]) -> None:
    session, site, episode_id = opened
    now = BEGIN + timedelta(days=48)
    visit = ask(opened, now)
    clinic = session.get_one(Clinic, site.clinic_id)
    episodes.replan(session, clinic, session.get_one(Episode, episode_id), now=now)
    assert session.scalars(select(Message).where(Message.visit_id == visit.id)).all() == []
    assert visit.cancelled_at is None
    assert screens_of(bundled_protocols()["spine"], visit.timepoint)


def test_its_window_closes_like_any_other(opened: tuple[Session, Site, UUID]) -> None:
    session, site, _episode_id = opened
    visit = ask(opened, BEGIN + timedelta(days=48))
    close_windows(session, session.get_one(Clinic, site.clinic_id), now=BEGIN + timedelta(days=60))
    session.refresh(visit)
    assert visit.closed_at is not None


def test_after_an_answer_in_the_window_it_is_a_new_one(opened: tuple[Session, Site, UUID]) -> None:
    session, _site, _episode_id = opened
    now = BEGIN + timedelta(days=30)
    session.execute(update(Visit).where(Visit.timepoint == "m1").values(submitted_at=now))
    assert ask(opened, now).timepoint == "unscheduled-1"


def test_after_an_ending_it_is_refused_with_what_to_do(opened: tuple[Session, Site, UUID]) -> None:
    session, site, episode_id = opened
    clinic, episode = session.get_one(Clinic, site.clinic_id), session.get_one(Episode, episode_id)
    now, day = BEGIN + timedelta(days=30), BEGIN.date()
    episodes.record_ending(session, clinic, episode, "died", day, reason=None, actor=SYSTEM, now=now)
    with pytest.raises(episodes.EpisodeError, match="Take the ending back"):
        ask(opened, now)
