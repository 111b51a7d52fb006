"""Kept columns and the figures from them after changes of every kind, and while others are still changing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.answering.amending import amend
from surveys.answering.scoring_step import score_response
from surveys.db import clinic_scope, clinic_session, db, real_now, uuid7
from surveys.demo import replica
from surveys.models import Clinic, Ending, Endpoint, Episode, OutcomeChange, Patient, Response, Score, Treatment, Visit
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.columns.feed import KEPT, TRUSTED, forget
from surveys.outcomes.columns.serving import cohort_of
from surveys.outcomes.columns.statements import Wanted
from surveys.outcomes.columns.store import Store
from surveys.outcomes.dashboard import describe
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import load_cohort
from surveys.outcomes.sections import BY_CODE, OVERVIEW
from surveys.pathway.endings import record_ending
from surveys.privacy.merging import MergeError, merge
from surveys.protocols.loading import bundled_protocols
from tasks.retention import retain_clinic
from tests.factories import make_clinic
from tests.outcomes.columns_ways import assert_same, both, store_of
from tests.outcomes.study import BEGIN, LATER, Study, lay, life

TRIAL = bundled_protocols()["trial"]
SCALES = ("nrs_active", "odi")
LOOKS = (Filters("trial"), Filters("trial", arm="bmc", age_from=45), Filters("trial", mode="self", nth=1))
MOMENTS = (LATER, LATER - timedelta(days=700))
Act = Callable[[Session, random.Random], None]


@pytest.fixture(scope="module")
def clinic_id(app: Flask) -> Iterator[UUID]:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, list(replica.lives(BEGIN))[::4])
        yield clinic.id


@pytest.fixture
def forgetful(app: Flask) -> UUID:
    """A clinic whose feed a test may cut: nobody else's kept columns stand on it."""
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, list(replica.lives(BEGIN))[::8])
    return clinic.id


def one(session: Session, model: type, rng: random.Random) -> object:
    """A row of a table, any."""
    return rng.choice(session.scalars(select(model).order_by(model.id)).all())  # type: ignore[attr-defined]


def correct(session: Session, rng: random.Random) -> None:
    response = rng.choice(session.scalars(select(Response).where(Response.instrument == "nrs11")).all())
    level = rng.choice((None, 0, 5, 10))
    amend(session, response, "active", level, reason="typed wrongly", actor=SYSTEM, protocol=TRIAL, now=LATER)


def answer(session: Session, rng: random.Random) -> None:
    asked = select(Response.visit_id).where(Response.instrument == "nrs11")
    waiting = session.scalars(select(Visit).where(Visit.id.not_in(asked)).order_by(Visit.id)).all()
    if not waiting:
        return
    visit = rng.choice(waiting)
    at = visit.opens_at + timedelta(days=rng.choice((1, 300)))
    own = {"language": "en", "wording_hash": "x", "started_at": at, "finalised_at": at, "finality": "submitted"}
    response = Response(
        clinic_id=visit.clinic_id, id=uuid7(), visit_id=visit.id, instrument="nrs11", mode="paper", **own
    )
    session.add(response)
    session.flush()
    score_response(session, response, {"active": rng.randint(0, 10), "resting": 3}, TRIAL.value_set, now=at)
    visit.submitted_at = at


def leave(session: Session, rng: random.Random) -> None:
    episode, clinic = one(session, Episode, rng), session.scalars(select(Clinic)).one()
    assert isinstance(episode, Episode)
    kind = rng.choice(("lost", "died", "reminders_stopped"))
    record_ending(session, clinic, episode, kind, date(2024, 9, 1), reason=None, actor=SYSTEM, now=LATER)


def come_back(session: Session, rng: random.Random) -> None:
    if rng.random() < 0.5:
        session.execute(update(Ending).values(revoked_at=LATER))
    else:
        session.execute(delete(Ending))


def operate(session: Session, rng: random.Random) -> None:
    episode = one(session, Episode, rng)
    assert isinstance(episode, Episode)
    happened = {"on_date": BEGIN + timedelta(days=rng.randint(30, 400)), "details": {}, "recorded_at": LATER}
    session.add(Endpoint(clinic_id=episode.clinic_id, episode_id=episode.id, kind="surgery", **happened))


