"""The denominators, as clinical.md words them: properties of any cohort, and one study counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.db import clinic_scope, db, uuid7
from surveys.demo.lives import Reply
from surveys.models import Endpoint
from surveys.outcomes.claims.facts import read_facts
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.facts_queries import with_facts
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import load_cohort
from surveys.outcomes.rate import Rate, rate_of
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic
from tests.outcomes.study import BEGIN, LATER, Study, life, nrs

TRIAL = bundled_protocols()["trial"]
RULE = Rule.parse("nrs_active change >= 2")
M12 = TRIAL.timepoint("m12")
KEY = ("nrs_active", None)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARMS = [arm.code for arm in TRIAL.arms]

# a patient: arm; window closed; died, left before its end; operated; reply; by proxy; pain before and after
PEOPLE = st.tuples(
    st.sampled_from(ARMS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["none", "in window", "late"]),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 10)),
    st.one_of(st.none(), st.integers(0, 10)),
)
Person = tuple[str, bool, bool, bool, bool, str, bool, int | None, int | None]


def cohort(people: list[Person]) -> Cohort:
    """The people as the arrays that the figures are counted from."""
    size = len(people)
    columns = list(zip(*people, strict=True)) or [()] * 9
    arms, closed, died, left, operated, reply, proxy, before, after = columns
    in_window = np.array([each == "in window" for each in reply], dtype=np.bool_)
    late = np.array([each == "late" for each in reply], dtype=np.bool_)
    by_proxy = np.array(proxy, dtype=np.bool_) & (in_window | late)
    first = np.array([np.nan if level is None else level for level in before])
    then = np.array([np.nan if level is None else level for level in after])
    nobody = np.zeros(size, dtype=np.bool_)
    over, dead, gone, cut = (np.array(each, dtype=np.bool_) for each in (closed, died, left, operated))
    standing = Standing(over, dead, gone, cut, nobody, nobody, nobody, in_window, late)
    return Cohort(
        TRIAL,
        Filters("trial"),
        NOW,
        tuple(uuid7() for _ in people),
        tuple(arms),
        nobody,
        {"m12": standing},
        {
            ("baseline", KEY): Reading(first, np.isfinite(first), nobody, nobody),
            ("m12", KEY): Reading(np.where(in_window & ~by_proxy, then, np.nan), in_window, late, by_proxy),
        },
    )


def rates(people: list[Person]) -> list[Rate]:
    made = cohort(people)
    return [rate_of(made, RULE, arm, M12) for arm in ARMS]


@settings(max_examples=150, deadline=None)
@given(st.lists(PEOPLE, max_size=40))
def test_everyone_enrolled_is_counted_once(people: list[Person]) -> None:
    for rate in rates(people):
        counts = rate.counts
        assert counts.enrolled == sum(person[0] == rate.arm for person in people)
        assert counts.enrolled == counts.not_yet_due + counts.died + counts.expected
        assert counts.answered + counts.late <= counts.expected
        assert counts.withdrawn <= counts.expected
        assert counts.early <= counts.not_yet_due


@settings(max_examples=150, deadline=None)
@given(st.lists(PEOPLE, max_size=40))
def test_the_population_is_responders_non_responders_and_reasons(people: list[Person]) -> None:
    for rate in rates(people):
        reasons = sum(number for _reason, number in rate.not_evaluable)
        assert rate.evaluable + reasons == rate.counts.expected
        assert rate.evaluable <= rate.counts.answered + rate.counts.early
        behind = [member.episode_id for members in rate.members.values() for member in members]
        assert len(behind) == len(set(behind)) == rate.evaluable + reasons
        assert (rate.rate is None) == (rate.evaluable == 0)
        assert rate.completeness is None or rate.completeness == rate.counts.answered / rate.counts.expected


@settings(max_examples=100, deadline=None)
@given(st.lists(PEOPLE, max_size=30))
def test_the_withdrawn_are_expected_and_missing_never_failures(people: list[Person]) -> None:
    gone: Person = (ARMS[0], True, False, True, False, "none", False, 8, None)
    without, along = rates(people)[0], rates([*people, gone])[0]
    assert along.counts.expected == without.counts.expected + 1
    assert along.counts.withdrawn == without.counts.withdrawn + 1
    assert (along.responders, along.evaluable) == (without.responders, without.evaluable)
    assert len(along.members["no_follow_up"]) == len(without.members["no_follow_up"]) + 1


@settings(max_examples=100, deadline=None)
@given(st.lists(PEOPLE, max_size=30), st.booleans())
def test_who_died_before_the_window_was_over_is_not_expected(people: list[Person], closed: bool) -> None:
    dead: Person = (ARMS[0], closed, True, False, False, "none", False, 8, None)
    without, along = rates(people)[0], rates([*people, dead])[0]
    assert along.counts == replace(without.counts, enrolled=without.counts.enrolled + 1, died=without.counts.died + 1)
    assert along.evaluable == without.evaluable


@settings(max_examples=150, deadline=None)
@given(st.lists(PEOPLE, max_size=40))
def test_an_operation_as_no_response_never_helps(people: list[Person]) -> None:
    for rate in rates(people):
        composite = rate.composite
        assert composite is not None
        assert composite.responders <= rate.responders
        assert composite.evaluable >= rate.evaluable
        assert rate.responders - composite.responders <= composite.operated
        if composite.operated == 0:
            assert (composite.responders, composite.evaluable) == (rate.responders, rate.evaluable)


def lay_by_hand(study: Study) -> None:
    """Fourteen of one arm, each fate told in its line."""
    baseline = {"baseline": nrs(7)}
    recent = date(2026, 9, 1)
    tells = Reply({**nrs(3).levels, "events": {"spine_operation": 1, "new_problem": 0}}, days_after_opening=2)
    tell = life(1, replies=baseline | {"m3": nrs(3), "m12": tells})
    responders = [study.add(each) for each in (life(0), tell, life(2))]
    for number in (3, 4):
        study.add(life(number, replies=baseline | {"m12": nrs(6)}))
    silent = [study.add(life(number, replies=baseline)) for number in (5, 6)]
    study.add(life(7, replies=baseline, ending=("consent_withdrawn", date(2024, 6, 1))))
    study.add(life(8, replies=baseline, ending=("died", date(2024, 6, 1))))
    treated = ((recent + timedelta(days=10), "bone_marrow_concentrate"),)
    study.add(life(9, enrolled_on=recent, treatments=treated, replies=baseline))
    study.add(life(10, replies=baseline | {"m12": replace(nrs(3), days_after_opening=200)}))
    study.add(life(11, replies={"baseline": nrs(1), "m12": nrs(0)}))  # two points cannot be gained from 1
    study.add(life(12, replies={"m12": nrs(3)}))
    study.add(life(13, replies=baseline | {"m12": replace(nrs(3), mode="proxy")}))
    for episode, days in ((responders[0], 200), (silent[0], 200), (responders[2], 5)):  # treated on day 10
        happened = {"on_date": BEGIN + timedelta(days=days), "details": {}, "recorded_at": LATER}
        study.session.add(Endpoint(clinic_id=study.clinic_id, episode_id=episode.id, kind="surgery", **happened))


@pytest.fixture(scope="module")
def counted(app: Flask) -> Rate:
    with app.app_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            lay_by_hand(Study(session, clinic.id))
            session.flush()
            made = load_cohort(session, TRIAL, Filters("trial"), ["nrs_active"], now=LATER)
            with app.test_request_context():
                return rate_of(made, RULE, "bmc", M12)


def test_a_study_counted_by_hand_has_these_denominators(counted: Rate) -> None:
    counts = counted.counts
    assert (counts.enrolled, counts.not_yet_due, counts.died, counts.expected) == (14, 1, 1, 12)
    assert (counts.withdrawn, counts.answered, counts.late, counts.early) == (1, 8, 1, 0)
    assert (counted.responders, counted.evaluable) == (3, 5)
    assert dict(counted.not_evaluable) == {
        "no_baseline": 1,
        "below_minimum_baseline": 0,
        "unattainable": 1,
        "no_follow_up": 3,
        "late": 1,
        "proxy": 1,
        "not_scorable": 0,
    }
    assert counted.completeness == 8 / 12


def test_an_operation_told_of_before_the_treatment_is_history_for_every_figure(app: Flask) -> None:
    """A rate that counts it as no response, the curve of survival and a statement agree; one told of later counts."""
    with app.app_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            study, events = Study(session, clinic.id), {"events": {"spine_operation": 1, "new_problem": 0}}
            history = Reply({**nrs(7).levels, **events})
            before = study.add(life(0, replies={"baseline": history, "m12": nrs(3)}))
            both = study.add(life(1, replies={"baseline": history, "m12": Reply({**nrs(3).levels, **events})}))
            session.flush()
            rule, chosen = ["nrs_active"], Filters("trial")
            composite = rate_of(load_cohort(session, TRIAL, chosen, rule, now=LATER), RULE, "bmc", M12).composite
            assert composite is not None
            assert composite.operated == 1
            cohort = with_facts(session, load_cohort(session, TRIAL, chosen, rule, now=LATER))
            curve = dict(zip(cohort.ids, np.isfinite(cohort.known.told_operation), strict=True))
            assert curve == {before.id: False, both.id: True}
            stated = {
                episode: facts["told_days"] for episode, (*_, facts) in read_facts(session, chosen, as_of=LATER).items()
            }
            assert stated[before.id] == ""
            assert int(stated[both.id]) > 300


def test_an_operated_patient_is_no_responder_whatever_was_answered(counted: Rate) -> None:
    """One responder and one silent as staff recorded, one responder who told of it; one of before the treatment not."""
    composite = counted.composite
    assert composite is not None
    assert (composite.operated, composite.responders, composite.evaluable) == (3, 1, 6)
