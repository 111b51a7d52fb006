"""Weekends, holidays and quiet hours against a reference that steps through the clock: sixteen zones, thirty years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.schedule import PlannedVisit, belonging, local_instant
from surveys.send_calendar import END_OF_TIME, SendDays, is_sendable, next_sendable, plan_messages
from tests.surveys.calendar_reference import clock_by_search, first_by_stepping, mails_by_walking

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",  # summer time is taken back for Ramadan
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Apia",  # 30 December 2011 did not exist
    "Pacific/Chatham",
)
NINE, SIX = time(9), time(18)
FIRST, LAST = date(1998, 1, 1), date(2027, 12, 31)
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Plan:
    reminder_days: tuple[int, ...] = (3, 7, 14)
    phone_task_days: int | None = 17
    send_from: time = NINE
    send_until: time = SIX


zones = st.sampled_from(ZONES).map(ZoneInfo)
fives = st.integers(0, 287)  # five minutes of a day
moments = st.builds(
    lambda day, five: datetime(day.year, day.month, day.day, tzinfo=UTC) + five * timedelta(minutes=5),
    st.dates(FIRST, LAST),
    fives,
)


@st.composite
def calendars(draw: st.DrawFn, around: date) -> SendDays:
    off = draw(st.frozensets(st.integers(-3, 12), max_size=8))
    return SendDays(draw(st.booleans()), frozenset(around + timedelta(days=ahead) for ahead in off))


@given(moments, zones, st.integers(48, 270), st.integers(6, 120), st.data())
def test_the_next_moment_is_the_one_that_stepping_finds(
    now: datetime, zone: ZoneInfo, start: int, length: int, data: st.DataObject
) -> None:
    """From 04:00 on: no clock of these zones is changed later in the day, except over the day that Samoa left out."""
    days = data.draw(calendars(now.date()))
    end = min(start + length, 287)
    hours = time(start // 12, start % 12 * 5), time(end // 12, end % 12 * 5)
    assert next_sendable(now, zone, *hours, days) == first_by_stepping(now, zone, hours, days.allow)


def changes(zone: ZoneInfo) -> Iterator[date]:
    """The days before and on which the clock is changed."""
    day, before = FIRST, None
    while day <= LAST:
        offset = datetime.combine(day, time(0), UTC).astimezone(zone).utcoffset()
        if before not in (None, offset):
            yield from (day - timedelta(days=1), day)
        day, before = day + timedelta(days=1), offset


@pytest.mark.parametrize("name", ZONES)
def test_every_change_of_the_clock_in_thirty_years_agrees_with_the_search(name: str) -> None:
    zone, found = ZoneInfo(name), 0
    for day in changes(zone):
        for wall in (time(0), time(1, 30), time(2), time(2, 30), NINE, time(23, 45)):
            assert local_instant(day, wall, zone) == clock_by_search(day, wall, zone)
            found += 1
    assert found > 100 or name in ("Asia/Kathmandu", "Asia/Tokyo", "Pacific/Apia")


@given(st.dates(FIRST, LAST), st.integers(0, 25), zones, st.data())
def test_every_mail_falls_due_when_walking_says(
    opening: date, length: int, zone: ZoneInfo, data: st.DataObject
) -> None:
    days = data.draw(calendars(opening))
    window = (
        clock_by_search(opening, time(0), zone),
        clock_by_search(opening + timedelta(days=length + 1), time(0), zone),
    )
    if window[0] == window[1]:  # the day that Samoa left out
        return
    planned = plan_messages(PlannedVisit("m1", opening, *window), Plan(), zone, days)
    mails = [each.due_at for each in planned if each.step != "phone_task"]
    assert mails == mails_by_walking(window, Plan.reminder_days, zone, (NINE, SIX), days.allow)
    assert all(window[0] <= due < window[1] for due in mails)


@given(st.dates(FIRST, LAST), st.integers(0, 25), zones, st.data())
def test_what_is_planned_may_go_when_it_falls_due_wherever_the_window_has_a_day_for_it(
    opening: date, length: int, zone: ZoneInfo, data: st.DataObject
) -> None:
    days = data.draw(calendars(opening))
    opens_at, closes_at = (local_instant(opening + timedelta(days=number), time(0), zone) for number in (0, length + 1))
    any_day = any(days.allow(opening + timedelta(days=number)) for number in range(length + 1))
    for each in plan_messages(PlannedVisit("m1", opening, opens_at, closes_at), Plan(), zone, days):
        if each.step != "phone_task" and any_day and zone.key != "Pacific/Apia":
            assert is_sendable(each.due_at, zone, NINE, SIX, days)


def utc(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


WEEKDAYS = SendDays(weekends=False)
EASTER = SendDays(weekends=False, holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))


@pytest.mark.parametrize(
    ("now", "days", "expected"),
    [
        (utc(3, 28, 10), WEEKDAYS, utc(3, 30, 7)),  # Saturday; on Sunday summer time begins
        (utc(3, 27, 17), WEEKDAYS, utc(3, 30, 7)),  # Friday, six in the evening
        (utc(4, 2, 16), EASTER, utc(4, 7, 7)),  # Maundy Thursday to Tuesday
        (utc(4, 2, 15), EASTER, utc(4, 2, 15)),
    ],
)
def test_weekends_and_holidays_are_passed_over(now: datetime, days: SendDays, expected: datetime) -> None:
    assert next_sendable(now, BERLIN, NINE, SIX, days) == expected


def test_what_falls_on_the_last_weekend_of_a_window_goes_before_it() -> None:
    """Opens on Thursday, closes with Sunday: the reminder of Sunday cannot go on Monday."""
    visit = PlannedVisit("m1", date(2026, 3, 12), utc(3, 11, 23), utc(3, 15, 23))
    planned = plan_messages(visit, Plan((3,), None), BERLIN, WEEKDAYS)
    assert [each.due_at for each in planned] == [utc(3, 12, 8), utc(3, 13, 8)]


def test_of_two_steps_that_come_to_one_day_the_earlier_stays() -> None:
    visit = PlannedVisit("m1", date(2026, 3, 13), utc(3, 12, 23), utc(3, 29, 22))
    planned = plan_messages(visit, Plan((1, 2, 3), None), BERLIN, WEEKDAYS)
    assert [(each.step, each.due_at) for each in planned] == [
        ("invitation", utc(3, 13, 8)),
        ("reminder_1", utc(3, 16, 8)),
    ]


def test_a_window_without_a_day_of_sending_keeps_its_invitation_to_be_seen() -> None:
    visit = PlannedVisit("m1", date(2026, 3, 14), utc(3, 13, 23), utc(3, 15, 23))
    assert [each.due_at for each in plan_messages(visit, Plan((), None), BERLIN, WEEKDAYS)] == [utc(3, 14, 8)]


def test_the_phone_task_keeps_its_day() -> None:
    visit = PlannedVisit("m1", date(2026, 3, 12), utc(3, 11, 23), utc(4, 11, 22))
    planned = plan_messages(visit, Plan((), 17), BERLIN, WEEKDAYS)
    assert planned[-1].due_at == utc(3, 29, 7)


def test_the_day_that_samoa_left_out_is_no_day_to_send_on() -> None:
    apia = ZoneInfo("Pacific/Apia")
    evening = datetime(2011, 12, 29, 19, tzinfo=apia)
    assert next_sendable(evening, apia, NINE, SIX) == datetime(2011, 12, 30, 19, tzinfo=UTC)
    new_year_off = SendDays(holidays=frozenset({date(2011, 12, 31)}))
    assert next_sendable(evening, apia, NINE, SIX, new_year_off) == datetime(2011, 12, 31, 19, tzinfo=UTC)


def test_a_calendar_without_any_day_has_no_next_one() -> None:
    closed = SendDays(holidays=frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(3800)))
    assert next_sendable(utc(1, 5, 10), BERLIN, NINE, SIX, closed) == END_OF_TIME


BASELINE = PlannedVisit("baseline", date(2026, 1, 5), utc(1, 5, 0), utc(1, 12, 0))
M1 = PlannedVisit("m1", date(2026, 2, 12), utc(2, 5, 0), utc(2, 26, 0))


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (utc(1, 4, 0), "baseline"),
        (utc(1, 20, 0), "baseline"),
        (utc(1, 24, 0), "baseline"),  # as near to both: what is over
        (utc(1, 25, 0), "m1"),
        (utc(2, 10, 0), "m1"),
        (utc(12, 1, 0), "m1"),
    ],
)
def test_what_nobody_planned_belongs_to_the_open_window_or_the_nearest(moment: datetime, code: str) -> None:
    found = belonging(moment, (M1, BASELINE))
    assert found
    assert found.timepoint == code


def test_without_windows_it_belongs_to_none() -> None:
    assert belonging(utc(1, 1, 0), ()) is None
