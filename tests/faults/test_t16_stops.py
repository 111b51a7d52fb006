"""Completion, unsubscribing, a bounce and an ending in the middle of a send (T16): nothing goes after it but what went.

What was ``sending`` when the act was committed may still arrive; every other message of that patient ends unsent.
"""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.opt_out import opt_out_url
from surveys.answering import responses
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.suppressing import suppress_of, wait_for_hand_overs
from surveys.pathway.endings import record_ending
from surveys.protocols import store as protocol_store
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.service import INVITATION, DueClinic, Service, due_clinic
from tests.servers.processes import wait_until, web_process

pytestmark = pytest.mark.faults
PATIENTS = 600 if FULL else 60
HANDS = 4  # people and patients at once
BEFORE = 3  # messages that go before the first act


@pytest.fixture(scope="module", autouse=True)
def working(module_service: Service) -> Iterator[None]:
    """A worker, a beat, and the web for the unsubscribing."""
    settings, log = module_service.settings, module_service.folder / "web.log"
    with dispatchers.crew(module_service), web_process(settings, log, workers=1):
        yield


@dataclass(frozen=True)
class Concerned:
    """Everything about one message that an act upon its patient needs."""

    session: Session
    service: Service
    message: Message
    visit: Visit
    episode: Episode
    now: datetime


def complete(one: Concerned) -> None:
    protocol = protocol_store.protocol_of(protocol_store.get(one.session, one.episode.protocol_id))
    responses.submit(one.session, one.visit, protocol, now=one.now, actor=SYSTEM)


def unsubscribe(one: Concerned) -> None:
    """Over HTTP, as a mail program does it at one click."""
    settings = one.service.settings
    url = opt_out_url(settings["PUBLIC_BASE_URL"], settings["SECRET_KEY"], one.message.clinic_id, one.episode.id)
    with urllib.request.urlopen(url, data=b"List-Unsubscribe=One-Click", timeout=30) as reply:  # noqa: S310
        assert reply.status == 200


def bounce(one: Concerned) -> None:
    """What the reader of returned mail does once it knows whose address is lost."""
    patient = one.session.get_one(Patient, one.episode.patient_id)
    wait_for_hand_overs(one.session, [patient.id])
    assert suppress_of(one.session, patient, "email", "bounced", now=one.now)


def end(one: Concerned) -> None:
    clinic = one.session.get_one(Clinic, one.message.clinic_id)
    ended_on = one.now.date()
    record_ending(one.session, clinic, one.episode, "died", ended_on, reason=None, actor=SYSTEM, now=one.now)


ACTS: dict[str, Callable[[Concerned], None]] = {
    "completed": complete,
    "unsubscribed": unsubscribe,
    "bounced": bounce,
    "died": end,
}


@dataclass(frozen=True)
class Acted:
    """``at``: the domain clock after the act's commit; ``state``: the message's then."""

    message_id: str
    act: str
    at: datetime
    state: str


def act_upon(service: Service, message: Message, act: str) -> Acted:
    """Do it in a transaction of its own, and look at the message once it is committed."""
    with service.app.app_context(), clinic_session(message.clinic_id) as session:
        visit = session.get_one(Visit, message.visit_id)
        episode, now = session.get_one(Episode, visit.episode_id), app_now(session)
        ACTS[act](Concerned(session, service, message, visit, episode, now))
        session.commit()
        state = session.scalars(select(Message.state).where(Message.id == message.id)).one()
        return Acted(message.message_id, act, app_now(session), state)


def act_at_once(service: Service, fault: Fault, messages: list[Message]) -> list[Acted]:
    """Let several hands act, each patient meeting one of the acts."""
    fault.chance.shuffle(messages)
    acts = [list(ACTS)[number % len(ACTS)] for number in range(len(messages))]
    with ThreadPoolExecutor(HANDS) as hands:
        done = list(hands.map(lambda pair: act_upon(service, *pair), zip(messages, acts, strict=True)))
    for one in done:
        fault.inject(one.act)
    return done


def check(service: Service, clinic: DueClinic, acted: list[Acted], fault: Fault) -> int:
    """Return how many acts came before their message was begun."""
    rows = {message.message_id: message for message in clinic.messages(INVITATION)}
    taken = service.sink.ids()
    early = [one for one in acted if one.state not in ("sending", "sent")]
    fault.count(planned=PATIENTS, acts=len(acted), in_time=len(early), taken=len(taken))
    assert [one for one in early if one.message_id in taken] == []
    for one in acted:
        row = rows[one.message_id]
        assert row.state in ("sent", "cancelled", "refused"), (one, row.state)
        assert row.state != "sent" or (row.sending_at is not None and row.sending_at <= one.at), one
    assert all(times == 1 for times in taken.values())
    states = Counter(row.state for row in rows.values())
    fault.count(**states)
    assert states["sent"] == len(taken)
    assert sum(states.values()) == PATIENTS
    assert not set(states) & {"planned", "claimed", "sending"}
    return len(early)


def test_t16_what_was_not_begun_when_it_was_stopped_does_not_go(service: Service, record_fault: Fault) -> None:
    stop = service.sink.pause("DATA", passing=BEFORE)
    clinic = due_clinic(PATIENTS)
    wait_until(stop.reached.is_set, "the relay at DATA", 60)
    waiting = [message for message in clinic.messages() if message.state != "sent"]
    acted = act_at_once(service, record_fault, waiting)
    stop.go_on.set()
    wait_until(clinic.ended, "the end of every message", 60)
    assert check(service, clinic, acted, record_fault) > 0


def test_t16_stops_that_race_with_the_worker_win_or_come_late_and_never_both(
    service: Service, record_fault: Fault
) -> None:
    service.sink.delay = 0.01
    clinic = due_clinic(PATIENTS)
    wait_until(lambda: len(service.sink.taken) >= BEFORE, "the first messages", 60)
    waiting = [message for message in clinic.messages() if message.state != "sent"]
    acted = act_at_once(service, record_fault, waiting)
    wait_until(clinic.ended, "the end of every message", 60)
    check(service, clinic, acted, record_fault)
