"""Mail to staff: each once, explained where it does not go, and never in the way of patients' mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import staff_mail as queue
from surveys.access.signin.invitations import invite
from surveys.access.signin.staff import disable
from surveys.db import clinic_session, real_now, uuid7
from surveys.models import Staff, StaffMail
from surveys.outbox import Claim
from tasks import draining, reminders, staff_mail
from tests.factories import MadeClinic, make_clinic
from tests.servers.postbox import Postbox

ADDRESS = "ana@clinic.example"
UNSYNCED = {"synchronize_session": False}


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    """A clinic that has invited one person; nothing is sent yet."""
    made = make_clinic()
    with clinic_session(made.id) as session:
        vault, now = app.extensions["vault"], real_now(session)
        invite(session, vault, made.id, name="Ana Prueba", email=ADDRESS, role="analyst", actor=SYSTEM, now=now)
        session.commit()
    return made


def dispatch(app: Flask, clinic: MadeClinic) -> int:
    with app.app_context():
        return staff_mail.dispatch(clinic.id, app.extensions["backstory"].smtp_url)


def states(clinic: MadeClinic) -> list[tuple[str, str | None, int]]:
    with clinic_session(clinic.id) as session:
        rows = session.execute(select(StaffMail.state, StaffMail.refusal, StaffMail.attempts).order_by(StaffMail.id))
        return [(row[0], row[1], row[2]) for row in rows]


def change(clinic: MadeClinic, **values: object) -> None:
    with clinic_session(clinic.id) as session:
        session.execute(update(StaffMail).values(**values), execution_options=UNSYNCED)
        session.commit()


def test_the_worker_finds_a_clinic_that_owes_staff_a_mail(clinic: MadeClinic, postbox: Postbox) -> None:
    assert clinic.id in draining.due_clinics()
    reminders.drain_clinic(clinic.id)
    assert clinic.id not in draining.due_clinics()
    mail = postbox.messages_to(ADDRESS)[0]
    assert mail["Subject"] == "Your account"
    assert mail["From"] == "Riverside Clinic <post@riverside.example>"
    assert "List-Unsubscribe" not in mail
    assert postbox.recipients() == [[ADDRESS]]
    assert states(clinic) == [("sent", None, 1)]


def test_two_workers_at_once_send_one_mail(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _each: dispatch(app, clinic), range(2)))
    assert (sum(done), len(postbox.messages_to(ADDRESS))) == (1, 1)


def test_an_address_that_is_refused_is_told(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    postbox.refuse(ADDRESS)
    dispatch(app, clinic)
    assert states(clinic) == [("refused", "bounced", 1)]


def test_a_relay_that_is_busy_is_tried_again_five_times(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    postbox.refuse(ADDRESS, "451 4.3.0 Try again")
    for attempt in range(1, 6):
        dispatch(app, clinic)
        assert states(clinic) == [("planned", None, attempt) if attempt < 5 else ("refused", "not_taken", 5)]
        assert dispatch(app, clinic) == 0, "the next try is not due yet"
        change(clinic, due_at=func.clock_timestamp())
    assert postbox.messages == []


def test_a_worker_that_dies_leaves_an_explained_row(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    with clinic_session(clinic.id) as session:
        held: list[Claim] = queue.claim(session, 10)
        assert queue.begin(session, held[0], now=real_now(session))
        session.commit()
    change(clinic, lease_until=func.clock_timestamp() - timedelta(seconds=1))
    dispatch(app, clinic)
    assert (states(clinic), postbox.messages) == ([("unknown", None, 1)], [])


def test_nobody_is_invited_to_an_account_that_is_closed(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    with clinic_session(clinic.id) as session:
        person = session.scalars(select(Staff).where(Staff.name == "Ana Prueba")).one()
        disable(session, person, actor=SYSTEM, now=real_now(session))
        session.commit()
    dispatch(app, clinic)
    assert (states(clinic), postbox.messages) == ([("cancelled", None, 0)], [])


def test_asking_twice_for_one_request_plans_one_mail(clinic: MadeClinic) -> None:
    request: UUID = uuid7()
    with clinic_session(clinic.id) as session:
        person = session.scalars(select(Staff).where(Staff.name == "Ana Prueba")).one()
        for _time in range(2):
            queue.plan(session, person, "invitation", request, now=real_now(session))
        session.commit()
    assert len(states(clinic)) == 2  # the one of the fixture, and this one
