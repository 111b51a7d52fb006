"""Month ends and changes of the clock in twelve zones and more (T12): each mail goes once, when the reference says.

The real planner writes the rows and the real tick sends them, with the domain clock half a minute before moments
of the reference, and at each of them: nothing may be early, and nothing waits for the next moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from surveys.db import clinic_session, real_now
from surveys.models import Episode, Message, Patient, Visit
from tasks.reminders import tick_now
from tests.faults.counting import FULL, Fault
from tests.faults.service import Service
from tests.outbox.follow_up import Site, Story, fill, open_site
from tests.surveys.calendar_reference import mails_by_walking, month_by_walking, window_by_walking

pytestmark = pytest.mark.faults
ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
HOURS = time(9), time(18)
MONTHS = ((1, 7, 14), (3, 14, 30))  # months after the index date, days before and after, as the registry has them
REMINDERS = (3, 7, 14)
EARLY = timedelta(seconds=30)
WEEK_2_OVER = timedelta(days=18)  # its last reminder, and before month 1 opens
SLACK = timedelta(seconds=25)  # for the tick itself
Sent = tuple[str, str, datetime]  # zone, timepoint, when
CASES: list[tuple[date, tuple[str, ...]]] = [
    # the index date, and the zones: the months after it hold an end of month and a change of the clock
    (date(2026, 2, 28), ZONES),
    (date(2011, 11, 30), ("Pacific/Apia",)),  # a month later is the day that Samoa left out
]
IF_FULL: list[tuple[date, tuple[str, ...]]] = [
    (date(2026, 1, 31), ZONES),
    (date(2026, 8, 31), ZONES),
    (date(2024, 1, 31), ZONES),
    (date(2027, 9, 30), ZONES),
]


def reference(index: date, zone: str, months: Sequence[tuple[int, int, int]]) -> Iterator[Sent]:
    """Every mail about the follow-ups of one patient."""
    place = ZoneInfo(zone)
    for number, before, after in months:
        window = window_by_walking(index, number, before, after, place)
        for moment in mails_by_walking(window, REMINDERS, place, HOURS, lambda _day: True):
            yield zone, f"m{number}", moment


def sent(site: Site, codes: Sequence[str]) -> list[tuple[str, str, datetime, str]]:
    wanted = (
        select(Patient.time_zone, Visit.timepoint, Message.settled_at, Message.message_id)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Message.state == "sent", Message.channel == "email", Visit.timepoint.in_(codes))
    )
    with clinic_session(site.clinic_id) as session:
        return [(row[0], row[1], row[2], row[3]) for row in session.execute(wanted) if row[2]]


def go_to(service: Service, site: Site, moment: datetime) -> None:
    """Set the domain clock, and tick."""
    with clinic_session(site.clinic_id) as session:
        shift = moment - real_now(session)
    service.shift(shift)
    tick_now()


@pytest.mark.parametrize(("index", "zones"), CASES + (IF_FULL if FULL else []))
def test_each_mail_goes_once_when_the_reference_says(
    service: Service, record_fault: Fault, index: date, zones: Sequence[str]
) -> None:
    months = MONTHS if FULL else MONTHS[:1]
    begin = datetime(index.year, index.month, index.day, 12, tzinfo=UTC)
    service.shift(begin - datetime.now(UTC))
    site = open_site(begin)
    day_everywhere = [Story(zone, index, index, zone=zone) for zone in zones]
    with_tomorrow = begin + timedelta(hours=14)  # by then it is the day, or the next, everywhere
    fill(site, day_everywhere, now=with_tomorrow)
    wanted = sorted({each for zone in zones for each in reference(index, zone, months)}, key=lambda each: each[2])
    assert {code for _zone, code, _at in wanted} == {f"m{number}" for number, *_ in months}
    codes = sorted({code for _zone, code, _at in wanted})
    for hours in range(0, 24, 6):
        go_to(service, site, begin + WEEK_2_OVER + timedelta(hours=hours))
    for position, moment in enumerate(sorted({at for _zone, _code, at in wanted})):
        if FULL or position % 4 == 0:
            go_to(service, site, moment - EARLY)
        assert len(sent(site, codes)) == sum(at < moment for *_, at in wanted), f"something was early, {moment}"
        go_to(service, site, moment)
        assert len(sent(site, codes)) == sum(at <= moment for *_, at in wanted), f"something is late, {moment}"
    gone = sent(site, codes)
    pairs = zip(sorted(wanted), sorted((zone, code, at) for zone, code, at, _id in gone), strict=True)
    assert [(one, two) for one, two in pairs if one[:2] != two[:2] or not timedelta(0) <= two[2] - one[2] < SLACK] == []
    taken = service.sink.ids()
    assert max(taken.values()) == 1
    assert {message_id for *_, message_id in gone} <= set(taken)
    assert {at.replace(microsecond=0) for _z, _c, at, _id in gone} <= {
        written + timedelta(seconds=late) for written in dates_of(service) for late in (0, 1, 2)
    }
    record_fault.inject("mails over month ends and clock changes", len(wanted))
    record_fault.count(zones=len(zones), early=0, late=0, doubled=0)


def dates_of(service: Service) -> set[datetime]:
    """The Date of each mail, by the domain clock."""
    return {parsedate_to_datetime(message_from_bytes(each.text)["Date"]) for each in service.sink.taken}


def test_the_reference_itself_counts_from_the_index_date() -> None:
    assert [month_by_walking(date(2026, 1, 31), number).isoformat() for number in (1, 2, 3)] == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
