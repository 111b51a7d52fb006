"""After a restore: what a person cancelled stays cancelled, and what a person released goes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Episode, Message
from surveys.outbox.holding import cancel_group, release_group
from surveys.pathway.episode_plan import replan
from tasks.reminders import drain_clinic
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled


def test_what_a_person_cancelled_is_not_planned_anew(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Message).values(state="held"))
        all_of_them = now + timedelta(days=400)
        assert cancel_group(session, "perhaps_sent", restored_at=all_of_them, actor=SYSTEM, now=now)
        clinic, episode = session.get_one(Clinic, patient.clinic_id), session.get_one(Episode, patient.episode_id)
        replan(session, clinic, episode, now=now)
        session.commit()
    assert {(message.state, message.cause) for message in patient.messages()} == {("cancelled", "reviewed")}


def test_what_was_on_its_last_try_goes_once_it_is_released(patient: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Message).where(Message.step == "invitation").values(state="held", attempts=6))
        assert release_group(session, "perhaps_sent", restored_at=now, actor=SYSTEM, now=now) == 1
        session.commit()
    drain_clinic(patient.clinic_id)
    assert patient.states()[0] == ("invitation", "sent")
    assert len(postbox.messages_to(patient.address)) == 1
