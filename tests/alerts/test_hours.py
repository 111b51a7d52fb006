"""By when an alert has to be looked at: counted in the clinic's hours, over every change of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.alerts.hours import Hours, due_at

LONDON = ZoneInfo("Europe/London")
OFFICE = Hours(frozenset(range(5)), time(9), time(17), LONDON)
ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"]
).map(ZoneInfo)
QUARTER = timedelta(minutes=15)


def at(text: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("raised", "hours", "due"),
    [
        ("2026-03-04T10:00", 4, "2026-03-04T14:00"),
        ("2026-03-04T03:00", 8, "2026-03-04T17:00"),  # before the day begins; due as it ends
        ("2026-03-06T16:00", 8, "2026-03-09T16:00"),  # Friday to Monday
        ("2026-03-07T12:00", 1, "2026-03-09T10:00"),  # Saturday
        ("2026-03-27T16:00", 2, "2026-03-30T10:00"),  # the clock goes forward in between
    ],
)
def test_only_hours_in_which_somebody_looks_are_counted(raised: str, hours: int, due: str) -> None:
    assert due_at(at(raised), timedelta(hours=hours), OFFICE) == at(due)


def test_a_holiday_is_passed_over() -> None:
    easter = Hours(
        OFFICE.weekdays, OFFICE.opens, OFFICE.closes, LONDON, frozenset({date(2026, 4, 3), date(2026, 4, 6)})
    )
    assert due_at(at("2026-04-02T16:30"), timedelta(hours=1), easter) == at("2026-04-07T09:30")


def test_where_nobody_ever_looks_it_is_due_at_once() -> None:
    never = replace(OFFICE, weekdays=frozenset())
    assert due_at(at("2026-03-04T10:00"), timedelta(hours=1), never) == at("2026-03-04T10:00")


def test_a_night_that_the_clock_repeats_lasts_longer() -> None:
    night = Hours(frozenset({6}), time(0), time(4), LONDON)  # 25 October 2026: from 2 back to 1
    assert due_at(at("2026-10-25T00:00"), timedelta(hours=4), night) == at("2026-10-25T03:00")


def quarters(zone: ZoneInfo, first: date) -> st.SearchStrategy[datetime]:
    begin = datetime.combine(first, time(0), UTC)
    return st.integers(0, 4 * 24 * 40).map(lambda count: (begin + count * QUARTER).astimezone(zone))


@settings(max_examples=60)
@given(st.data())
def test_the_time_until_due_holds_exactly_the_hours_promised(data: st.DataObject) -> None:
    """Counted a second way: quarter of an hour by quarter of an hour, by the wall clock alone."""
    zone = data.draw(ZONES)
    opens = data.draw(st.integers(5, 12))  # clear of the hours at which clocks are changed
    closes = data.draw(st.integers(opens + 1, 22))
    weekdays = data.draw(st.frozensets(st.integers(0, 6), min_size=1))
    first = data.draw(st.sampled_from([date(2026, 3, 1), date(2026, 4, 1), date(2026, 9, 1), date(2026, 10, 10)]))
    holidays = data.draw(st.frozensets(st.integers(0, 20).map(lambda ahead: first + timedelta(days=ahead)), max_size=4))
    raised = data.draw(quarters(zone, first))
    within = timedelta(hours=data.draw(st.integers(1, 24)))
    due = due_at(raised, within, Hours(weekdays, time(opens), time(closes), zone, holidays))

    def watched(moment: datetime) -> bool:
        wall = moment.astimezone(zone)
        return opens <= wall.hour < closes and wall.weekday() in weekdays and wall.date() not in holidays

    step, counted = raised.astimezone(UTC), timedelta(0)
    while step < due:
        counted += QUARTER if watched(step) else timedelta(0)
        step += QUARTER
    assert (counted, step) == (within, due)
    assert watched(due - QUARTER)


@given(quarters(LONDON, date(2026, 3, 1)), st.integers(0, 400), st.integers(1, 240))
def test_what_is_raised_later_is_never_due_earlier(raised: datetime, later: int, hours: int) -> None:
    within = timedelta(hours=hours)
    assert raised <= due_at(raised, within, OFFICE) <= due_at(raised + later * QUARTER, within, OFFICE)
