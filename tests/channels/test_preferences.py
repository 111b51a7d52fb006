"""The patient's own choices over HTTP, and one-click unsubscribe, as mail programs, scanners and people use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from surveys.access.chain.audit import SYSTEM
from surveys.access.opt_out import opt_out_token
from surveys.channels.stopping import stop_texts
from surveys.db import app_now, clinic_session
from surveys.models import AuditEvent, Clinic, Consent, Ending, Episode, Patient, StaffTask
from surveys.pathway.endings import record_ending
from tasks.reminders import drain_clinic
from tests.channels.texted import Texted, change, enrol_texted
from tests.page_forms import forms_of
from tests.servers.sms_gateway import SmsGateway
from tests.tasks.test_reminders import make_due


class Phone:
    """A browser without cookies, at the address that a message carried."""

    def __init__(self, client: FlaskClient, texted: Texted, *, marked: bool = True) -> None:
        self.client, self.texted = client, texted
        one = texted.enrolled
        with clinic_session(one.clinic_id) as session:
            index = session.scalars(select(Patient.phone_index)).one()
        key, sent_to = str(client.application.secret_key), index if marked else None
        token = opt_out_token(key, one.clinic_id, one.episode_id, sent_to)
        self.stop_path = f"/u/{token}"
        self.path = f"{self.stop_path}/preferences"

    def page(self, query: str = "") -> str:
        return self.client.get(self.path + query).get_data(as_text=True)

    def press(self, act: str, **typed: str) -> TestResponse:
        """Press a button, which the page must have."""
        buttons = {name for form in forms_of(self.page()) for name in form.buttons}
        assert ("act", act) in buttons
        return self.client.post(self.path, data={"act": act, **typed}, follow_redirects=True)

    def patient(self) -> Patient:
        with clinic_session(self.texted.enrolled.clinic_id) as session:
            return session.scalars(select(Patient)).one()

    def acts(self) -> list[tuple[str, str]]:
        with clinic_session(self.texted.enrolled.clinic_id) as session:
            wanted = select(AuditEvent.actor_kind, AuditEvent.action).order_by(AuditEvent.id)
            return [(row[0], row[1]) for row in session.execute(wanted.where(AuditEvent.actor_kind == "patient"))]


@pytest.fixture
def phone(app: Flask, texted: Texted) -> Phone:
    return Phone(app.test_client(), texted)


def states(phone: Phone) -> set[str]:
    return {state for _step, state in phone.texted.enrolled.states()}


def test_reminders_go_off_and_on_again(phone: Phone) -> None:
    assert "Reminders are stopped" in phone.press("stop").get_data(as_text=True)
    assert states(phone) == {"cancelled"}
    assert "Reminders come again" in phone.press("resume").get_data(as_text=True)
    assert states(phone) == {"planned"}
    assert phone.acts() == [("patient", "ending_recorded"), ("patient", "ending_revoked")]


def test_stopping_withdraws_no_permission(phone: Phone) -> None:
    phone.press("stop")
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        assert session.scalars(select(Consent.withdrawn_at)).all() == [None] * 3


def test_a_pause_keeps_messages_back_for_two_weeks_and_ends_when_asked(phone: Phone, texts: SmsGateway) -> None:
    assert "Messages are paused." in phone.press("pause").get_data(as_text=True)
    until = phone.patient().paused_until
    assert until is not None
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        assert timedelta(days=13, hours=23) < until - app_now(session) <= timedelta(days=14)
    drain_clinic(phone.texted.enrolled.clinic_id)
    assert texts.asked == []
    phone.press("unpause")
    assert phone.patient().paused_until is None
    make_due(phone.texted.enrolled, "invitation")
    drain_clinic(phone.texted.enrolled.clinic_id)
    assert len(texts.accepted) == 1
    assert phone.acts() == [("patient", "messages_paused"), ("patient", "messages_resumed")]


def test_another_language_is_spoken_at_once(phone: Phone, texts: SmsGateway) -> None:
    page = phone.press("language", language="es").get_data(as_text=True)
    assert 'lang="es"' in page
    assert phone.patient().language == "es"
    drain_clinic(phone.texted.enrolled.clinic_id)
    assert "cuestionario" in texts.texts_to(phone.texted.number)[0]
    assert phone.acts() == [("patient", "patient_changed")]


def test_another_way_is_taken_and_what_waits_follows(phone: Phone, texts: SmsGateway) -> None:
    page = phone.page()
    assert f"•••{phone.texted.number[-2:]}" in page
    assert "a•••@p•••.example" in page
    assert phone.texted.number[-4:] not in page
    assert phone.texted.enrolled.address not in page
    phone.press("channel", channel="email")
    mails = [message for message in phone.texted.enrolled.messages() if message.step != "phone_task"]
    assert {message.channel for message in mails} == {"email"}
    drain_clinic(phone.texted.enrolled.clinic_id)
    assert texts.asked == []
    assert phone.texted.enrolled.messages()[0].state == "sent"


def test_another_way_settles_the_task_to_find_one(app: Flask, phone: Phone) -> None:
    clinic_id = phone.texted.enrolled.clinic_id
    with clinic_session(clinic_id) as session:
        stop_texts(session, app.extensions["vault"], clinic_id, phone.texted.number, now=app_now(session))
        session.commit()
    assert phone.client.post(phone.path, data={"act": "channel", "channel": "email"}).status_code == 303
    with clinic_session(clinic_id) as session:
        done = session.scalars(select(StaffTask)).one()
        assert (done.kind, done.outcome, done.closed_by) == ("no_channel", "details_changed", None)


@pytest.mark.parametrize("allowed", [frozenset({"contact_sms"}), frozenset({"contact_sms", "contact_phone"})])
def test_only_ways_that_are_allowed_are_offered(phone: Phone, allowed: frozenset[str]) -> None:
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        change(session, allowed=allowed)
        session.commit()
    assert "@p•••" not in phone.page()
    assert phone.client.post(phone.path, data={"act": "channel", "channel": "email"}).status_code == 422
    assert phone.patient().channel == "sms"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"act": ""},
        {"act": "erase"},
        {"act": "language", "language": "xx"},
        {"act": "language"},
        {"act": "channel", "channel": "none"},
        {"act": "channel", "channel": "\0"},
        {"act": "language", "language": "ar"},  # the clinic's questionnaires are not asked in it
    ],
)
def test_a_blind_or_hostile_post_changes_nothing(phone: Phone, typed: dict[str, str]) -> None:
    before = (phone.patient().language, phone.patient().channel, states(phone))
    reply = phone.client.post(phone.path, data=typed)
    assert reply.status_code == 422
    assert "Error:" in reply.get_data(as_text=True)
    assert (phone.patient().language, phone.patient().channel, states(phone)) == before
    assert phone.acts() == []


@pytest.mark.parametrize("method", ["get", "head"])
def test_scanners_that_look_change_nothing(phone: Phone, method: str) -> None:
    for path in (phone.stop_path, phone.path, f"{phone.path}?done=stop", f"{phone.path}?done=%00<script>"):
        look: Callable[[str], TestResponse] = getattr(phone.client, method)
        for _ in range(3):
            assert look(path).status_code == 200
    assert (states(phone), phone.acts()) == ({"planned"}, [])


def test_one_click_needs_nothing_but_the_address_and_is_idempotent(phone: Phone) -> None:
    body = {"List-Unsubscribe": "One-Click"}
    for _ in range(3):
        reply = phone.client.post(phone.stop_path, data=body)
        assert reply.status_code == 200
        assert not {"Location", "Set-Cookie"} & set(reply.headers.keys())
    assert phone.client.post(phone.stop_path, data=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        assert session.scalars(select(Ending.kind)).all() == ["reminders_stopped"]
    assert states(phone) == {"cancelled"}
    assert f'href="{phone.path}"' in phone.client.get(phone.stop_path).get_data(as_text=True)


def test_a_token_that_went_elsewhere_shows_no_address_and_no_way(app: Flask, texted: Texted) -> None:
    for phone in (Phone(app.test_client(), texted, marked=False), _moved(app, texted)):
        page = phone.page()
        assert "•••" not in page
        assert phone.client.post(phone.path, data={"act": "channel", "channel": "email"}).status_code == 422
        assert phone.client.post(phone.path, data={"act": "language", "language": "es"}).status_code == 422
        assert phone.client.post(phone.path, data={"act": "pause"}).status_code == 303


def test_who_has_an_old_address_stops_messages_and_cannot_bring_them_back(app: Flask, texted: Texted) -> None:
    owner = Phone(app.test_client(), texted)
    old = Phone(app.test_client(), texted, marked=False)
    for act, again in (("pause", "unpause"), ("stop", "resume")):
        old.press(act)
        assert old.client.post(old.path, data={"act": again}).status_code == 422
        assert "phone your clinic" in old.page()
        assert f'value="{again}"' not in old.page()
    assert states(old) == {"cancelled"}
    owner.press("resume")
    assert states(owner) == {"planned"}


def _moved(app: Flask, texted: Texted) -> Phone:
    """The telephone on which the patient was written to before it changed hands."""
    phone = Phone(app.test_client(), texted)
    with clinic_session(texted.enrolled.clinic_id) as session:
        change(session, phone="+44 7700 900999")
        session.commit()
    return phone


def test_where_the_year_of_birth_is_asked_the_page_tells_no_address(phone: Phone) -> None:
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        session.execute(update(Clinic).values(birth_year_check=True))
        session.execute(update(Patient).values(birth_year=1960))
        session.commit()
    assert "•••" not in phone.page()
    assert phone.client.post(phone.path, data={"act": "channel", "channel": "email"}).status_code == 422


def test_the_page_claims_nothing_that_is_not_so(phone: Phone) -> None:
    for claimed, said in (("stop", "Reminders are stopped"), ("resume", "come again"), ("pause", "are paused")):
        told = said in phone.page(f"?done={claimed}")
        assert told == (claimed == "resume"), "reminders are on and not paused"
    for _twice in range(2):
        assert phone.client.post(phone.path, data={"act": "stop"}).status_code == 303
        page = phone.page("?done=stop")
        assert "Reminders are stopped." in page
        assert "Reminders are off." in page
    assert "come again" not in phone.page("?done=resume")


def test_reminders_that_reach_nobody_are_not_called_on(phone: Phone) -> None:
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        change(session, allowed=frozenset({"contact_phone"}))
        session.commit()
    page = phone.page("?done=resume")
    assert "No messages reach you at present" in page
    assert "phone your clinic" in page
    assert "Reminders are on" not in page
    assert "come again" not in page
    assert 'value="pause"' not in page
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        change(session, allowed=frozenset({"contact_email"}))
        session.commit()
    assert "Choose another way below" in phone.page()
    phone.press("channel", channel="email")
    assert "Reminders are on" in phone.page()


def test_a_token_that_we_did_not_sign_leads_nowhere(phone: Phone) -> None:
    for path in (f"{phone.stop_path}x/preferences", "/u/0/preferences", "/u/é/preferences"):
        assert phone.client.get(path).status_code == 404
        assert phone.client.post(path, data={"act": "stop"}).status_code == 404


def test_after_an_ending_there_is_nothing_to_choose(phone: Phone) -> None:
    with clinic_session(phone.texted.enrolled.clinic_id) as session:
        clinic, episode = session.scalars(select(Clinic)).one(), session.scalars(select(Episode)).one()
        now = app_now(session)
        record_ending(session, clinic, episode, "died", now.date(), reason=None, actor=SYSTEM, now=now)
        session.commit()
    page = phone.page()
    assert "At present no questionnaires are sent to you." in page
    assert phone.client.post(phone.path, data={"act": "resume"}).status_code == 303
    assert states(phone) == {"cancelled"}


def test_the_landing_page_leads_there_in_the_patients_language(app: Flask, inside: None, texts: SmsGateway) -> None:
    assert inside is None
    texted = enrol_texted(language="es")
    drain_clinic(texted.enrolled.clinic_id)
    address = next(word for word in texts.texts_to(texted.number)[0].split() if "/q/" in word)
    landing = app.test_client().get(address[address.index("/q/") :].rstrip(".")).get_data(as_text=True)
    start = landing.index("/u/")
    choices = landing[start : landing.index('"', start)]
    page = app.test_client().get(choices).get_data(as_text=True)
    assert 'lang="es"' in page
    assert "a•••@p•••.example" in page
    assert current_app == app
    with clinic_session(texted.enrolled.clinic_id) as session:
        change(session, phone="+44 7700 900999")
        session.commit()
    assert "•••" not in app.test_client().get(choices).get_data(as_text=True), "the telephone has another owner"
