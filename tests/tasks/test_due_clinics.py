"""Which clinics a drain goes round: those with something due, found without reading what is planned for later."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from local.postgres import Postgres
from surveys import outbox
from surveys.db import app_now, clinic_scope, clinic_session, db
from surveys.models import Message, Visit
from tasks.draining import due_clinics
from tests.operations.stage import application_on
from tests.tasks.enrolled import Enrolled, enrol

UNSYNCED = {"synchronize_session": False}
OLDEST = "SELECT oldest_due FROM clinics_due(app_now()) WHERE clinic_id = :clinic_id"
LATER = """INSERT INTO message (clinic_id, id, visit_id, step, issue, channel, state, planned_at, due_at, message_id,
 attempts, fence) SELECT clinic_id, gen_random_uuid(), visit_id, 'invitation', number, 'email', 'planned', now(),
 now() + number * interval '1 minute', '<' || number || '@later.example>', 0, 0
 FROM generate_series(1000, 20000) AS number, (SELECT clinic_id, visit_id FROM message LIMIT 1) AS one"""
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM clinics_due(app_now())"
FEW = 60  # pages; the index of what is planned for later has twice as many


def change(patient: Enrolled, table: type[Message | Visit], **values: object) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(table).values(**values), execution_options=UNSYNCED)
        session.commit()


def told(patient: Enrolled) -> list[object]:
    """The age that the clinic is told with; nothing where it is not told."""
    with clinic_scope(None), Session(db.engine) as session:
        return list(session.scalars(text(OLDEST), {"clinic_id": patient.clinic_id}))


def test_a_clinic_is_told_with_its_oldest_due_message(patient: Enrolled) -> None:
    first = min(message.due_at for message in patient.messages())
    assert told(patient) == [first]
    with clinic_session(patient.clinic_id) as session:
        later = app_now(session) + timedelta(days=1)
    change(patient, Message, due_at=later)
    assert (told(patient), patient.clinic_id in due_clinics()) == ([], False)


def test_what_is_in_a_workers_hands_is_told_until_it_ends(patient: Enrolled) -> None:
    first = min(message.due_at for message in patient.messages())
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 1, now=app_now(session))
        session.commit()
    assert told(patient) == [first]
    with clinic_session(patient.clinic_id) as session:
        assert outbox.begin_sending(session, mine, now=app_now(session))
        session.commit()
    assert told(patient) == [first]
    change(patient, Message, state="cancelled", cause="replanned", lease_until=None)
    assert told(patient) == []


def test_a_window_to_close_is_told_without_an_age(patient: Enrolled) -> None:
    change(patient, Message, state="cancelled", cause="replanned")
    with clinic_session(patient.clinic_id) as session:
        over = app_now(session) - timedelta(minutes=1)
    change(patient, Visit, closes_at=over)
    assert told(patient) == [None]
    change(patient, Visit, closed_at=over)
    assert told(patient) == []


@pytest.fixture
def alone(own_database: dict[str, str]) -> Any:
    """The application on a database of its own."""
    with application_on(own_database) as app:
        yield app


def test_a_poll_reads_nothing_of_what_is_planned_for_later(
    alone: Flask, postgres: Postgres, own_database: dict[str, str]
) -> None:
    """From PostgreSQL 18 on an index may be skipped through; an older server would read all of it without a clinic."""
    assert alone
    patient = enrol()
    change(patient, Message, state="cancelled", cause="replanned")
    with psycopg.connect(postgres.url("postgres", own_database["DATABASE_URL"].rpartition("/")[2])) as connection:
        connection.execute(LATER)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE message")
    with clinic_scope(None), Session(db.engine) as session:
        plans = [session.scalar(text(EXPLAIN)) for _ in range(2)]  # the first reads the catalogue too
    plan = plans[1] if isinstance(plans[1], list) else json.loads(str(plans[1]))
    assert plan[0]["Plan"]["Actual Rows"] == 0
    assert plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] <= FEW
