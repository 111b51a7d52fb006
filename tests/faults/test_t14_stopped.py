"""A worker stopped beyond its lease at each step, then let go on (T14): no duplicate, and it changes nothing any more.

Only what was taken before the stop may be taken again, in a clinic that resends once, under the same Message-ID.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.faults import locks
from tests.faults.counting import FULL, Fault
from tests.faults.dispatchers import drain_here
from tests.faults.service import DueClinic, Service, due_clinic
from tests.faults.sink import Sink, listening
from tests.servers.processes import process, wait_until

pytestmark = pytest.mark.faults
DEADLINE = 1.0  # seconds, in short_worker
NEVER, ONCE = "never_resend", "resend_once"
BEFORE_SENDING = "LOCK TABLE consent IN EXCLUSIVE MODE"  # permissions are looked at before the message is locked
PIPELINED: tuple[str, ...] = ("PIPELINING",)


@dataclass(frozen=True)
class Stop:
    """Where the worker is stopped, and what must have become of the message after both went on."""

    step: str
    policy: str
    offers: tuple[str, ...]
    state: str
    taken: int


STOPS = (
    Stop("claimed", NEVER, PIPELINED, "sent", 1),
    Stop("RCPT", NEVER, (), "unknown", 0),
    Stop("DATA", ONCE, PIPELINED, "sent", 1),
    Stop(".", NEVER, PIPELINED, "sent", 1),  # the late answer explains what was unknown
)
MORE = (
    Stop("RCPT", ONCE, (), "sent", 1),
    Stop("DATA", NEVER, PIPELINED, "unknown", 0),
    Stop(".", ONCE, PIPELINED, "sent", 2),
    Stop("CONNECT", ONCE, PIPELINED, "sent", 1),
    Stop("EHLO", ONCE, PIPELINED, "sent", 1),
    Stop("MAIL", ONCE, PIPELINED, "sent", 1),
    Stop("MAIL", ONCE, (), "sent", 1),
    Stop("DATA", ONCE, (), "sent", 1),
    Stop("DATA", NEVER, (), "unknown", 0),
    Stop(".", ONCE, (), "sent", 2),
)


@contextmanager
def stopped_at(service: Service, sink: Sink, stop: Stop, clinic: DueClinic) -> Iterator[None]:
    """Start a worker, stop it at the step, and let it go on to its end after the block; nothing holds it but that."""
    settings, log = {**service.settings, "SMTP_URL": sink.url}, service.folder / "short.log"
    with process(["tests.faults.short_worker", str(clinic.id)], settings, log) as worker:
        if stop.step == "claimed":
            with locks.held(service, BEFORE_SENDING):
                locks.wait_for_it(service)
                os.killpg(worker.pid, signal.SIGSTOP)
        else:
            pause = sink.pause(stop.step)
            wait_until(pause.reached.is_set, f"the worker at {stop.step}, see {log}", 60)
            os.killpg(worker.pid, signal.SIGSTOP)
            pause.go_on.set()
        try:
            yield
        finally:
            os.killpg(worker.pid, signal.SIGCONT)
        assert worker.wait(60) == 0


@pytest.mark.parametrize("stop", STOPS + MORE if FULL else STOPS, ids=lambda stop: f"{stop.step}-{stop.policy}")
def test_t14_a_worker_stopped_beyond_its_lease_changes_nothing_when_it_goes_on(
    service: Service, record_fault: Fault, stop: Stop
) -> None:
    clinic = due_clinic(1, policy=stop.policy)
    with listening(Sink(stop.offers)) as sink:
        with stopped_at(service, sink, stop, clinic):
            record_fault.inject(f"SIGSTOP at {stop.step}")
            clinic.let_leases_run_out()
            drain_here(service, sink.url)
            meanwhile = clinic.messages()[0]
            time.sleep(DEADLINE)
        if stop.step == "claimed":  # the frozen transaction kept the patient until now, and nobody waited for it
            assert meanwhile.state == "claimed"
            clinic.let_leases_run_out()
            drain_here(service, sink.url)
        (message,) = clinic.messages()
        record_fault.count(taken=len(sink.taken), **{message.state: 1})
        assert (message.state, len(sink.taken)) == (stop.state, stop.taken)
        assert set(sink.ids()) <= {message.message_id}
        if stop.step != "claimed":
            assert (message.fence, message.attempts) == (meanwhile.fence, meanwhile.attempts)
            assert meanwhile.state == message.state or (meanwhile.state, stop.step) == ("unknown", ".")
