"""Survival: R's figures, the published disc-injection cohort, statsmodels on random cohorts, and what has no answer."""

import csv

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from scoring.errors import ModelError
from scoring.log_rank import log_rank
from scoring.survival import Curve, Interval, Survival, follow_up, kaplan_meier
from scoring.types import BoolArray, FloatArray
from tests.published.longitudinal import FOLDER, expected


def worked_set() -> tuple[FloatArray, BoolArray, list[str]]:
    with (FOLDER / "survival_input.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    months = np.array([float(row["months"]) for row in rows])
    return months, np.array([row["surgery"] == "1" for row in rows]), [row["arm"] for row in rows]


def random_cohort(seed: int, n: int = 80, arms: int = 2) -> tuple[FloatArray, BoolArray, list[str]]:
    """Times in whole months, so that events and ends of follow-up fall together."""
    rng = np.random.default_rng(seed)
    event, end = rng.exponential(20, n), rng.uniform(3, 40, n)
    return np.ceil(np.minimum(event, end)), event <= end, [f"arm{place % arms}" for place in range(n)]


def disc_injection() -> Curve:
    """26 candidates for fusion, 24, 21 and 20 without surgery at 12, 24 and 36 months (clinical.md, Pettine)."""
    time = np.array([6.0, 10, 15, 18, 22, 30, *[36.0] * 20])
    return kaplan_meier(time, np.arange(26) < 6)


def plain(found: Survival) -> Survival:
    assert found.survival is not None
    assert found.interval is not None
    return found


def test_the_worked_set_of_r() -> None:
    """R 4.2.2 survival::survfit with log-log intervals and survdiff (tests/published/longitudinal_expected.json)."""
    time, event, arm = worked_set()
    published = expected()["survival_surgery_free"]
    bmc = np.array(arm) == "bmc"
    curve = kaplan_meier(time[bmc], event[bmc])
    for month, wanted in published["bmc"].items():
        found = plain(curve.at(float(month)))
        assert found.at_risk == wanted["n_risk"]
        assert found.survival == pytest.approx(wanted["survival"], abs=1e-6)
        assert found.interval == pytest.approx(tuple(wanted["ci"]), abs=1e-6)
        assert found.method == published["interval"]
    test = log_rank(time, event, arm)
    assert test.chi2 == pytest.approx(published["log_rank_chi2"], abs=1e-5)
    assert test.p == pytest.approx(published["log_rank_p"], abs=1e-6)


def test_surgery_free_after_disc_injection() -> None:
    """Pettine: 92, 81 and 77 % of 26 at 12, 24 and 36 months, Wilson 58 to 89 % for the last."""
    found = [plain(disc_injection().at(month)) for month in (12, 24, 36)]
    assert [round(100 * (each.survival or 0)) for each in found] == [92, 81, 77]
    assert [each.share[:2] for each in found if each.share] == [(24, 26), (21, 26), (20, 26)]
    assert found[-1].share is not None
    assert [round(100 * limit) for limit in found[-1].share[2]] == [58, 89]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("interval", ["greenwood", "log-log"])
def test_the_curve_of_statsmodels(seed: int, interval: Interval) -> None:
    time, event, _ = random_cohort(seed)
    curve = kaplan_meier(time, event, interval=interval)
    peer = SurvfuncRight(time, event.astype(int))
    assert [step.time for step in curve.steps] == peer.surv_times.tolist()
    assert [step.at_risk for step in curve.steps] == peer.n_risk.tolist()
    survival, se = peer.surv_prob, peer.surv_prob_se
    assert [step.survival for step in curve.steps] == pytest.approx(survival)
    for step, share, error in zip(curve.steps, survival, se, strict=True):
        if interval == "greenwood" and step.interval and step.interval[0] > 0 and step.interval[1] < 1:
            assert step.interval == pytest.approx((share - 1.959964 * error, share + 1.959964 * error), abs=1e-6)
        if interval == "log-log" and step.interval:
            half = 1.959964 * error / share / abs(np.log(share))
            assert step.interval == pytest.approx((share ** np.exp(half), share ** np.exp(-half)), abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("arms", [2, 3])
def test_the_log_rank_test_of_statsmodels(seed: int, arms: int) -> None:
    time, event, arm = random_cohort(seed, arms=arms)
    found = log_rank(time, event, arm)
    assert (found.chi2, found.p) == pytest.approx(survdiff(time, event.astype(int), np.array(arm)))
    assert found.df == arms - 1
    assert sum(found.expected.values()) == pytest.approx(event.sum())


@pytest.mark.parametrize("seed", range(5))
def test_without_censoring_the_curve_is_a_proportion(seed: int) -> None:
    time = np.ceil(np.random.default_rng(seed).exponential(10, 50))
    curve = kaplan_meier(time, np.ones(50, dtype=bool))
    for at in (1, 5, 10):
        assert curve.at(at).survival == pytest.approx((time > at).mean())


def test_no_events_show_their_upper_limit() -> None:
    """0 of 40: up to 8.8 % (clinical.md, Events)."""
    found = kaplan_meier(np.full(40, 12.0), np.zeros(40, dtype=bool)).at(12)
    assert (found.survival, found.events) == (1.0, 0)
    assert found.interval == pytest.approx((1 - 0.0876, 1), abs=5e-5)
    assert found.note == "0 events of 40 followed to 12: up to 8.8 % may have had one"
    assert found.method == "Wilson 95 % of 0 events"


def test_only_those_still_followed_bound_the_zero() -> None:
    time = np.array([6.0] * 30 + [12.0] * 10)
    found = kaplan_meier(time, np.zeros(40, dtype=bool)).at(12)
    assert found.note.startswith("0 events of 10 followed to 12: up to 27.8 %")
    assert found.share is None


def test_beyond_the_follow_up_nothing_is_said() -> None:
    found = disc_injection().at(48)
    assert found.survival is None
    assert found.note == "not estimable, because nobody was followed to 48"


def test_after_the_last_event_of_everybody_the_curve_stays_at_zero() -> None:
    found = kaplan_meier(np.array([1.0, 2, 3]), np.ones(3, dtype=bool)).at(9)
    assert (found.survival, found.interval) == (0.0, None)
    assert found.note == "no interval, because everybody at risk had the event"


def test_the_median_is_the_middle_of_a_flat_half() -> None:
    """As R's survfit: of events at 1, 2, 3 and 4 the curve is one half from 2 to 3."""
    assert kaplan_meier(np.array([1.0, 2, 3, 4]), np.ones(4, dtype=bool)).median == 2.5
    assert kaplan_meier(np.array([1.0, 2, 3]), np.ones(3, dtype=bool)).median == 2
    assert disc_injection().median is None


@pytest.mark.parametrize("seed", range(5))
def test_the_median_of_statsmodels(seed: int) -> None:
    time, event, _ = random_cohort(seed, n=81)
    peer = SurvfuncRight(time, event.astype(int))
    curve = kaplan_meier(time, event)
    assert curve.median == pytest.approx(peer.quantile(0.5))
    assert curve.median_interval == pytest.approx(peer.quantile_ci(0.5, method="cloglog"))


def test_the_last_completed_events_form_ends_the_follow_up() -> None:
    """Never asked is not "none": the third patient is left out and counted."""
    found = follow_up(np.array([5.0, np.nan, np.nan, 8.0]), np.array([12.0, 6.0, np.nan, np.nan]))
    assert (found.time.tolist(), found.event.tolist()) == ([5.0, 6.0, 8.0], [True, False, True])
    assert (found.rows.tolist(), found.unknown) == ([0, 1, 3], 1)


@pytest.mark.parametrize(
    ("events", "arm", "reason"),
    [
        ([True, True, False, True], ["a"] * 4, "there is one arm only"),
        ([True, True, False, True], ["a", "a", "a", "b"], "b has 1 patient only"),
        ([False] * 4, ["a", "a", "b", "b"], "nobody had the event"),
    ],
)
def test_no_test_without_two_arms_and_events(events: list[bool], arm: list[str], reason: str) -> None:
    found = log_rank(np.array([1.0, 2, 3, 4]), np.array(events), arm)
    assert (found.chi2, found.p, found.note) == (None, None, f"not estimable, because {reason}")


@pytest.mark.parametrize("time", [[], [1.0, np.nan], [1.0, -1.0], [1.0, np.inf]])
def test_impossible_times_are_refused(time: list[float]) -> None:
    with pytest.raises(ModelError):
        kaplan_meier(np.array(time), np.ones(len(time), dtype=bool))
