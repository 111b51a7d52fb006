"""A rehearsed day asks the database no more often because a patient has more messages due."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import event

from surveys.db import app_now, clinic_session, db
from surveys.models import Clinic
from surveys.outbox.forecast import foresee
from tests.tasks.enrolled import Enrolled, another_episode, enrol

LATER = timedelta(days=10)  # by then two reminders are due as well, and no telephone task


def statements(patient: Enrolled) -> int:
    """How many statements it takes to rehearse a day on which all the patient's messages have fallen due."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        seen.append(statement)

    with clinic_session(patient.clinic_id) as session:
        clinic, now = session.get_one(Clinic, patient.clinic_id), app_now(session)
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            foresee(session, clinic, (now + LATER).date(), now=now)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
            session.rollback()
    return len(seen)


def test_what_does_not_go_is_decided_together(app: Flask) -> None:
    with app.app_context():
        one, five = enrol(permitted=False), enrol(permitted=False)
        for _ in range(4):
            another_episode(five)
        messages = len(five.messages()) - len(one.messages())
        assert messages > 10
        assert statements(five) <= statements(one) + messages  # a task for each that is refused
