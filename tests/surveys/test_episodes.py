"""Visits stay in step with treatments and endings: nothing orphaned, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.links import issue_link
from surveys.db import clinic_session
from surveys.models import AuditEvent, Clinic, Consent, Episode, Message, Patient, PatientLink, Treatment, Visit
from surveys.pathway import episodes
from surveys.pathway.endings import record_ending, revoke_ending
from surveys.pathway.episode_plan import visits_of
from surveys.pathway.episodes import EpisodeDetails, EpisodeError, TreatmentDetails
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import BEGINNING, make_clinic

NOW = BEGINNING  # 5 January 2026
TODAY = NOW.date()


@dataclass
class Story:
    """One patient of one clinic, and the acts upon the episode."""

    session: Session
    clinic: Clinic
    patient: Patient
    episode: Episode

    def plan(self, on: date, now: datetime = NOW, product: str = "prp") -> Treatment:
        details = TreatmentDetails(on, product)
        return episodes.plan_treatment(self.session, self.clinic, self.episode, details, actor=SYSTEM, now=now)

    def done(self, on: date, product: str = "prp") -> Treatment:
        """Plan and confirm a treatment on its own day."""
        now = datetime.combine(on, NOW.timetz())
        treatment = self.plan(on, now, product)
        self.settle(treatment, "done", now)
        return treatment

    def settle(self, treatment: Treatment, state: str, now: datetime, on: date | None = None) -> None:
        episodes.settle_treatment(self.session, self.clinic, treatment, state, on_date=on, actor=SYSTEM, now=now)

    def end(self, kind: str, now: datetime = NOW) -> None:
        end = record_ending(
            self.session, self.clinic, self.episode, kind, now.date(), reason=None, actor=SYSTEM, now=now
        )
        self.ending = end

    def revoke(self, now: datetime) -> None:
        revoke_ending(self.session, self.clinic, self.ending, actor=SYSTEM, now=now)

    def live(self) -> dict[str, Visit]:
        visits = visits_of(self.session, self.episode.id)
        return {visit.timepoint: visit for visit in visits if visit.cancelled_at is None}

    def messages(self, state: str) -> int:
        rows = select(func.count()).select_from(Message).join(Visit, Visit.id == Message.visit_id)
        return self.session.scalar(rows.where(Visit.episode_id == self.episode.id, Message.state == state)) or 0


def begin(session: Session, *, index: str = "first", arm: str = "treated") -> Story:
    """Enrol a patient in a protocol whose index date is the first or the last treatment."""
    clinic = session.scalars(select(Clinic)).one()
    source = bundled_protocols()["spine"].source.replace('index = "first"', f'index = "{index}"')
    row = protocol_store.load(session, clinic.id, source, "spine.toml", now=NOW)
    details = PatientDetails("C-1", "Ana", "Núñez", email="ana@example.org", time_zone="Europe/London")
    vault = current_app.extensions["vault"]
    allowed = frozenset({"contact_email"})
    patient = add_patient(session, vault, clinic, details, allowed, actor=SYSTEM, now=NOW)
    opened = EpisodeDetails(arm, "disc_herniation", TODAY)
    episode = episodes.open_episode(session, clinic, patient, row, opened, actor=SYSTEM, now=NOW)
    return Story(session, clinic, patient, episode)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context(), clinic_session(make_clinic().id) as opened:
        yield opened


def test_enrolling_opens_the_baseline_now_and_nothing_else(session: Session) -> None:
    story = begin(session)
    assert list(story.live()) == ["baseline"]
    baseline = story.live()["baseline"]
    assert baseline.opens_at <= NOW < baseline.closes_at
    assert story.messages("planned") > 0


def test_the_baseline_closes_with_the_planned_treatment_and_follow_ups_wait(session: Session) -> None:
    story = begin(session)
    story.plan(TODAY + timedelta(days=10))
    assert list(story.live()) == ["baseline"]
    assert story.live()["baseline"].closes_at == datetime(2026, 1, 16, tzinfo=UTC)


def test_a_treatment_put_off_opens_the_baseline_again(session: Session) -> None:
    story = begin(session)
    treatment = story.plan(TODAY + timedelta(days=2))
    story.live()["baseline"].closed_at = later = NOW + timedelta(days=4)
    story.settle(treatment, "cancelled", later)
    assert story.live()["baseline"].closed_at is None
    assert story.live()["baseline"].closes_at > later


def test_a_treatment_confirmed_done_plans_every_follow_up(session: Session) -> None:
    story = begin(session)
    story.done(date(2026, 1, 31))
    live = story.live()
    assert story.episode.index_date == date(2026, 1, 31)
    assert live["m1"].due_on == date(2026, 2, 28)
    assert {"baseline", "w2", "m1", "m3", "m6", "m12", "y2", "y3"} <= set(live)


def test_a_treatment_cannot_be_done_tomorrow(session: Session) -> None:
    story = begin(session)
    treatment = story.plan(TODAY + timedelta(days=1))
    with pytest.raises(EpisodeError):
        story.settle(treatment, "done", NOW)


def test_four_treatments_in_146_days_give_one_live_schedule(session: Session) -> None:
    story = begin(session, index="last")
    for day in (0, 40, 90, 146):
        story.done(TODAY + timedelta(days=day))
    last = TODAY + timedelta(days=146)
    visits = visits_of(session, story.episode.id)
    assert story.episode.index_date == last
    assert len({visit.timepoint for visit in visits}) == len(visits)
    assert story.live()["m6"].due_on == date(2026, 11, 30)
    assert story.live()["m12"].due_on == date(2027, 5, 31)


def test_what_opens_after_a_planned_last_treatment_waits_for_it(session: Session) -> None:
    story = begin(session, index="last")
    story.done(TODAY)
    again = story.plan(TODAY + timedelta(days=40))
    assert set(story.live()) == {"baseline", "w2", "m1"}
    story.settle(again, "cancelled", NOW + timedelta(days=41))
    assert "m12" in story.live()
    assert story.live()["m3"].due_on == date(2026, 4, 5)


def test_a_repeat_treatment_moves_nothing_where_the_first_one_counts(session: Session) -> None:
    story = begin(session)
    story.done(TODAY)
    before = story.live()["m12"].due_on
    story.done(TODAY + timedelta(days=60))
    assert story.live()["m12"].due_on == before


def test_the_conventional_arm_counts_from_its_decision(session: Session) -> None:
    story = begin(session, arm="conventional")
    story.done(TODAY, product="conventional")
    story.done(TODAY + timedelta(days=9), product="prp")
    assert story.episode.index_date == TODAY


def test_correcting_the_index_date_moves_what_has_not_opened(session: Session) -> None:
    story = begin(session)
    story.done(TODAY)
    now = NOW + timedelta(days=30)
    m1 = story.live()["m1"].opens_at
    episodes.correct_index_date(
        session, story.clinic, story.episode, date(2026, 1, 12), reason="typed wrongly", actor=SYSTEM, now=now
    )
    assert story.live()["m1"].opens_at == m1
    assert story.live()["m3"].due_on == date(2026, 4, 12)


def test_an_index_date_needs_a_treatment(session: Session) -> None:
    story = begin(session)
    with pytest.raises(EpisodeError):
        episodes.correct_index_date(session, story.clinic, story.episode, TODAY, reason="", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("kind", ["follow_up_stopped", "consent_withdrawn", "died", "lost"])
def test_an_ending_cancels_what_has_not_opened_and_taking_it_back_revives_it(session: Session, kind: str) -> None:
    story = begin(session)
    story.done(TODAY)
    before = {code: visit.opens_at for code, visit in story.live().items()}
    story.end(kind, NOW + timedelta(days=1))
    assert set(story.live()) == {"baseline"}
    assert story.messages("planned") == 0
    story.revoke(NOW + timedelta(days=2))
    assert {code: visit.opens_at for code, visit in story.live().items()} == before


def test_stopping_reminders_cancels_messages_only(session: Session) -> None:
    story = begin(session)
    story.done(TODAY)
    before = set(story.live())
    story.end("reminders_stopped")
    assert set(story.live()) == before
    assert story.messages("planned") == 0


def test_withdrawing_consent_ends_consents_and_links(session: Session) -> None:
    story = begin(session)
    issue_link(session, story.live()["baseline"], now=NOW)
    story.end("consent_withdrawn")
    assert session.scalar(select(func.count()).where(Consent.withdrawn_at.is_(None))) == 0
    assert session.scalar(select(func.count()).where(PatientLink.revoked_at.is_(None))) == 0


def test_planning_again_changes_nothing(session: Session) -> None:
    story = begin(session)
    story.done(TODAY)
    before = {visit.id: (visit.opens_at, visit.cancelled_at) for visit in visits_of(session, story.episode.id)}
    planned = story.messages("planned")
    episodes.replan(session, story.clinic, story.episode, now=NOW)
    assert {v.id: (v.opens_at, v.cancelled_at) for v in visits_of(session, story.episode.id)} == before
    assert story.messages("planned") == planned


def test_an_unknown_arm_is_refused(session: Session) -> None:
    story = begin(session)
    row = protocol_store.get(session, story.episode.protocol_id)
    wrong = replace(EpisodeDetails("treated", "facet", TODAY), arm="placebo")
    with pytest.raises(EpisodeError):
        episodes.open_episode(session, story.clinic, story.patient, row, wrong, actor=SYSTEM, now=NOW)


def test_every_act_leaves_an_audit_row_without_personal_values(session: Session) -> None:
    story = begin(session)
    story.done(TODAY)
    story.end("died")
    events = session.scalars(select(AuditEvent)).all()
    acts = {event.action for event in events}
    assert acts >= {"patient_added", "consent_given", "episode_opened", "treatment_planned", "treatment_done"}
    assert acts >= {"index_date_set", "ending_recorded"}
    assert not any("Núñez" in f"{e.old}{e.new}{e.reason}" or "ana@" in f"{e.old}{e.new}" for e in events)
