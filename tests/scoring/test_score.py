"""Scoring of arrays: bounds, direction, and what is missing stays missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import AnswerError, ScoringError, ValueSetError
from scoring.instrument import Instrument, Item, load_instruments
from scoring.score import RULE_VERSIONS, score_instrument
from scoring.types import FloatArray

ALL = sorted(load_instruments())
SUMMED = ["functionality", "odi"]


def level(item: Item) -> st.SearchStrategy[float]:
    return st.one_of(st.just(float("nan")), st.integers(item.minimum, item.maximum).map(float))


def records(instrument: Instrument) -> st.SearchStrategy[dict[str, FloatArray]]:
    one = st.fixed_dictionaries({item.code: level(item) for item in instrument.items})
    return one.map(lambda answers: {code: np.array([value]) for code, value in answers.items()})


def filled(code: str, value: float) -> dict[str, FloatArray]:
    return {item.code: np.array([value]) for item in load_instruments()[code].items}


@pytest.mark.parametrize("code", ALL)
@given(data=st.data())
def test_every_score_lies_on_its_scale(code: str, data: st.DataObject) -> None:
    instrument = load_instruments()[code]
    scores = score_instrument(code, data.draw(records(instrument)), "UK_TTO")
    for scale in instrument.scales:
        value = scores[scale.code][0]
        assert np.isnan(value) or scale.minimum <= value <= scale.maximum


@pytest.mark.parametrize("code", ALL)
def test_nothing_answered_gives_no_score_and_never_0(code: str) -> None:
    scores = score_instrument(code, filled(code, np.nan), "UK_TTO")
    assert all(np.isnan(scores[scale.code]).all() for scale in load_instruments()[code].scales)


@pytest.mark.parametrize("code", SUMMED)
@given(data=st.data())
def test_a_higher_level_never_lowers_the_sum(code: str, data: st.DataObject) -> None:
    instrument = load_instruments()[code]
    answers = data.draw(records(instrument))
    item = data.draw(st.sampled_from(instrument.items))
    raised = answers | {item.code: np.minimum(answers[item.code] + 1, item.maximum)}
    before, after = (score_instrument(code, each)[code][0] for each in (answers, raised))
    assert np.isnan(before) == np.isnan(after)
    assert np.isnan(before) or after >= before


@pytest.mark.parametrize("code", SUMMED)
@pytest.mark.parametrize(("unanswered", "scorable"), [(0, True), (1, True), (2, False), (9, False)])
def test_one_unanswered_item_is_allowed(code: str, unanswered: int, *, scorable: bool) -> None:
    answers = filled(code, 3.0)
    for item in load_instruments()[code].items[:unanswered]:
        answers[item.code] = np.array([np.nan])
    scores = score_instrument(code, answers)
    assert np.isfinite(scores[code][0]) == scorable
    assert scores[f"{code}_n"][0] == 10 - unanswered


def test_functionality_takes_the_mean_of_what_was_answered() -> None:
    answers = filled("functionality", 3.0) | {"stairs": np.array([np.nan])}
    assert score_instrument("functionality", answers)["functionality"][0] == 30


def test_records_are_scored_each_for_itself() -> None:
    codes = [item.code for item in load_instruments()["odi"].items]
    answers = {code: np.array([0.0, 5.0, np.nan, 1.0]) for code in codes}
    np.testing.assert_array_equal(score_instrument("odi", answers)["odi"], [0, 100, np.nan, 20])


def test_a_protocol_picks_its_pain_scales() -> None:
    scores = score_instrument("nrs11", {"active": np.array([7.0]), "leg": np.array([np.nan])})
    assert scores["nrs_active"][0] == 7
    assert set(scores) == {"nrs_active", "nrs_leg"}


def test_an_event_nobody_asked_about_is_absent() -> None:
    assert set(score_instrument("events", {"spine_operation": np.array([0.0])})) == {"spine_operation"}


def test_a_section_that_was_not_stored_counts_as_unanswered() -> None:
    answers = filled("odi", 2.0)
    del answers["sex_life"]
    scores = score_instrument("odi", answers)
    assert (scores["odi"][0], scores["odi_n"][0]) == (40, 9)


def test_eq5d_without_the_vas_has_no_vas_scale() -> None:
    answers = filled("eq5d3l", 2.0)
    del answers["vas"]
    scores = score_instrument("eq5d3l", answers, "UK_TTO")
    assert set(scores) == {"eq5d3l_profile", "eq5d3l_index"}
    assert scores["eq5d3l_profile"][0] == 22222


def test_the_index_has_no_default_country() -> None:
    with pytest.raises(ValueSetError, match="no default country"):
        score_instrument("eq5d3l", filled("eq5d3l", 2.0), None)


def test_a_contradicted_value_set_is_refused_unless_forced() -> None:
    answers = filled("eq5d3l", 1.0)
    with pytest.raises(ValueSetError, match="DO NOT RELY ON"):
        score_instrument("eq5d3l", answers, "Iran_VAS")
    assert score_instrument("eq5d3l", answers, "Iran_VAS", force=True)["eq5d3l_index"][0] == 1


def test_an_unknown_value_set_is_refused() -> None:
    with pytest.raises(ValueSetError, match="Atlantis"):
        score_instrument("eq5d3l", filled("eq5d3l", 1.0), "Atlantis")


@pytest.mark.parametrize("wrong", [-1.0, 6.0, 2.5, np.inf])
def test_a_level_that_does_not_exist_is_refused(wrong: float) -> None:
    with pytest.raises(AnswerError, match="lifting cannot be"):
        score_instrument("odi", filled("odi", 1.0) | {"lifting": np.array([wrong])})


def test_items_of_another_instrument_are_refused() -> None:
    with pytest.raises(AnswerError, match="no item 'resting'"):
        score_instrument("odi", {"resting": np.array([1.0])})


@pytest.mark.parametrize("answers", [{}, {"back": np.zeros(2), "leg": np.zeros(3)}])
def test_answers_of_unequal_or_no_length_are_refused(answers: dict[str, FloatArray]) -> None:
    with pytest.raises(AnswerError, match="equal length"):
        score_instrument("nrs11", answers)


def test_an_unknown_instrument_is_refused_with_the_list() -> None:
    with pytest.raises(ScoringError, match="Known: eq5d3l"):
        score_instrument("oddi", {})


def test_every_scale_has_a_rule_version() -> None:
    scales = {scale.code for each in load_instruments().values() for scale in each.scales}
    assert set(RULE_VERSIONS) == scales
