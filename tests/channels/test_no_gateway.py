"""Where no text gateway is set: texts wait, a person is asked at once, and everybody who looks is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Message, PatientLink, StaffTask, Visit
from surveys.outbox import ask_instead
from surveys.pathway.closing import close_windows
from tasks.doctor.channels import check_texts
from tasks.reminders import drain_clinic
from tests.channels.texted import Texted
from tests.factories import MadeClinic
from tests.servers.sms_gateway import SmsGateway
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import another_episode
from tests.tasks.test_reminders import make_due


@pytest.fixture
def no_gateway(app: Flask, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the setting be lost until ``undo`` is called."""
    monkeypatch.setitem(app.extensions, "backstory", replace(app.extensions["backstory"], sms=None))
    return monkeypatch


def open_tasks(texted: Texted) -> list[str]:
    with clinic_session(texted.enrolled.clinic_id) as session:
        return list(session.scalars(select(StaffTask.kind).where(StaffTask.closed_at.is_(None))))


def links(texted: Texted) -> int:
    with clinic_session(texted.enrolled.clinic_id) as session:
        return len(session.scalars(select(PatientLink)).all())


def test_a_text_waits_as_a_task_and_goes_once_a_gateway_is_set(
    texted: Texted, texts: SmsGateway, no_gateway: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        drain_clinic(texted.enrolled.clinic_id)
        first = texted.enrolled.messages()[0]
        assert (first.state, first.attempts, links(texted)) == ("planned", 0, 0)
        assert open_tasks(texted) == ["no_channel"]
    no_gateway.undo()
    drain_clinic(texted.enrolled.clinic_id)
    drain_clinic(texted.enrolled.clinic_id)
    assert len(texts.texts_to(texted.number)) == 1
    assert texted.enrolled.messages()[0].state == "sent"


@pytest.mark.usefixtures("no_gateway")
def test_what_a_person_closed_stays_closed_and_what_is_due_later_asks_nobody_again(texted: Texted) -> None:
    drain_clinic(texted.enrolled.clinic_id)
    with clinic_session(texted.enrolled.clinic_id) as session:
        session.execute(update(StaffTask).values(closed_at=app_now(session), outcome="declined"))
        session.commit()
    make_due(texted.enrolled, "reminder_1")
    drain_clinic(texted.enrolled.clinic_id)
    assert open_tasks(texted) == []


@pytest.mark.usefixtures("no_gateway")
def test_who_may_not_be_written_to_is_refused_with_the_reason(texted: Texted) -> None:
    with clinic_session(texted.enrolled.clinic_id) as session:
        session.execute(update(Visit).values(submitted_at=app_now(session)))
        session.commit()
    drain_clinic(texted.enrolled.clinic_id)
    first = texted.enrolled.messages()[0]
    assert (first.state, first.refusal, open_tasks(texted)) == ("refused", "completed", [])


@pytest.mark.usefixtures("no_gateway")
def test_a_small_batch_asks_about_one_visit_after_the_other(texted: Texted) -> None:
    second = another_episode(texted.enrolled)
    with clinic_session(texted.enrolled.clinic_id) as session:
        asked = [ask_instead(session, "sms", now=app_now(session), limit=1) for _ in range(3)]
        visits = set(session.scalars(select(StaffTask.visit_id)))
    assert asked == [1, 1, 0]
    assert visits == {texted.enrolled.visit_id, second.visit_id}


@pytest.mark.usefixtures("no_gateway")
def test_it_expires_with_its_window_and_so_does_the_task(texted: Texted) -> None:
    drain_clinic(texted.enrolled.clinic_id)
    with clinic_session(texted.enrolled.clinic_id) as session:
        visit = session.get_one(Visit, texted.enrolled.visit_id)
        close_windows(session, session.get_one(Clinic, texted.enrolled.clinic_id), now=visit.closes_at)
        session.commit()
        assert set(session.scalars(select(Message.state).where(Message.visit_id == visit.id))) == {"expired"}
    assert open_tasks(texted) == []


@pytest.mark.usefixtures("texted", "no_gateway")
def test_the_doctor_counts_who_is_waiting() -> None:
    (line,) = check_texts()
    assert line.level == "bad"
    assert "no gateway is set up, and" in line.words
    assert "SMS_URL" in line.remedy


def test_the_page_of_messages_says_why_texts_wait(app: Flask, texted: Texted, no_gateway: pytest.MonkeyPatch) -> None:
    clinic_id = texted.enrolled.clinic_id
    browser = signed_in(
        app, MadeClinic(clinic_id, {"coordinator": f"coordinator-{clinic_id.hex[-12:]}"}), "coordinator"
    )
    assert "1 text waits, as no text gateway is set." in browser.get("/messages", base_url=SITE).text
    no_gateway.undo()
    assert "no text gateway" not in browser.get("/messages", base_url=SITE).text
