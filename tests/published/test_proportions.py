"""Figures printed in the literature, with the intervals they never had."""

import pytest

from scoring.proportions import upper_limit_zero, wilson


def test_no_event_in_forty_still_allows_8_8_per_cent() -> None:
    limit = upper_limit_zero(40)
    assert limit is not None
    assert round(100 * limit, 1) == 8.8


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_table_of_newcombe(k: int, n: int, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:857-872, table I, method 3."""
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


def test_disc_injection_at_36_months() -> None:
    """Pettine: 20 of 26 without surgery, 77 % with an interval of 58 to 89 %."""
    interval = wilson(20, 26)
    assert interval is not None
    assert [round(100 * limit) for limit in interval] == [58, 89]