def tell(session: Session, rng: random.Random) -> None:
    """An events form that tells of an operation, or says that there was none, in time or long after."""
    told = select(Response.visit_id).where(Response.instrument == "events")
    later = select(Visit).where(Visit.id.not_in(told), Visit.timepoint != "baseline").order_by(Visit.id)
    visit = rng.choice(session.scalars(later).all())
    at = visit.opens_at + timedelta(days=rng.choice((1, 300)))
    own = {"language": "en", "wording_hash": "x", "started_at": at, "finalised_at": at, "finality": "submitted"}
    response = Response(
        clinic_id=visit.clinic_id, id=uuid7(), visit_id=visit.id, instrument="events", mode="self", **own
    )
    session.add(response)
    session.flush()
    answers = {"spine_operation": rng.randint(0, 1), "new_problem": 0}
    score_response(session, response, answers, TRIAL.value_set, now=at)


def treat(session: Session, rng: random.Random) -> None:
    treatment = one(session, Treatment, rng)
    assert isinstance(treatment, Treatment)
    treatment.state = rng.choice(("done", "cancelled"))
    treatment.total_nucleated_cells = rng.choice((None, 400.0))
    treatment.product = rng.choice(("prp", "bone_marrow_concentrate"))


def move(session: Session, rng: random.Random) -> None:
    visit = one(session, Visit, rng)
    assert isinstance(visit, Visit)
    visit.closes_at += timedelta(days=rng.choice((-5, 40, 900)))


def enrol(session: Session, rng: random.Random) -> None:
    episode = session.scalars(select(Episode).limit(1)).one()
    arm = rng.choice(("bmc", "conventional"))
    Study(session, episode.clinic_id).add(life(rng.randint(1000, 9999), arm, age=rng.randint(20, 80)))


def withhold(session: Session, rng: random.Random) -> None:
    patient = one(session, Patient, rng)
    assert isinstance(patient, Patient)
    patient.withheld_at = None if patient.withheld_at else LATER


def describe_anew(session: Session, rng: random.Random) -> None:
    episode = one(session, Episode, rng)
    assert isinstance(episode, Episode)
    episode.arm, episode.diagnosis, episode.bmi = rng.choice(("bmc", "conventional")), "M99.9", 33.3
    session.execute(update(Patient).where(Patient.id == episode.patient_id).values(sex="other", time_zone="Asia/Tokyo"))


def join(session: Session, rng: random.Random) -> None:
    clinic = session.scalars(select(Clinic)).one()
    kept, duplicate = rng.sample(session.scalars(select(Patient).order_by(Patient.id)).all(), 2)
    try:
        with session.begin_nested():
            merge(session, clinic, kept, duplicate, reason="the same person", actor=SYSTEM, now=LATER)
    except MergeError:
        session.expire_all()


ACTS: tuple[Act, ...] = (
    *(correct, answer, leave, come_back, operate, tell, treat, move),
    *(enrol, withhold, describe_anew, join),
)


def told(cohort: Cohort) -> list[object]:
    """All that the first page says of a cohort."""
    board = describe(cohort, sections=[BY_CODE[OVERVIEW]])
    figures = [
        (each.code, each.table.rows, each.data_hash, [len(group) for group in each.groups]) for each in board.figures
    ]
    return [*figures, board.enrolled, board.notices, [rate.numbers for rate in board.headline]]


