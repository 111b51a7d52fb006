"""Month ends, daylight saving and windows, against a reference that walks the calendar and the clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.schedule import PlannedVisit, add_months, local_instant, plan_visits
from surveys.send_calendar import in_quiet_hours, next_sendable, plan_messages
from tests.surveys.calendar_reference import clock_by_search, month_by_walking

ZONES = (
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
)
NINE, SIX = time(9), time(18)
BERLIN = ZoneInfo("Europe/Berlin")

zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2005, 1, 1), date(2037, 12, 31))
walls = st.times(timezones=st.none()).map(lambda wall: wall.replace(microsecond=0, fold=0))
instants = st.integers(1_104_537_600, 2_145_830_400).map(lambda second: datetime.fromtimestamp(second, UTC))


@dataclass(frozen=True)
class Point:
    code: str
    months: int | None = None
    weeks: int | None = None
    opens_days_before: int = 0
    closes_days_after: int = 0


@dataclass(frozen=True)
class Plan:
    reminder_days: tuple[int, ...] = (3, 7, 14)
    phone_task_days: int | None = 17
    send_from: time = NINE
    send_until: time = SIX


BASELINE = Point("baseline", closes_days_after=182)
M1 = Point("m1", months=1, opens_days_before=7, closes_days_after=14)
M12 = Point("m12", months=12, opens_days_before=30, closes_days_after=60)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 31), 2, date(2025, 3, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2024, 8, 31), 72, date(2030, 8, 31)),
    ],
)
def test_months_are_counted_from_the_index_date_and_clamped(start: date, months: int, expected: date) -> None:
    assert add_months(start, months) == expected


@given(days, st.integers(0, 40))
def test_months_agree_with_walking_through_the_calendar(start: date, months: int) -> None:
    assert add_months(start, months) == month_by_walking(start, months)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), time(2, 30), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("America/Santiago", date(2026, 9, 6), time(0), datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 45, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 19, 0, tzinfo=UTC)),
    ],
)
def test_a_gap_moves_forward_and_an_overlap_is_the_first(zone: str, day: date, wall: time, expected: datetime) -> None:
    assert local_instant(day, wall, ZoneInfo(zone)) == expected


@given(days, walls, zones)
def test_wall_times_agree_with_a_search_over_offsets(day: date, wall: time, zone: ZoneInfo) -> None:
    assert local_instant(day, wall, zone) == clock_by_search(day, wall, zone)


@pytest.mark.parametrize("name", ZONES)
def test_every_midnight_and_morning_of_two_years_agrees_with_the_search(name: str) -> None:
    zone = ZoneInfo(name)
    for number in range(730):
        day = date(2026, 1, 1) + timedelta(days=number)
        for wall in (time(0), time(2, 30), NINE):
            assert local_instant(day, wall, zone) == clock_by_search(day, wall, zone)


def test_without_an_index_date_there_is_only_the_baseline() -> None:
    visits = plan_visits(None, date(2026, 5, 4), (BASELINE, M1, M12), BERLIN)
    assert [visit.timepoint for visit in visits] == ["baseline"]
    assert visits[0].opens_at == datetime(2026, 5, 3, 22, tzinfo=UTC)
    assert visits[0].closes_at == datetime(2026, 11, 2, 23, tzinfo=UTC)


def test_the_baseline_closes_with_the_day_of_the_first_treatment() -> None:
    index, first = date(2026, 9, 1), date(2026, 5, 11)
    baseline, _ = plan_visits(index, date(2026, 5, 4), (BASELINE, M1), BERLIN, first_treatment_on=first)
    assert baseline.closes_at == datetime(2026, 5, 11, 22, tzinfo=UTC)


def test_a_baseline_enrolled_after_the_treatment_is_over() -> None:
    (baseline,) = plan_visits(date(2026, 5, 1), date(2026, 5, 4), (BASELINE,), BERLIN)
    assert baseline.opens_at < baseline.closes_at == datetime(2026, 5, 1, 22, tzinfo=UTC)


def test_a_follow_up_opens_before_and_closes_after_its_due_date() -> None:
    (visit,) = plan_visits(date(2026, 1, 31), date(2026, 1, 1), (M1,), BERLIN)
    assert visit == PlannedVisit(
        timepoint="m1",
        due_on=date(2026, 2, 28),
        opens_at=datetime(2026, 2, 20, 23, tzinfo=UTC),
        closes_at=datetime(2026, 3, 14, 23, tzinfo=UTC),
    )


def test_weeks_and_years_are_offsets_too() -> None:
    points = (Point("w2", weeks=2), Point("y6", months=72), Point("y10", months=120))
    visits = plan_visits(date(2024, 2, 29), date(2024, 2, 1), points, BERLIN)
    assert [visit.due_on for visit in visits] == [date(2024, 3, 14), date(2030, 2, 28), date(2034, 2, 28)]


@given(days, st.integers(0, 120), st.integers(0, 60), st.integers(0, 90), zones)
def test_every_window_holds_its_due_date_and_opens_before_it_closes(
    index: date, months: int, before: int, after: int, zone: ZoneInfo
) -> None:
    point = Point("m", months=months, opens_days_before=before, closes_days_after=after)
    (visit,) = plan_visits(index, index, (point,), zone)
    assert visit.opens_at <= local_instant(visit.due_on, time(12), zone) < visit.closes_at


@given(days, zones)
def test_replanning_for_the_same_dates_gives_the_same_plan(index: date, zone: ZoneInfo) -> None:
    points = (BASELINE, M1, M12)
    assert plan_visits(index, index, points, zone) == plan_visits(index, index, points, zone)


def test_messages_go_at_the_start_of_the_send_window() -> None:
    (visit,) = plan_visits(date(2026, 2, 10), date(2026, 1, 1), (M12,), BERLIN)
    assert [(each.step, each.due_at) for each in plan_messages(visit, Plan(), BERLIN)] == [
        ("invitation", datetime(2027, 1, 11, 8, tzinfo=UTC)),
        ("reminder_1", datetime(2027, 1, 14, 8, tzinfo=UTC)),
        ("reminder_2", datetime(2027, 1, 18, 8, tzinfo=UTC)),
        ("reminder_3", datetime(2027, 1, 25, 8, tzinfo=UTC)),
        ("phone_task", datetime(2027, 1, 28, 8, tzinfo=UTC)),
    ]


def test_reminders_keep_nine_o_clock_across_the_change_to_summer_time() -> None:
    (visit,) = plan_visits(date(2026, 3, 3), date(2026, 1, 1), (M1,), BERLIN)
    due = [each.due_at for each in plan_messages(visit, Plan(), BERLIN)]
    assert [(each.day, each.hour) for each in due] == [(27, 8), (30, 7), (3, 7), (10, 7), (13, 7)]


@given(days, st.integers(0, 20), zones)
def test_no_message_falls_outside_its_window_or_into_quiet_hours(index: date, length: int, zone: ZoneInfo) -> None:
    (visit,) = plan_visits(index, index, (Point("m1", months=1, closes_days_after=length),), zone)
    planned = plan_messages(visit, Plan(), zone)
    assert [each.step for each in planned[:1]] == ["invitation"]
    assert all(visit.opens_at <= each.due_at < visit.closes_at for each in planned)
    assert not any(in_quiet_hours(each.due_at, zone, NINE, SIX) for each in planned)
    assert len({each.due_at for each in planned}) == len(planned) <= 5


def test_without_a_phone_task_there_is_none() -> None:
    (visit,) = plan_visits(date(2026, 2, 10), date(2026, 1, 1), (M12,), BERLIN)
    assert [each.step for each in plan_messages(visit, Plan((5,), None), BERLIN)] == ["invitation", "reminder_1"]


@pytest.mark.parametrize(("hour", "minute", "quiet"), [(8, 59, True), (9, 0, False), (17, 59, False), (18, 0, True)])
def test_quiet_hours_include_the_end_and_exclude_the_start(hour: int, minute: int, *, quiet: bool) -> None:
    now = datetime(2026, 7, 1, hour, minute, tzinfo=BERLIN)
    assert in_quiet_hours(now, BERLIN, NINE, SIX) is quiet


@given(instants, zones)
def test_the_next_sendable_moment_is_the_first_that_is_not_quiet(now: datetime, zone: ZoneInfo) -> None:
    sendable = next_sendable(now, zone, NINE, SIX)
    assert not in_quiet_hours(sendable, zone, NINE, SIX)
    assert now <= sendable <= now + timedelta(hours=40)
    if in_quiet_hours(now, zone, NINE, SIX):
        assert in_quiet_hours(sendable - timedelta(seconds=1), zone, NINE, SIX)
    else:
        assert sendable == now


@given(instants, zones, st.integers(0, 20 * 60), st.integers(3 * 60, 23 * 60))
def test_any_send_window_of_three_hours_is_met_ahead(now: datetime, zone: ZoneInfo, start: int, length: int) -> None:
    send_from, end = time(start // 60, start % 60), min(start + length, 24 * 60 - 1)
    send_until = time(end // 60, end % 60)
    sendable = next_sendable(now, zone, send_from, send_until)
    assert now <= sendable
    assert not in_quiet_hours(sendable, zone, send_from, send_until)


@pytest.mark.parametrize(
    ("zone", "now", "send_from", "expected"),
    [
        (
            "Europe/Berlin",
            datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
            time(2, 30),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        (
            "America/Havana",
            datetime(2026, 11, 1, 5, 5, tzinfo=UTC),
            time(0, 30),
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        ),
    ],
)
def test_the_hour_that_comes_twice_never_sends_into_the_past(
    zone: str, now: datetime, send_from: time, expected: datetime
) -> None:
    assert next_sendable(now, ZoneInfo(zone), send_from, SIX) == expected
