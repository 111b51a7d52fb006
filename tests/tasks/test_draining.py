"""A drain: fair between clinics, held up by no relay that is away, bounded, and the same by hand."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from local.ports import LOOPBACK, free_port
from surveys.access.chain.audit import SYSTEM
from surveys.access.signin.invitations import invite
from surveys.db import app_now, clinic_session, real_now
from surveys.models import Clinic, Message, StaffMail, Visit
from surveys.pathway.closing import close_windows
from tasks import draining, reminders, stopping
from tasks.dispatching import Dispatcher
from tasks.doors import doors
from tasks.draining import Drain, due_clinics
from tasks.pace import GOAL, MOST, Pace
from tests.faults.sink import Sink, listening
from tests.servers.bad_relay import bad_relay
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol, enrol_beside

NO_RELAY = f"smtp://{LOOPBACK}:{free_port()}"


@pytest.fixture(autouse=True)
def own_relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test point the application at another relay, and put it back."""
    monkeypatch.setitem(app.extensions, "backstory", app.extensions["backstory"])


def send_to(app: Flask, url: str) -> None:
    app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=url)


def large(size: int) -> Enrolled:
    """A clinic whose invitations have been due for long."""
    first = enrol()
    for number in range(1, size):
        enrol_beside(first, number)
    return first


def test_a_large_backlog_of_one_clinic_does_not_delay_another(app: Flask, postbox: Postbox) -> None:
    big, small = large(12), enrol()
    with doors(app.extensions["backstory"]) as ways:
        dispatcher = Dispatcher(ways)
        Drain(dispatcher, app.extensions["backstory"]).run([big.clinic_id, small.clinic_id], 60)
    arrived = [address for (address,) in postbox.recipients()]
    assert len(arrived) == 13
    assert arrived.index(small.address) <= 2, "it waits for a batch of the other clinic, not for its backlog"


def test_no_clinic_is_always_the_last_in_turn() -> None:
    clinics = {enrol().clinic_id for _ in range(3)}
    firsts = {next(each for each in due_clinics() if each in clinics) for _ in range(40)}
    assert firsts == clinics, "under a limit the last ones would never have a turn"


def test_mail_that_cannot_go_holds_up_no_task_for_staff(app: Flask, patient: Enrolled) -> None:
    enrol_beside(patient, 1)
    last = enrol_beside(patient, 2, channel="none")
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Message).where(Message.visit_id == last.visit_id).values(due_at=now))
        session.commit()
    send_to(app, NO_RELAY)
    reminders.drain_clinic(patient.clinic_id)
    states = Counter((m.channel, m.state, m.attempts) for m in patient.messages() if m.step == "invitation")
    assert states == {("email", "planned", 0): 2, ("staff", "sent", 0): 1}


def test_a_relay_away_for_a_weekend_costs_no_try_and_all_goes_on_its_return(
    app: Flask, patient: Enrolled, postbox: Postbox
) -> None:
    enrol_beside(patient, 1)
    before = due_at_of(patient)
    send_to(app, NO_RELAY)
    for _ in range(6):
        reminders.drain_clinic(patient.clinic_id)
    assert {(m.state, m.attempts, m.lease_until) for m in patient.messages()} == {("planned", 0, None)}
    assert (due_at_of(patient), patient.tasks()) == (before, [])
    assert patient.clinic_id in due_clinics(), "its age is the alarm"
    send_to(app, postbox.url)
    reminders.drain_clinic(patient.clinic_id)
    assert sorted(Counter(address for (address,) in postbox.recipients()).values()) == [1, 1]


def due_at_of(patient: Enrolled) -> set[object]:
    return {(message.id, message.due_at) for message in patient.messages()}


def test_a_relay_that_is_away_is_asked_once_in_a_drain_and_not_for_each_clinic(app: Flask) -> None:
    """It greets with a refusal; mail to staff of both clinics is due as well."""
    clinics = [large(2), large(2)]
    for each in clinics:
        owe_staff_mail(app, each.clinic_id)
        owe_staff_mail(app, each.clinic_id)
    with listening(Sink()) as sink:
        sink.says["CONNECT"] = "421 4.3.2 closing"
        send_to(app, sink.url)
        draining.drain(app.extensions["backstory"], [each.clinic_id for each in clinics])
        assert sink.heard["CONNECT"] == 1
    for each in clinics:
        assert {message.attempts for message in each.messages()} == {0}
        with clinic_session(each.clinic_id) as session:
            mails = session.execute(select(StaffMail.state, StaffMail.attempts, StaffMail.lease_until))
            assert {tuple(row) for row in mails} == {("planned", 0, None)}


def owe_staff_mail(app: Flask, clinic_id: UUID) -> None:
    with clinic_session(clinic_id) as session:
        vault, now, address = app.extensions["vault"], real_now(session), f"{uuid4().hex}@clinic.example"
        invite(session, vault, clinic_id, name="Ana", email=address, role="analyst", actor=SYSTEM, now=now)
        session.commit()


