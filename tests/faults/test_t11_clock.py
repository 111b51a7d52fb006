"""A clock two hours off, forty days ahead, a year behind (T11): no message early, none twice, and somebody is told.

On a host whose clock disagrees with the database's nothing is handed over until they agree again. The domain clock is
what messages go by; where it was moved, the doctor says so.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session

from surveys.db import app_now, clinic_scope, db
from surveys.models import Message
from tasks.figures import read_figures
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.service import DueClinic, Service, due_clinic
from tests.operations.stage import run_flask
from tests.servers.processes import process, wait_until

pytestmark = pytest.mark.faults
SHIFTS = {
    "2 hours ahead": timedelta(hours=2),
    "2 hours behind": timedelta(hours=-2),
    "40 days ahead": timedelta(days=40),
    "a year behind": timedelta(days=-365),
}
DUE_IN = [timedelta(hours=hours) for hours in (-3, -1, 1, 3, 24 * 60)]


@pytest.fixture
def clinic() -> DueClinic:
    """A clinic with a message due at each of these times from now."""
    made = due_clinic(len(DUE_IN))
    for message, due_in in zip(made.messages(), DUE_IN, strict=True):
        made.change(Message.id == message.id, due_at=now() + due_in)
    return made


def until_noon_tomorrow() -> timedelta:
    return datetime.combine(now().date() + timedelta(days=1), time(12), UTC) - now()


def now() -> datetime:
    with clinic_scope(None), Session(db.engine) as session:
        return app_now(session)


def due_by(clinic: DueClinic, moment: datetime) -> set[str]:
    return {message.message_id for message in clinic.messages() if message.due_at <= moment}


def findings(service: Service, name: str) -> list[str]:
    """Return the levels of the doctor's lines of this name."""
    told = json.loads(run_flask(service.settings, "doctor", "--json").stdout)
    return [line["level"] for line in told if line["name"] == name]


@pytest.mark.parametrize("shift", SHIFTS)
def test_t11_when_the_domain_clock_jumps_and_comes_back_nothing_goes_early_or_twice(
    service: Service, clinic: DueClinic, record_fault: Fault, shift: str
) -> None:
    usual = until_noon_tomorrow()  # so that two hours earlier is no other day
    for message, due_in in zip(clinic.messages(), DUE_IN, strict=True):
        clinic.change(Message.id == message.id, due_at=now() + usual + due_in)
    planned = {message.message_id: message.due_at for message in clinic.messages(true())}  # reminders too
    service.shift(usual + SHIFTS[shift])
    record_fault.inject(f"domain clock {shift}")
    moment = now()
    dispatchers.drain_here(service, service.sink.url)
    first = set(service.sink.ids())
    assert all(planned[each] <= moment + timedelta(minutes=1) for each in first)
    if abs(SHIFTS[shift]) < timedelta(days=1):  # else windows close, or of several steps only the newest goes
        assert first == {each for each, due in planned.items() if due <= moment}
    service.shift(usual)
    dispatchers.drain_here(service, service.sink.url)
    taken = service.sink.ids()
    record_fault.count(planned=len(planned), taken=taken.total(), distinct=len(taken))
    assert set(taken.values()) == {1} or not taken
    if SHIFTS[shift] < timedelta(0):
        assert set(taken) == {each for each, due in planned.items() if due <= now()}
    assert not {"claimed", "sending", "unknown"} & set(clinic.states())


def test_t11_a_moved_domain_clock_is_told_by_the_doctor(service: Service, record_fault: Fault) -> None:
    assert findings(service, "domain clock") == []
    service.shift(SHIFTS["40 days ahead"])
    record_fault.inject("domain clock 40 days ahead")
    told = findings(service, "domain clock")
    record_fault.count(alerts=len(told))
    assert told == ["warn"]  # bad in production, where nobody has a time machine


def test_t11_a_host_with_a_wrong_clock_hands_nothing_over_until_it_is_right(
    service: Service, clinic: DueClinic, record_fault: Fault
) -> None:
    due, log = due_by(clinic, now()), service.folder / "shifted.log"
    with ExitStack() as stack:
        wrong = [stack.enter_context(process(_dispatch(by), service.settings, log)) for by in SHIFTS.values()]
        assert [child.wait(90) for child in wrong] == [0] * len(SHIFTS)
    record_fault.inject("host's clock wrong", len(SHIFTS))
    alerts = log.read_text().count("nothing is handed over")
    record_fault.count(alerts=alerts)
    assert service.sink.taken == []
    assert alerts == len(SHIFTS)
    assert set(clinic.states()) == {"planned"}
    assert (read_figures().oldest_due or 0) > 3600
    dispatchers.press(service)
    taken = service.sink.ids()
    record_fault.count(due=len(due), taken=taken.total(), distinct=len(taken))
    assert taken == dict.fromkeys(due, 1)


def test_t11_the_doctor_on_a_host_with_a_wrong_clock_says_so(service: Service, record_fault: Fault) -> None:
    log = service.folder / "doctor.log"
    arguments = ["tests.faults.shifted", "7200", "flask", "--app", "wsgi", "doctor"]
    with process(arguments, service.settings, log) as child:
        assert child.wait(60) == 2
    record_fault.inject("host's clock 2 hours ahead")
    line = next(line for line in log.read_text().splitlines() if "apart" in line)
    record_fault.count(alerts=1)
    assert line.startswith("bad")
    assert "no message is handed over" in line


def _dispatch(by: timedelta) -> list[str]:
    return ["tests.faults.shifted", str(by.total_seconds()), "flask", "--app", "wsgi", "messages", "dispatch"]


if FULL:

    @pytest.mark.parametrize("shift", SHIFTS)
    def test_t11_a_worker_and_beat_on_a_host_with_a_wrong_clock_hand_nothing_over(
        service: Service, clinic: DueClinic, record_fault: Fault, shift: str
    ) -> None:
        due, log = due_by(clinic, now()), service.folder / f"worker {shift}.log"
        start = ["tests.faults.shifted", str(SHIFTS[shift].total_seconds()), "celery", "-A", "tests.faults.quick_beat"]
        with process([*start, "worker", "--beat", "--loglevel=INFO", "--concurrency=1"], service.settings, log):
            wait_until(lambda: "nothing is handed over" in log.read_text(), "the worker's word", 90)
        record_fault.inject(f"worker's clock {shift}")
        assert service.sink.taken == []
        dispatchers.press(service)
        record_fault.count(due=len(due), taken=service.sink.ids().total())
        assert service.sink.ids() == dict.fromkeys(due, 1)
