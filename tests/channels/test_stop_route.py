"""STOP over HTTP, as a gateway tells of it."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.db import clinic_session
from surveys.models import AuditEvent, SuppressedPhone
from tasks.reminders import drain_clinic
from tests.channels.texted import Texted, enrol_texted
from tests.servers.sms_gateway import SmsGateway


@pytest.fixture
def path(app: Flask) -> str:
    return f"/sms/stop/{app.extensions['backstory'].sms.stop_token}"


def stopped(texted: Texted) -> int:
    with clinic_session(texted.enrolled.clinic_id) as session:
        return session.scalar(select(func.count()).select_from(SuppressedPhone)) or 0


def test_stop_ends_texts_in_every_clinic_that_has_the_number(client: FlaskClient, path: str, texts: SmsGateway) -> None:
    with client.application.app_context():
        texted = enrol_texted()
        other = enrol_texted(typed=f"{texted.number[:3]} (0){texted.number[3:]}", channel="email")
        reply = client.post(path, data={"from": texted.number.removeprefix("+"), "text": "STOP"})
        assert (reply.status_code, reply.get_data()) == (200, b"")
        assert (stopped(texted), stopped(other)) == (1, 1)
        assert texted.enrolled.tasks() == ["no_channel"]
        assert other.enrolled.tasks() == []  # written to by e-mail, which goes on
        drain_clinic(texted.enrolled.clinic_id)
        assert texts.asked == []
        assert texted.enrolled.messages()[0].refusal == "suppressed"


def test_stop_twice_is_stop_once(client: FlaskClient, path: str) -> None:
    with client.application.app_context():
        texted = enrol_texted()
        for body in ({"From": texted.number, "Body": "stop"}, {"msisdn": texted.number, "text": "إيقاف"}):
            assert client.post(path, json=body).status_code == 200
        with clinic_session(texted.enrolled.clinic_id) as session:
            noted = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "texts_stopped")
            assert session.scalar(noted) == 1
        assert stopped(texted) == 1


@pytest.mark.parametrize("words", ["Hello", "START", ""])
def test_other_words_change_nothing(client: FlaskClient, path: str, words: str) -> None:
    with client.application.app_context():
        texted = enrol_texted()
        assert client.post(path, data={"from": texted.number, "text": words}).status_code == 200
        assert stopped(texted) == 0


def test_a_number_that_nobody_has_is_answered_alike(client: FlaskClient, path: str) -> None:
    for sender in ("+447700900999", "60777", "Riverside", "", "\0"):
        reply = client.post(path, data={"from": sender, "text": "STOP"})
        assert (reply.status_code, reply.get_data()) == (200, b"")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[" * 15000, "application/json"),
        (b'{"from": ' + b"9" * 8000 + b"}", "application/json"),
        (b'["STOP"]', "application/json"),
        (b'{"from": null, "text": "STOP"}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"text=STOP", "application/x-www-form-urlencoded"),
        (b"from=1&text=" + b"x" * 20000, "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"from=1", "text/plain"),
    ],
)
def test_hostile_bodies_are_refused(client: FlaskClient, path: str, body: bytes, kind: str) -> None:
    reply = client.post(path, data=body, content_type=kind)
    assert 400 <= reply.status_code < 500


def test_without_the_secret_there_is_no_such_page(client: FlaskClient, path: str) -> None:
    body = json.dumps({"from": "+447700900999", "text": "STOP"})
    for wrong in (path[:-1], f"{path}0", "/sms/stop/0", "/sms/stop/é"):
        assert client.post(wrong, data=body, content_type="application/json").status_code == 404
    assert client.get(path).status_code == 405
