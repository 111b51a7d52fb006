"""A worker killed with SIGKILL at each step of dispatch (T7): every message ends once, and is doubled only where told.

A text may be taken twice only if the kill fell between its final dot and the commit of what the relay answered, only
in a clinic that resends once, and under one Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import tuple_

from surveys.models import Message
from tests.faults import dispatchers, locks
from tests.faults.counting import FULL, Fault
from tests.faults.dispatchers import Crew
from tests.faults.service import DueClinic, Service, due_clinic
from tests.servers.processes import wait_until

pytestmark = pytest.mark.faults
PATIENTS = 40 if FULL else 8
BEFORE_SENDING = "LOCK TABLE patient_link IN EXCLUSIVE MODE"  # each link is written with the state ``sending``
BEFORE_SETTLING = "SELECT 1 FROM message WHERE state = 'sending' FOR UPDATE"
STEPS = ("claimed", "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", ".", "settle")
NEVER, ONCE = "never_resend", "resend_once"
QUICK = (("claimed", NEVER, False), ("RCPT", ONCE, True), (".", NEVER, False), ("settle", ONCE, False))
EVERY = tuple(product(STEPS, (NEVER, ONCE), (False, True)))
ONCE_A_CONNECTION = ("CONNECT", "EHLO")


@pytest.fixture(scope="module")
def working(module_service: Service) -> Iterator[Crew]:
    """A worker and a beat for every kill."""
    with dispatchers.crew(module_service) as crew:
        yield crew


@dataclass(frozen=True)
class Killed:
    """How things stood at the blow: rows in the worker's hands, those ``sending``, and texts taken unsettled."""

    clinic: DueClinic
    held: tuple[tuple[UUID, int], ...]
    sending: frozenset[str]
    unsettled: frozenset[str]

    def let_leases_run_out(self) -> None:
        """Of the dead worker alone: another may be at work already."""
        self.clinic.change(tuple_(Message.id, Message.fence).in_(self.held), lease_until=self._past())

    def _past(self) -> object:
        return min(m.lease_until for m in self.clinic.messages() if m.lease_until).replace(year=2000)


def kill_at(service: Service, step: str, policy: str, passing: int, kill: Callable[[], None]) -> Killed:
    """Bring the worker to this step of a new clinic's messages, and kill it there."""
    with ExitStack() as stack:
        if step == "claimed":
            stack.enter_context(locks.held(service, BEFORE_SENDING))
            clinic = due_clinic(PATIENTS, policy=policy)
            locks.wait_for_it(service)
        else:
            stop = service.sink.pause("." if step == "settle" else step, passing=passing)
            stack.callback(stop.go_on.set)
            clinic = due_clinic(PATIENTS, policy=policy)
            wait_until(stop.reached.is_set, f"the worker at {step}", 60)
        if step == "settle":
            stack.enter_context(locks.held(service, BEFORE_SETTLING))
            stop.go_on.set()
            locks.wait_for_it(service)
        killed = look_at(service, clinic)
        kill()
    return killed


def look_at(service: Service, clinic: DueClinic) -> Killed:
    """Note who holds what, at this moment."""
    messages = clinic.messages()
    held = tuple((message.id, message.fence) for message in messages if message.state in ("claimed", "sending"))
    sent = {message.message_id for message in messages if message.state == "sent"}
    sending = frozenset(message.message_id for message in messages if message.state == "sending")
    return Killed(clinic, held, sending, frozenset(set(service.sink.ids()) - sent))


def check(service: Service, killed: Killed, policy: str) -> tuple[int, int]:
    """Hold what came of it against the promises; return how many are unknown and how many were doubled."""
    planned, taken, states = killed.clinic.planned_ids(), service.sink.ids(), killed.clinic.states()
    assert sum(states.values()) == PATIENTS
    assert set(taken) <= set(planned)
    doubled = {number for number, times in taken.items() if times > 1}
    in_the_socket = doubled - killed.unsettled  # the relay had yet to read a text that the worker had written whole
    assert in_the_socket <= killed.sending
    assert len(in_the_socket) <= 1
    assert not doubled or policy == ONCE
    assert all(times <= 2 for times in taken.values())
    sent = {message.message_id for message in killed.clinic.messages() if message.state == "sent"}
    assert sent <= set(taken)
    assert set(states) <= {"sent", "unknown"}
    assert states["unknown"] <= (len(killed.sending) if policy == NEVER else 0)
    assert killed.clinic.tasks()["unknown_handover"] == states["unknown"]
    return states["unknown"], len(doubled)


@pytest.mark.parametrize(("step", "policy", "whole"), EVERY if FULL else QUICK)
def test_t07_a_worker_killed_at_this_step_loses_nothing_and_doubles_nothing_else(
    service: Service, working: Crew, record_fault: Fault, step: str, policy: str, whole: bool
) -> None:
    passing = 0 if step in ONCE_A_CONNECTION else record_fault.chance.randrange(PATIENTS - 1)
    killed = kill_at(service, step, policy, passing, lambda: working.kill(whole=whole))
    record_fault.inject(f"kill -9 of the {'worker' if whole else 'child'} at {step}")
    killed.let_leases_run_out()
    working.keep_up()
    wait_until(killed.clinic.ended, "the end of every message", 60)
    unknown, doubled = check(service, killed, policy)
    record_fault.count(planned=PATIENTS, sent=PATIENTS - unknown, unknown=unknown, doubled=doubled)
