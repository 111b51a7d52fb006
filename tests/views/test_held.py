"""Messages held back after a restore: who sees them, and what releasing and cancelling does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.db import app_now, clinic_scope, clinic_session, db
from surveys.models import AuditEvent, Message
from surveys.operations import note_operation
from tasks.reminders import drain_clinic
from tests.factories import MadeClinic
from tests.servers.postbox import Postbox
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled, enrol


@pytest.fixture
def held(app: Flask, postbox: Postbox) -> Iterator[Enrolled]:
    """A patient all of whose messages a restore held back."""
    assert postbox.messages == []
    with app.app_context():
        patient = enrol()
        with clinic_session(patient.clinic_id) as session:
            session.execute(update(Message).values(state="held"))
            session.commit()
        with clinic_scope(None), Session(db.engine) as session:
            now = app_now(session)
            note_operation(session, "restore", {"taken_at": now.isoformat(), "held": 5}, now=now)
            session.commit()
        yield patient


def browser_of(app: Flask, patient: Enrolled, role: str = "coordinator") -> FlaskClient:
    logins = {role: f"{role}-{patient.clinic_id.hex[-12:]}"}
    return signed_in(app, MadeClinic(patient.clinic_id, logins), role)


def post(browser: FlaskClient, path: str, act: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/held", base_url=SITE).text)
    assert token
    form = {"act": act, "csrf_token": token[1]}
    return browser.post(path, data=form, base_url=SITE).status_code


def invitation(patient: Enrolled) -> UUID:
    return next(message.id for message in patient.messages() if message.step == "invitation")


def test_the_desk_says_that_messages_are_held_and_leads_to_them(app: Flask, held: Enrolled) -> None:
    browser = browser_of(app, held)
    assert "/held" in browser.get("/desk", base_url=SITE).text
    page = browser.get("/held", base_url=SITE).text
    assert "May have gone already" in page
    assert "Not yet due at the restore" in page
    assert f"/held/{invitation(held)}" in page


def test_a_held_message_goes_only_once_it_is_released(app: Flask, held: Enrolled, postbox: Postbox) -> None:
    drain_clinic(held.clinic_id)
    assert postbox.messages_to(held.address) == []
    assert post(browser_of(app, held), f"/held/{invitation(held)}", "release") == 303
    drain_clinic(held.clinic_id)
    assert len(postbox.messages_to(held.address)) == 1
    assert {state for step, state in held.states() if step != "invitation"} == {"held"}
    with clinic_session(held.clinic_id) as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "message_released")).one()
        assert noted.actor_kind == "staff"


def test_a_cancelled_message_never_goes(app: Flask, held: Enrolled, postbox: Postbox) -> None:
    browser = browser_of(app, held)
    assert post(browser, f"/held/{invitation(held)}", "cancel") == 303
    drain_clinic(held.clinic_id)
    assert postbox.messages_to(held.address) == []
    assert ("invitation", "cancelled") in held.states()
    assert post(browser, f"/held/{invitation(held)}", "release") == 404, "it is held no more"


def test_a_group_is_settled_at_once_and_the_other_stays(app: Flask, held: Enrolled) -> None:
    assert post(browser_of(app, held), "/held/all/later", "release") == 303
    states = dict(held.states())
    assert states.pop("invitation") == "held"
    assert set(states.values()) == {"planned"}


def test_what_is_asked_for_must_make_sense(app: Flask, held: Enrolled) -> None:
    browser = browser_of(app, held)
    assert post(browser, f"/held/{invitation(held)}", "burn") == 400
    assert post(browser, f"/held/{uuid4()}", "release") == 404
    assert post(browser, "/held/all/everything", "release") == 404


def test_another_clinic_finds_and_changes_nothing(app: Flask, held: Enrolled) -> None:
    stranger = browser_of(app, enrol())
    assert str(invitation(held)) not in stranger.get("/held", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', stranger.get("/desk", base_url=SITE).text)
    assert token
    form = {"act": "cancel", "csrf_token": token[1]}
    assert stranger.post(f"/held/{invitation(held)}", data=form, base_url=SITE).status_code == 404
    stranger.post("/held/all/later", data=form, base_url=SITE)
    assert {state for _step, state in held.states()} == {"held"}


def test_an_administrator_sees_the_number_and_no_names(app: Flask, held: Enrolled) -> None:
    browser = browser_of(app, held, "admin")
    assert browser.get("/held", base_url=SITE).status_code == 403
    assert "messages are held back" in browser.get("/desk", base_url=SITE).text
