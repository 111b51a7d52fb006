"""Texts over real HTTP: each once, each with its explained end, whatever the gateway does."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from local.ports import LOOPBACK, free_port
from surveys import outbox
from surveys.channels.gateway import read_gateway
from surveys.db import app_now, clinic_session
from surveys.models import SuppressedPhone
from surveys.outbox import Outcome
from tasks import sms
from tasks.channels import Handed, RelayUnreachableError
from tasks.reminders import drain_clinic
from tasks.sms import SmsChannel
from tests.channels.texted import Texted, change, enrol_texted
from tests.servers.postbox import Postbox
from tests.servers.sms_gateway import HANG_UP, SILENT, SmsGateway
from tests.tasks.test_reminders import make_due


def test_a_text_goes_once_and_no_mail_does(texted: Texted, texts: SmsGateway, postbox: Postbox) -> None:
    drain_clinic(texted.enrolled.clinic_id)
    drain_clinic(texted.enrolled.clinic_id)
    (text,) = texts.texts_to(texted.number)
    assert "/q/" in text
    assert postbox.messages == []
    first = texted.enrolled.messages()[0]
    assert (first.state, first.channel) == ("sent", "sms")
    asked = texts.accepted[0]
    assert asked.headers["Authorization"] == "Bearer gateway-key"
    assert asked.values["id"] == asked.headers["Idempotency-Key"] == str(first.id)


def test_the_link_in_the_text_opens_the_visit(app: Flask, texted: Texted, texts: SmsGateway) -> None:
    drain_clinic(texted.enrolled.clinic_id)
    address = next(word for word in texts.texts_to(texted.number)[0].split() if "/q/" in word)
    path = address[address.index("/q/") :].rstrip(".")
    assert app.test_client().get(path).status_code == 200


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_request_may_be_our_own_mistake_and_stops_no_number(
    texted: Texted, texts: SmsGateway, status: int
) -> None:
    texts.answer = lambda _number: status
    drain_clinic(texted.enrolled.clinic_id)
    first = texted.enrolled.messages()[0]
    assert (first.state, first.refusal, first.reply) == ("refused", "relay_rejected", f"HTTP {status}")
    assert texted.enrolled.tasks() == ["failed_message"]
    with clinic_session(texted.enrolled.clinic_id) as session:
        assert session.scalars(select(SuppressedPhone.reason)).all() == []


def test_a_number_that_is_gone_gets_no_further_text_and_a_person_is_told(texted: Texted, texts: SmsGateway) -> None:
    texts.answer = lambda _number: 410
    drain_clinic(texted.enrolled.clinic_id)
    first = texted.enrolled.messages()[0]
    assert (first.state, first.refusal) == ("refused", "bounced")
    assert texted.enrolled.tasks() == ["bounced"]
    with clinic_session(texted.enrolled.clinic_id) as session:
        assert session.scalars(select(SuppressedPhone.reason)).all() == ["bounced"]


@pytest.mark.parametrize(
    ("words", "state", "reply"),
    [
        (b'{"status": "queued"}', "sent", "HTTP 202"),
        (b'{"status": "failed", "error": "no credit"}', "refused", "HTTP 202 without SMS_OK"),
        (b"", "refused", "HTTP 202 without SMS_OK"),
        (b"\xff\x00", "refused", "HTTP 202 without SMS_OK"),
    ],
)
def test_a_gateway_may_say_in_words_that_it_took_nothing(
    app: Flask, texted: Texted, texts: SmsGateway, monkeypatch: pytest.MonkeyPatch, words: bytes, state: str, reply: str
) -> None:
    gateway = read_gateway({"BACKSTORY_ENV": "test", **texts.settings, "SMS_OK": '"status": *"(queued|sent)"'})
    monkeypatch.setitem(app.extensions, "backstory", replace(app.extensions["backstory"], sms=gateway))
    texts.words = words
    drain_clinic(texted.enrolled.clinic_id)
    first = texted.enrolled.messages()[0]
    assert (first.state, first.reply) == (state, reply)
    assert texted.enrolled.tasks() == (["failed_message"] if state == "refused" else [])
    with clinic_session(texted.enrolled.clinic_id) as session:
        assert session.scalars(select(SuppressedPhone.reason)).all() == []


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 502, 503])
def test_any_other_answer_lets_the_text_wait(texted: Texted, texts: SmsGateway, status: int) -> None:
    texts.answer = lambda _number: status
    drain_clinic(texted.enrolled.clinic_id)
    first = texted.enrolled.messages()[0]
    assert (first.state, first.attempts) == ("planned", 1)
    texts.answer = lambda _number: 200
    assert texted.enrolled.tasks() == []


@pytest.mark.parametrize("status", [HANG_UP, 504])
def test_without_an_answer_it_is_unknown_and_not_repeated(texted: Texted, texts: SmsGateway, status: int) -> None:
    texts.answer = lambda _number: status
    drain_clinic(texted.enrolled.clinic_id)
    texts.answer = lambda _number: 202
    drain_clinic(texted.enrolled.clinic_id)
    assert texted.enrolled.messages()[0].state == "unknown"
    assert texted.enrolled.tasks() == ["unknown_handover"]
    assert len(texts.asked) == 1


def begun(texted: Texted) -> list[outbox.Sendable]:
    with clinic_session(texted.enrolled.clinic_id) as session:
        claims = outbox.claim(session, 1, now=app_now(session))
        sendable = [outbox.begin_sending(session, mine, now=app_now(session)) for mine in claims]
        session.commit()
    return [each for each in sendable if each]


def told(texted: Texted, *, deadline: float = 60, times: int = 1) -> list[Handed]:
    channel = SmsChannel(current_app.extensions["backstory"])
    return list(channel.hand_over(begun(texted) * times, deadline=time.monotonic() + deadline))


def test_a_gateway_that_hangs_makes_one_text_unknown_and_keeps_the_rest(
    texted: Texted, texts: SmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "TIMEOUT", 0.3)
    texts.answer = lambda _number: SILENT
    channel = SmsChannel(current_app.extensions["backstory"])
    handing = channel.hand_over(begun(texted) * 3, deadline=time.monotonic() + 60)
    assert next(handing).outcome is Outcome.UNKNOWN
    with pytest.raises(RelayUnreachableError):
        next(handing)


def test_one_line_serves_a_batch_and_a_closed_one_is_opened_again(texted: Texted, texts: SmsGateway) -> None:
    before = texts.connections
    assert [each.outcome for each in told(texted, times=3)] == [Outcome.ACCEPTED] * 3
    assert texts.connections == before + 1


def test_nothing_goes_after_the_deadline(texted: Texted, texts: SmsGateway) -> None:
    assert [each.outcome for each in told(texted, deadline=-1)] == [Outcome.NOT_TAKEN]
    assert texts.asked == []


def test_a_gateway_that_is_away_keeps_everything(texted: Texted, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = current_app.extensions["backstory"]
    away = replace(settings.sms, url=f"http://{LOOPBACK}:{free_port()}/messages")
    monkeypatch.setitem(current_app.extensions, "backstory", replace(settings, sms=away))
    drain_clinic(texted.enrolled.clinic_id)
    assert texted.enrolled.messages()[0].state == "planned"
    monkeypatch.setitem(current_app.extensions, "backstory", replace(settings, sms=None))
    with pytest.raises(RelayUnreachableError, match="SMS_URL"):
        told(texted)


def test_a_poisoned_text_keeps_no_other_back(
    texted: Texted, texts: SmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "compose_text", lambda _letter: SimpleNamespace().missing)
    assert [each.outcome for each in told(texted, times=2)] == [Outcome.NOT_TAKEN] * 2
    assert texts.asked == []


@pytest.mark.parametrize(
    ("fields", "allowed", "refusal"),
    [
        ({}, frozenset({"contact_email", "contact_phone"}), "no_permission"),
        ({"phone": None}, frozenset({"contact_sms"}), "no_address"),
        ({"channel": "none"}, frozenset({"contact_sms"}), None),
    ],
)
def test_without_permission_or_number_no_text_goes_and_a_person_is_told(
    inside: None, texts: SmsGateway, fields: dict[str, str | None], allowed: frozenset[str], refusal: str | None
) -> None:
    assert inside is None
    texted = enrol_texted()
    with clinic_session(texted.enrolled.clinic_id) as session:
        change(session, allowed=allowed, **fields)
        session.commit()
    drain_clinic(texted.enrolled.clinic_id)
    assert texts.asked == []
    assert texted.enrolled.messages()[0].refusal == refusal
    assert texted.enrolled.tasks() == ["no_channel"]


def test_what_was_tried_by_text_follows_to_e_mail(texted: Texted, texts: SmsGateway, postbox: Postbox) -> None:
    texts.answer = lambda _number: 503
    drain_clinic(texted.enrolled.clinic_id)
    assert (texted.enrolled.messages()[0].channel, texted.enrolled.messages()[0].attempts) == ("sms", 1)
    with clinic_session(texted.enrolled.clinic_id) as session:
        change(session, channel="email")
        session.commit()
    make_due(texted.enrolled, "invitation")
    drain_clinic(texted.enrolled.clinic_id)
    assert len(postbox.messages_to(texted.enrolled.address)) == 1
    assert texts.accepted == []
