"""The doctor's lines about the text gateway and the mailbox of returned mail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from local.ports import LOOPBACK, free_port
from surveys.config import Config
from tasks.doctor.channels import check_mailbox, check_texts
from tasks.doctor.finding import Finding
from tests.servers.imap import imap_server
from tests.servers.sms_gateway import SmsGateway


def told(app: Flask, monkeypatch: pytest.MonkeyPatch, settings: Config) -> dict[str, Finding]:
    monkeypatch.setitem(app.extensions, "backstory", settings)
    with app.app_context():
        return {finding.name: finding for check in (check_texts, check_mailbox) for finding in check()}


def test_what_is_well_is_said(app: Flask, texts: SmsGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with imap_server() as mailbox:
        lines = told(app, monkeypatch, replace(app.extensions["backstory"], bounce_imap_url=mailbox.url))
    assert {name: line.level for name, line in lines.items()} == {"texts": "ok", "bounces": "ok"}
    assert texts.asked == []  # looked at, not used


def test_what_is_away_is_bad_and_names_its_setting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Config = app.extensions["backstory"]
    assert settings.sms
    nowhere = f"{LOOPBACK}:{free_port()}"
    sms = replace(settings.sms, url=f"http://{nowhere}/{{to}}/{{text}}", stop_token="")
    lines = told(app, monkeypatch, replace(settings, sms=sms, bounce_imap_url=f"imap://a:b@{nowhere}/"))
    assert {name: line.level for name, line in lines.items()} == {"texts": "bad", "bounces": "bad"}
    assert "SMS_URL" in lines["texts"].remedy
    assert "BOUNCE_IMAP_URL" in lines["bounces"].remedy


def test_a_gateway_that_tells_of_no_replies_is_to_be_looked_at(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Config = app.extensions["backstory"]
    assert settings.sms
    lines = told(app, monkeypatch, replace(settings, sms=replace(settings.sms, stop_token="")))
    assert lines["stop"].level == "warn"
    none = told(app, monkeypatch, replace(settings, sms=None, environment="production"))
    assert none["bounces"].level == "warn"
