"""Counts of events over time, against the limits that Garwood tabled (Biometrika 1936;28:437-442)."""

from __future__ import annotations

import pytest

from scoring.errors import ScoringError
from scoring.exposure import event_rate


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390)]
)
def test_the_limits_of_a_count_are_those_published(events: int, low: float, high: float) -> None:
    found = event_rate(events, 1.0)
    assert found.rate == events
    assert found.interval == pytest.approx((low, high), abs=0.001)


def test_the_rate_is_per_unit_of_time() -> None:
    found = event_rate(10, 4.0)
    assert found.rate == 2.5
    assert found.interval == pytest.approx((4.795 / 4, 18.390 / 4), abs=0.001)


def test_without_time_there_is_no_rate() -> None:
    found = event_rate(0, 0.0)
    assert (found.rate, found.interval) == (None, None)


@pytest.mark.parametrize(("events", "time"), [(-1, 1.0), (1, -1.0), (1, float("inf")), (1, float("nan"))])
def test_what_is_no_count_or_time_is_refused(events: int, time: float) -> None:
    with pytest.raises(ScoringError):
        event_rate(events, time)