@settings(max_examples=12)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=6), seed=st.integers(0, 2**32))
def test_after_any_changes_columns_and_figures_are_as_read_anew(
    app: Flask, clinic_id: UUID, acts: list[Act], seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    with app.test_request_context(), clinic_scope(clinic_id):
        for act in acts:
            with Session(db.engine) as session:
                told(both(session, TRIAL, LOOKS[0], SCALES, LATER)[0])  # tallies are kept, and have to follow
                session.rollback()
                act(session, rng)
                session.commit()
            with Session(db.engine) as session:
                for filters in LOOKS:
                    for now in MOMENTS:
                        kept, fresh = both(session, TRIAL, filters, SCALES, now)
                        assert_same(kept, fresh)
                        assert told(kept) == told(fresh), (act, filters)


def test_a_value_that_nobody_had_yet_comes_among_the_others(app: Flask, forgetful: UUID) -> None:
    """It stands between two that there are: what is kept of those above has to follow."""
    with app.test_request_context(), clinic_scope(forgetful), Session(db.engine) as session:
        told(both(session, TRIAL, LOOKS[0], SCALES, LATER)[0])
        session.rollback()
        of = select(Score).where(Score.scale == "odi").order_by(Score.id).limit(1)
        was = session.scalars(of).one()
        values = {"value": 31.0, "n_answered": 10, "rule_version": was.rule_version, "amendment": 9, "scored_at": LATER}
        session.add(Score(clinic_id=forgetful, response_id=was.response_id, scale=was.scale, **values))
        session.commit()
        kept, fresh = both(session, TRIAL, LOOKS[0], SCALES, LATER)
        assert_same(kept, fresh)
        assert told(kept) == told(fresh)


def test_whoever_began_early_and_committed_late_is_seen(app: Flask, clinic_id: UUID) -> None:
    with app.app_context(), clinic_scope(clinic_id), Session(db.engine) as early, Session(db.engine) as late:
        rng = random.Random(1)  # noqa: S311 - not for secrets
        with Session(db.engine) as reader:
            both(reader, TRIAL, LOOKS[0], SCALES, LATER)
        operate(early, rng)
        early.flush()
        move(late, rng)
        late.commit()
        with Session(db.engine) as reader:
            assert_same(*both(reader, TRIAL, LOOKS[0], SCALES, LATER))
        early.commit()
        with Session(db.engine) as reader:
            assert_same(*both(reader, TRIAL, LOOKS[0], SCALES, LATER))


def test_old_changes_are_forgotten_each_night_and_newer_ones_are_kept(app: Flask, forgetful: UUID) -> None:
    with app.app_context(), clinic_session(forgetful) as session:
        operate(session, random.Random(3))  # noqa: S311 - not for secrets
        session.flush()
        assert session.scalar(select(func.count()).select_from(OutcomeChange))
        session.execute(update(OutcomeChange).values(at=real_now(session) - timedelta(days=8)))
        session.commit()
        operate(session, random.Random(4))  # noqa: S311 - not for secrets
        session.commit()
        retain_clinic(str(forgetful))
        (left,) = session.scalars(select(OutcomeChange.episode_id))
        assert left


def test_a_store_that_was_read_before_the_feed_was_cut_reads_everything_anew(app: Flask, forgetful: UUID) -> None:
    with app.app_context(), clinic_scope(forgetful), Session(db.engine) as reader:
        clinic, wanted = str(forgetful), Wanted.of(TRIAL)
        trusting, wary = Store(clinic, wanted), Store(clinic, wanted, trusted=timedelta())
        for store in (trusting, wary):
            assert cohort_of(reader, store, TRIAL, LOOKS[0], SCALES, now=LATER) is not None
        before = load_cohort(reader, TRIAL, LOOKS[0], SCALES, now=LATER)
        with Session(db.engine) as writer:
            operate(writer, random.Random(5))  # noqa: S311 - not for secrets
            writer.commit()
            assert forget(writer, forgetful, now=real_now(writer) + KEPT + timedelta(days=1))
            writer.commit()
        behind, kept = (cohort_of(reader, store, TRIAL, LOOKS[0], SCALES, now=LATER) for store in (trusting, wary))
        assert behind is not None
        assert kept is not None
        assert_same(behind, before)  # it relies on a feed that was cut under it too soon
        assert_same(kept, load_cohort(reader, TRIAL, LOOKS[0], SCALES, now=LATER))


def test_the_feed_is_kept_for_longer_than_anybody_goes_on_from_it() -> None:
    assert timedelta() < TRUSTED <= KEPT - timedelta(days=1)


def test_what_a_session_wrote_and_may_take_back_is_not_kept(app: Flask, clinic_id: UUID) -> None:
    with app.app_context(), clinic_scope(clinic_id):
        with Session(db.engine) as writer:
            session_store = store_of(writer, TRIAL)
            operate(writer, random.Random(2))  # noqa: S311 - not for secrets
            writer.flush()
            assert cohort_of(writer, session_store, TRIAL, LOOKS[0], SCALES, now=LATER) is None
            writer.rollback()
        with Session(db.engine) as reader:
            assert_same(*both(reader, TRIAL, LOOKS[0], SCALES, LATER))


def test_a_store_serves_its_own_clinic_alone(app: Flask, clinic_id: UUID) -> None:
    with app.app_context():
        with clinic_scope(clinic_id), Session(db.engine) as own:
            store = store_of(own, TRIAL)
            assert cohort_of(own, store, TRIAL, LOOKS[0], SCALES, now=LATER) is not None
        with clinic_scope(make_clinic().id), Session(db.engine) as other:
            assert cohort_of(other, store, TRIAL, LOOKS[0], SCALES, now=LATER) is None
