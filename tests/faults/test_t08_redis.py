"""Redis emptied every second while messages go, and Redis away (T8): nothing lost, nothing twice, patients answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from surveys.access.links import issue_link
from surveys.db import app_now, clinic_session
from surveys.models import Answer, Visit
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.patient_over_http import Answered, StubbornPatient
from tests.faults.service import DueClinic, Service, due_clinic
from tests.servers.processes import wait_until, web_process

pytestmark = pytest.mark.faults
CLINICS, PATIENTS = (6, 100) if FULL else (2, 10)
FLUSHED_EVERY = 1.0 if FULL else 0.3  # seconds
AWAY = 600.0 if FULL else 2.0  # seconds
ANSWERS = 400 if FULL else 12


@pytest.fixture(scope="module", autouse=True)
def working(module_service: Service) -> Iterator[None]:
    """Two workers and a beat."""
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(dispatchers.worker(module_service, name))
        stack.enter_context(dispatchers.beat(module_service))
        yield


@contextmanager
def repeatedly_flushed(service: Service, fault: Fault) -> Iterator[None]:
    """Empty Redis again and again until the block ends."""
    over = threading.Event()

    def flush() -> None:
        while not over.wait(FLUSHED_EVERY):
            service.flush()
            fault.inject("FLUSHALL")

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def check(service: Service, clinics: list[DueClinic], fault: Fault) -> None:
    """Every message was sent, and taken once."""
    states: Counter[str] = sum((clinic.states() for clinic in clinics), Counter())
    planned: Counter[str] = sum((clinic.planned_ids() for clinic in clinics), Counter())
    taken = service.sink.ids()
    fault.count(planned=planned.total(), taken=taken.total(), distinct=len(taken), **states)
    assert states == {"sent": planned.total()}
    assert taken == planned


def test_t08_every_message_goes_once_while_redis_is_emptied_again_and_again(
    service: Service, record_fault: Fault
) -> None:
    service.sink.delay = 0.05  # so that some flushes fall into the sending
    with repeatedly_flushed(service, record_fault):
        clinics = [due_clinic(PATIENTS) for _ in range(CLINICS)]
        wait_until(lambda: all(clinic.ended() for clinic in clinics), "the end of every message", 300 if FULL else 60)
    assert record_fault.injected["FLUSHALL"] > 0
    check(service, clinics, record_fault)


def answers_of(clinic: DueClinic) -> list[Answered]:
    """Return what the clinic's one patient answered, as the database has it."""
    with clinic_session(clinic.id) as session:
        rows = session.execute(select(Answer.item, Answer.level, Answer.nonce).order_by(Answer.id))
        return [(item, level, nonce) for item, level, nonce in rows]


def patient_of(service: Service, clinic: DueClinic, fault: Fault) -> StubbornPatient:
    """Return a patient with a link, ready to answer over HTTP."""
    with clinic_session(clinic.id) as session:
        visit = session.get_one(Visit, clinic.messages()[0].visit_id)
        token = issue_link(session, visit, now=app_now(session))
        session.commit()
    port = urlsplit(service.settings["PUBLIC_BASE_URL"]).port or 0
    return StubbornPatient(port, token, service.settings["SECRET_KEY"], fault.chance)


def test_t08_while_redis_is_away_patients_answer_and_messages_wait_for_its_return(
    service: Service, record_fault: Fault
) -> None:
    first = due_clinic(1)
    wait_until(first.ended, "a first message", 60)
    service.sink.clear()
    with web_process(service.settings, service.folder / "web.log") as _web:
        patient = patient_of(service, first, record_fault)
        service.redis.stop()
        record_fault.inject("Redis stopped")
        gone = time.monotonic()
        try:
            clinics = [due_clinic(PATIENTS) for _ in range(CLINICS)]
            patient.start()
            patient.answer(ANSWERS)
            record_fault.count(answers=ANSWERS, sent_again=patient.resent, refused=patient.refused)
            assert service.sink.taken == []
            time.sleep(max(0.0, AWAY - (time.monotonic() - gone)))  # the outage itself
        finally:
            service.redis.start()
        record_fault.inject("seconds without Redis", round(time.monotonic() - gone))
        back = time.monotonic()
        wait_until(lambda: all(clinic.ended() for clinic in clinics), "the end of every message", 120)
        record_fault.count(seconds_until_all_were_sent=time.monotonic() - back)
    assert answers_of(first) == patient.acknowledged
    assert (patient.resent, patient.refused) == (0, 0)
    check(service, clinics, record_fault)