def test_a_last_look_that_takes_long_is_not_held_against_the_relay(
    app: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy host it takes longer than a batch may be sending, and one at a time would never catch up."""
    monkeypatch.setattr("tasks.pace.GOAL", 1.5)
    backlog = large(4)
    with doors(app.extensions["backstory"]) as ways:
        dispatcher = Dispatcher(ways)
        dispatcher.batch(backlog.clinic_id, limit=1)  # the connection is there now
        dispatcher.pace.sends = 1
        with clinic_session(backlog.clinic_id) as other:
            other.execute(select(Visit.id).with_for_update())
            letting_go = threading.Timer(1.6, other.rollback)  # below the patience for a lock
            letting_go.start()
            dispatcher.batch(backlog.clinic_id, limit=1)
            letting_go.join()
        assert len(postbox.recipients()) == 2
        assert dispatcher.pace.sends == 2


def test_a_relay_that_turns_slow_gets_few_at_a_time() -> None:
    pace = Pace()
    for _ in range(10):
        pace.took(GOAL / 2, pace.sends)
    assert pace.sends == pace.claims == MOST
    pace.took(GOAL * 4, MOST)
    assert pace.sends == MOST / 4
    pace.took(GOAL / 2, 3)
    assert pace.sends == MOST / 4, "a batch that was not full says nothing of a larger one"
    pace.took(GOAL * 100, 25)
    assert pace.sends == pace.claims == 1
    pace.took(GOAL / 2, 0)
    assert (pace.sends, pace.claims) == (1, MOST)


def test_a_drain_that_is_asked_to_stop_begins_nothing(
    patient: Enrolled, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "asked", lambda: True)
    assert reminders.drain_clinic(patient.clinic_id) == 0
    assert postbox.messages == []
    assert {(message.state, message.fence) for message in patient.messages()} == {("planned", 0)}


def test_a_limit_ends_a_drain(app: Flask, postbox: Postbox) -> None:
    clinic = large(5)
    assert draining.drain(app.extensions["backstory"], [clinic.clinic_id], limit=3)[0] == 3
    assert len(postbox.messages) == 3


def test_a_window_that_cannot_be_closed_holds_up_no_message_and_is_told(
    app: Flask, patient: Enrolled, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = enrol()

    def breaks(session: object, clinic: Clinic, **named: object) -> int:
        if clinic.id == broken.clinic_id:
            raise ZeroDivisionError
        return close_windows(session, clinic, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(draining, "close_windows", breaks)
    with pytest.raises(ZeroDivisionError):
        draining.drain(app.extensions["backstory"], [broken.clinic_id, patient.clinic_id])
    assert {address for (address,) in postbox.recipients()} == {broken.address, patient.address}


def test_one_process_of_a_worker_drains_at_a_time() -> None:
    """A forked process meets the lock of the one it came from; another worker has a lock of its own."""
    ask = "from tasks.draining import only_one\nimport os\nwith only_one() as a:\n pid = os.fork()\n"
    child = " if pid == 0:\n  with only_one() as b:\n   os._exit(0 if a and not b else 1)\n"
    code = f"{ask}{child} assert os.waitpid(pid, 0)[1] == 0\nwith only_one() as c: assert c\n"
    with draining.only_one() as here:
        assert here
        subprocess.run([sys.executable, "-c", code], check=True)


def test_by_hand_the_same_is_done_and_counted(app: Flask, postbox: Postbox) -> None:
    clinic = large(3)
    with clinic_session(clinic.clinic_id) as session:
        code = session.get_one(Clinic, clinic.clinic_id).code
    runner = app.test_cli_runner()
    first = runner.invoke(args=["messages", "dispatch", "--clinic", code, "--limit", "1"])
    assert (first.exit_code, first.output.split()) == (0, ["1", "sent"])
    enrol_beside(clinic, 9, channel="none")
    rest = runner.invoke(args=["messages", "dispatch", "--clinic", code])
    assert rest.exit_code == 0
    assert rest.output.split("\n")[:2] == ["       2 sent", "       1 opened as tasks for staff"]
    assert len(postbox.messages) == 3
    assert clinic.tasks() == ["no_channel"]
    again = runner.invoke(args=["messages", "dispatch", "--clinic", code])
    assert "nothing is due" in again.output
    assert clinic.clinic_id not in due_clinics()


def test_by_hand_a_relay_that_is_away_is_told_with_what_to_do(app: Flask, patient: Enrolled) -> None:
    send_to(app, NO_RELAY)
    with clinic_session(patient.clinic_id) as session:
        code = session.get_one(Clinic, patient.clinic_id).code
    done = app.test_cli_runner().invoke(args=["messages", "dispatch", "--clinic", code])
    assert done.exit_code == 1
    assert "The mail relay cannot be reached" in done.output
    assert "Check SMTP_URL" in done.output
    unknown = app.test_cli_runner().invoke(args=["messages", "dispatch", "--clinic", "nowhere"])
    assert unknown.exit_code == 2
    assert "There is no clinic 'nowhere'" in unknown.output


def test_a_relay_that_hangs_up_after_the_dot_leaves_unknown_what_it_took_and_no_more(app: Flask) -> None:
    clinic = large(4)
    with bad_relay({".": ""}) as relay:
        send_to(app, relay.url)
        reminders.dispatch(clinic.clinic_id)
        taken = len(relay.taken)
    states = Counter(message.state for message in clinic.messages() if message.step == "invitation")
    assert states["unknown"] == taken
    assert states["unknown"] + states["planned"] == 4
