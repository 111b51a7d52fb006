"""The templates of a text gateway: every value in its place, and settings that cannot work refused."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from surveys.channels.gateway import Gateway, GatewayError, read_gateway
from surveys.config import ConfigError, read_config
from surveys.production import refuse_unsafe

HOSTILE = 'He said "no" & {id}=1\n\\ ?#%é€ {text}'
USUAL = {"BACKSTORY_ENV": "production", "SMS_URL": "https://gateway.example/v1/send", "SMS_BODY": "to={to}&text={text}"}


def test_a_json_body_holds_each_value_as_it_is() -> None:
    gateway = Gateway("https://g.example/send", '{"messages": [{"to": "{to}", "body": "{text}", "ref": "{id}"}]}')
    asked = gateway.request("+447700900123", HOSTILE, "abc")
    assert json.loads(asked.body) == {"messages": [{"to": "+447700900123", "body": HOSTILE, "ref": "abc"}]}
    assert (asked.method, asked.headers["Content-Type"]) == ("POST", "application/json")
    assert asked.headers["Idempotency-Key"] == "abc"


def test_a_form_and_an_address_hold_each_value_as_it_is() -> None:
    form = Gateway("https://g.example/send", "to={to}&text={text}").request("+447700900123", HOSTILE, "abc")
    assert parse_qs(form.body.decode()) == {"to": ["+447700900123"], "text": [HOSTILE]}
    plain = Gateway("https://g.example/send/{to}?text={text}").request("+447700900123", HOSTILE, "abc")
    assert (plain.method, plain.body) == ("GET", b"")
    assert urlsplit(plain.target).path == "/send/%2B447700900123"
    assert parse_qs(urlsplit(plain.target).query) == {"text": [HOSTILE]}


def test_the_token_goes_in_the_header_that_the_gateway_wants() -> None:
    assert (
        Gateway("https://g.example/{to}{text}", token="t").request("1", "2", "3").headers["Authorization"] == "Bearer t"
    )
    named = Gateway("https://g.example/{to}{text}", header="X-Api-Key: {token}", token="t").request("1", "2", "3")
    assert named.headers["X-Api-Key"] == "t"
    assert "Authorization" not in named.headers


def test_without_an_address_there_is_no_gateway() -> None:
    assert read_gateway({"SMS_TOKEN": "x"}) is None
    assert read_gateway(USUAL) is not None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"SMS_URL": "http://gateway.example/send"}, "https://"),
        ({"SMS_URL": "http://127.0.0.1/send"}, "https://"),  # in production not even there
        ({"SMS_URL": "gateway.example"}, "address"),
        ({"SMS_URL": "https://{to}.example/"}, "one gateway"),
        ({"SMS_BODY": "to={to}"}, "{text}"),
        ({"SMS_BODY": '{"to": {to}, "text": {text}, }'}, "JSON"),
        ({"SMS_HEADER": "X-Key: a\r\nX-Other: b"}, "SMS_HEADER"),
        ({"SMS_TOKEN": "a\r\nX-Other: b"}, "SMS_TOKEN"),
        ({"SMS_OK": '"status": ("ok"'}, "SMS_OK"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(change: dict[str, str], word: str) -> None:
    with pytest.raises(GatewayError, match=word):
        read_gateway(USUAL | change)


def test_production_refuses_a_guessable_stop_token(environment: dict[str, str]) -> None:
    config = read_config(environment)
    assert config.sms
    weak = replace(config, environment="production", sms=replace(config.sms, stop_token="stop"))
    with pytest.raises(ConfigError, match="SMS_STOP_TOKEN"):
        refuse_unsafe(weak)
