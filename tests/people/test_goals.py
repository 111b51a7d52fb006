"""A patient's own goal: sealed, rated, replaced, and emptied when the person is erased."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.db import app_now
from surveys.models import AuditEvent, Clinic, Episode, Goal, GoalRating, Patient, Staff, Visit
from surveys.pathway.endings import end_participation
from surveys.people.goals import GoalDayError, ReplacedGoalError, goals_of, rate_goal, set_goal, standing_goal
from surveys.people.holding import ClosedRecordError
from surveys.privacy.erasure import erase
from tests.patients import Invited, invite, seen_by

WORDS = "Walk to Saint-Malo and back"


class Interview:
    """A clinician with a patient whose goal is taken down."""

    def __init__(self, app: Flask, session: Session, invited: Invited) -> None:
        vault = app.extensions["vault"]
        assert isinstance(vault, Vault)
        self.session, self.vault, self.now = session, vault, app_now(session)
        self.day = self.now.date()
        self.visit = session.get_one(Visit, invited.visit_id)
        self.episode = session.get_one(Episode, self.visit.episode_id)
        self.patient = session.get_one(Patient, invited.patient_id)
        staff: UUID = session.scalars(select(Staff.id).where(Staff.role == "clinician")).one()
        self.actor = Actor("staff", staff)

    def set(self, words: str = WORDS) -> Goal:
        return set_goal(self.session, self.vault, self.episode, words, on=self.day, actor=self.actor, now=self.now)

    def rate(self, goal: Goal, rating: int, days: int = 0) -> GoalRating:
        on = self.day + timedelta(days=days)
        return rate_goal(self.session, goal, rating, on=on, mode="interview", actor=self.actor, now=self.now)


def test_the_words_are_sealed_in_the_row_and_in_the_audit(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        talk = Interview(app, session, invited)
        goal = talk.set()
        assert goal.words_enc is not None
        assert b"Malo" not in goal.words_enc
        assert [each.words for each in goals_of(session, talk.vault, talk.episode.id)] == [WORDS]
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "goal_set")).one()
        assert set(event.new or {}) == {"words"}
        assert "Malo" not in str(event.new)


def test_the_newest_rating_of_a_day_counts_and_belongs_to_the_open_visit(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        talk = Interview(app, session, invited)
        goal = talk.set()
        first, second = talk.rate(goal, 3), talk.rate(goal, 4)
        assert [each.rating for each in goals_of(session, talk.vault, talk.episode.id)[0].ratings] == [4]
        assert first.visit_id == second.visit_id == talk.visit.id


def test_another_goal_ends_the_one_that_stood_and_the_same_words_change_nothing(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        talk = Interview(app, session, invited)
        first = talk.set()
        assert talk.set().id == first.id
        second = talk.set("Sleep through the night")
        assert first.ended_on == talk.day
        standing = standing_goal(session, talk.episode.id)
        assert standing is not None
        assert standing.id == second.id
        with pytest.raises(ReplacedGoalError):
            talk.rate(first, 5)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_day_before_the_goal_or_one_to_come_is_refused(app: Flask, days: int) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        talk = Interview(app, session, invited)
        with pytest.raises(GoalDayError):
            talk.rate(talk.set(), 5, days)


def test_erasing_the_person_empties_the_words_and_keeps_the_ratings(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        talk = Interview(app, session, invited)
        talk.rate(talk.set(), 7)
        clinic = session.get_one(Clinic, invited.clinic_id)
        told = {"actor": talk.actor, "now": talk.now}
        end_participation(session, clinic, talk.patient, talk.day, reason=None, **told)  # type: ignore[arg-type]
        session.flush()
        erase(session, talk.vault, clinic, talk.patient, cause="request", reason="asked for it", **told)  # type: ignore[arg-type]
        known = goals_of(session, talk.vault, talk.episode.id)
        assert [(each.words, [rating.rating for rating in each.ratings]) for each in known] == [(None, [7])]
        with pytest.raises(ClosedRecordError):
            talk.set("Another")
