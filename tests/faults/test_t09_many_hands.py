"""Workers, beats, the button and people who send again, all at once (T9): each message goes once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Message, Visit
from surveys.outbox import resend
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.service import INVITATION, DueClinic, Service, due_clinic
from tests.servers.processes import wait_until

pytestmark = pytest.mark.faults
CLINICS, PATIENTS = (10, 1000) if FULL else (2, 40)
RESENT = 200 if FULL else 10
PRESSED = 6 if FULL else 1


@contextmanager
def pressed(service: Service, fault: Fault) -> Iterator[None]:
    """Dispatch by hand, by two people, again and again while the block runs."""

    def press() -> None:
        for _ in range(PRESSED):
            dispatchers.press(service, 1800)
            fault.inject("flask messages dispatch")

    hands = [threading.Thread(target=press) for _ in range(2)]
    for hand in hands:
        hand.start()
    try:
        yield
    finally:
        for hand in hands:
            hand.join()


def send_again(clinic: DueClinic, message: Message) -> None:
    """As a person does on the patient's page: another issue, with a Message-ID of its own."""
    with clinic_session(clinic.id) as session:
        resend(session, session.get_one(Visit, message.visit_id), actor=SYSTEM, now=app_now(session))
        session.commit()


def test_t09_many_hands_send_each_message_once(service: Service, record_fault: Fault) -> None:
    clinics = [due_clinic(PATIENTS) for _ in range(CLINICS)]
    again = [(clinic, message) for clinic in clinics for message in clinic.messages()]
    with ExitStack() as stack:
        for number in (1, 2):
            stack.enter_context(dispatchers.worker(service, f"worker-{number}"))
            stack.enter_context(dispatchers.beat(service, f"beat-{number}"))
        stack.enter_context(pressed(service, record_fault))
        for clinic, message in record_fault.chance.sample(again, RESENT):
            send_again(clinic, message)
            record_fault.inject("sent again by a person")
        wait_until(lambda: all(clinic.at_rest() for clinic in clinics), "every message", 1800 if FULL else 90)
    record_fault.inject("workers", 2)
    record_fault.inject("beats", 2)
    check(service, clinics, record_fault)


def check(service: Service, clinics: list[DueClinic], fault: Fault) -> None:
    """As many distinct Message-IDs as were sent, and each once; what a resend overtook is left out or waits a day."""
    rows = [message for clinic in clinics for message in clinic.messages(INVITATION)]
    states, taken = Counter(row.state for row in rows), service.sink.ids()
    fault.count(planned=len(rows), taken=taken.total(), distinct=len(taken), **states)
    assert len(rows) == CLINICS * PATIENTS + RESENT
    assert max(taken.values()) == 1
    assert set(taken) == {row.message_id for row in rows if row.state == "sent"}
    left_out = [row for row in rows if row.state != "sent"]
    assert {row.state for row in left_out} <= {"planned", "refused"}
    assert {row.issue for row in left_out} <= {1}
    assert len(left_out) <= RESENT
