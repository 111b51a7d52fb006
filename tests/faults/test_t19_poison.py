"""Messages that cannot be written (T19): five tries each, then a person is told; the others go at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import ColumnElement

from surveys.models import Message
from surveys.people.patients import PatientDetails
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.service import INVITATION, DueClinic, Service, due_clinic
from tests.servers.processes import wait_until

pytestmark = pytest.mark.faults
PATIENTS = 200 if FULL else 12
TRIES = 5
BEFORE_TO = "post@riverside.example\r\nBcc: everybody@patients.example"
UNREADABLE = "UPDATE patient SET email_enc = decode('00', 'hex') || email_enc WHERE clinic_id = %s AND number = %s"
NO_PROTOCOL = "UPDATE protocol_version SET source = 'timepoints = [', source_hash = 'x' WHERE clinic_id = %s"
Poison = Callable[[Service, DueClinic, int], None]


def two_recipients(number: int, details: PatientDetails, poisoned: int) -> PatientDetails:
    """An address that would be two envelope recipients and another header."""
    return replace(details, email=BEFORE_TO) if number == poisoned else details


def write(service: Service, statement: str, *values: object) -> None:
    """As a fault would: by no way that the application has."""
    with psycopg.connect(service.url, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def due_again(clinic: DueClinic) -> bool:
    """Bring what waits for its next try to now; return whether none is left."""
    waiting: ColumnElement[bool] = INVITATION & (Message.state == "planned") & (Message.attempts > 0)
    clinic.change(waiting, due_at=Message.planned_at)
    return clinic.ended()


def test_t19_one_that_cannot_be_written_is_tried_five_times_and_holds_up_no_other(
    service: Service, record_fault: Fault
) -> None:
    poisoned = sorted(record_fault.chance.sample(range(PATIENTS), 2))
    clinic = due_clinic(PATIENTS, change=lambda number, one: two_recipients(number, one, poisoned[0]))
    write(service, UNREADABLE, clinic.id, poisoned[1] + 1)
    record_fault.inject("two recipients in one address")
    record_fault.inject("details sealed under no known key")
    with dispatchers.worker(service), dispatchers.beat(service):
        wait_until(lambda: clinic.states()["sent"] == PATIENTS - 2, "the others", 60)
        others = {message.attempts for message in clinic.messages() if message.state == "sent"}
        assert others == {1}
        wait_until(lambda: due_again(clinic), "the end of the poisoned ones", 60)
    ends = [(m.state, m.refusal, m.attempts) for m in clinic.messages() if m.state != "sent"]
    record_fault.count(tries=sum(tries for _, _, tries in ends), **clinic.states())
    assert ends == [("refused", "relay_failed", TRIES)] * 2
    assert clinic.tasks() == {"failed_message": 2}
    assert set(service.sink.ids().values()) == {1}
    assert len(service.sink.ids()) == PATIENTS - 2


def test_t19_a_clinic_whose_protocol_cannot_be_read_holds_up_no_other_clinic(
    service: Service, record_fault: Fault
) -> None:
    broken, well = due_clinic(3), due_clinic(3)
    write(service, NO_PROTOCOL, broken.id)
    record_fault.inject("a protocol that cannot be read")
    for _ in range(TRIES):
        dispatchers.drain_here(service, service.sink.url)
        assert well.states() == {"sent": 3}
        due_again(broken)
    record_fault.count(tries=sum(m.attempts for m in broken.messages()), **(broken.states() + well.states()))
    assert {(m.state, m.refusal, m.attempts) for m in broken.messages()} == {("refused", "relay_failed", TRIES)}
    assert broken.tasks() == {"failed_message": 3}
