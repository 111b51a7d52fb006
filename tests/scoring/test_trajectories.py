"""Trajectories by rule: every class from its sentence, and who has none."""

import numpy as np
import pytest

from scoring.errors import ModelError, RuleError
from scoring.responder import Rule
from scoring.trajectories import CLASSES, TrajectoryRules, not_evaluable, shares, trajectories

RULES = TrajectoryRules(
    Rule.parse("odi change >= 10"), Rule.parse("odi change <= -10"), ("m1", "m3", "m6", "m12"), ("m1", "m3")
)
GONE = np.nan


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ([30, 28, 25, 20], "early"),
        ([48, 40, 45, 40], "early"),
        ([50, 48, 38, 30], "late"),
        ([50, 48, 46, 30], "late"),
        ([GONE, 48, GONE, 30], "late"),
        ([30, 30, 45, 48], "relapse"),
        ([50, 50, 35, 50], "relapse"),
        ([50, 45, 47, 50], "stable"),
        ([GONE, GONE, 47, 59], "stable"),
        ([50, 52, 55, 60], "worse"),
        ([30, 30, 40, 62], "worse"),
        ([GONE, GONE, GONE, 62], "worse"),
    ],
)
def test_a_patient_with_a_baseline_of_50(scores: list[float], code: str) -> None:
    found = trajectories(RULES, np.array([50.0]), np.array([scores]))
    assert (found.classes.tolist(), found.reason.tolist()) == ([code], [""])


@pytest.mark.parametrize(
    ("baseline", "scores", "reason"),
    [
        (GONE, [30, 30, 30, 30], "no_baseline"),
        (6, [0, 0, 0, 0], "unattainable"),
        (50, [30, 30, 30, GONE], "no_follow_up"),
        (50, [GONE, GONE, 30, 30], "no_early_follow_up"),
        (50, [GONE, GONE, GONE, 45], "no_earlier_follow_up"),
    ],
)
def test_who_cannot_be_classified(baseline: float, scores: list[float], reason: str) -> None:
    found = trajectories(RULES, np.array([baseline]), np.array([scores]))
    assert (found.classes.tolist(), found.reason.tolist()) == ([""], [reason])
    assert not_evaluable(found) == {reason: 1}


def test_each_class_carries_its_sentence() -> None:
    assert [each.code for each in RULES.classes] == list(CLASSES)
    assert {each.code: each.text for each in RULES.classes} == {
        "worse": "odi change <= -10 at m12",
        "relapse": "odi change >= 10 at one or more of m1, m3, m6, but not at m12",
        "early": "odi change >= 10 at one or more of m1, m3, and at m12",
        "late": "odi change >= 10 at m12, and at none of m1, m3",
        "stable": "odi change >= 10 at no follow-up, and not odi change <= -10 at m12",
    }


@pytest.mark.parametrize("seed", range(5))
def test_every_patient_has_one_class_or_one_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    baseline, later = rng.integers(0, 101, 200).astype(float), rng.integers(0, 101, (200, 4)).astype(float)
    baseline[rng.random(200) < 0.1] = np.nan
    later[rng.random(later.shape) < 0.3] = np.nan
    found = trajectories(RULES, baseline, later)
    assert ((found.classes == "") != (found.reason == "")).all()
    sizes = shares(found)
    assert sum(each.k for each in sizes) == sizes[0].n == (found.classes != "").sum()
    # by plain words: the last follow-up at least ten better, and an early one too
    better = baseline[:, None] - later >= 10
    early = better[:, :2].any(axis=1) & better[:, 3] & (baseline >= 10)
    assert np.array_equal(found.classes == "early", early)


def test_a_class_nobody_is_in_shows_its_upper_limit() -> None:
    found = trajectories(RULES, np.full(40, 50.0), np.full((40, 4), 50.0))
    (worse,) = [each for each in shares(found) if each.code == "worse"]
    assert (worse.k, worse.n) == (0, 40)
    assert worse.interval == pytest.approx((0, 0.0876), abs=5e-5)


def test_nobody_evaluable_has_no_share() -> None:
    found = trajectories(RULES, np.full(2, np.nan), np.full((2, 4), 50.0))
    assert {(each.n, each.rate, each.interval) for each in shares(found)} == {(0, None, None)}


@pytest.mark.parametrize(
    ("better", "worse", "timepoints", "early"),
    [
        ("odi change <= -10", "odi change <= -10", ("m1", "m12"), ("m1",)),
        ("odi change >= 10", "odi change >= 10", ("m1", "m12"), ("m1",)),
        ("odi change >= 10", "nrs_back change <= -2", ("m1", "m12"), ("m1",)),
        ("odi change >= 10", "odi change <= -10", ("m12",), ("m12",)),
        ("odi change >= 10", "odi change <= -10", ("m1", "m1"), ("m1",)),
        ("odi change >= 10", "odi change <= -10", ("m1", "m12"), ("m12",)),
        ("odi change >= 10", "odi change <= -10", ("m1", "m12"), ()),
    ],
)
def test_rules_that_make_no_classes_are_refused(
    better: str, worse: str, timepoints: tuple[str, ...], early: tuple[str, ...]
) -> None:
    with pytest.raises(RuleError):
        TrajectoryRules(Rule.parse(better), Rule.parse(worse), timepoints, early)


def test_scores_that_do_not_fit_the_timepoints_are_refused() -> None:
    with pytest.raises(ModelError, match="do not fit"):
        trajectories(RULES, np.full(2, 50.0), np.full((2, 3), 50.0))
