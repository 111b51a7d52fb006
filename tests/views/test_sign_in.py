"""Signing in: whose address is throttled, and what becomes of the session before."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.application import create_app
from surveys.config import ConfigError, read_config
from surveys.db import db
from tests.factories import PASSWORD, make_clinic

TRIES = 24


def post_login(client: FlaskClient, login: str, password: str, peer: str = "127.0.0.1", **headers: str) -> int:
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    typed = {"csrf_token": token[1], "login": login, "password": password}
    return client.post("/login", data=typed, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


@pytest.mark.parametrize(("proxies", "peer", "expected"), [(0, "198.51.100.1", 429), (1, "198.51.100.2", 303)])
def test_only_a_trusted_proxy_names_the_address_that_is_throttled(
    app: Flask, proxies: int, peer: str, expected: int
) -> None:
    with app.app_context():
        login = make_clinic().logins["clinician"]
    behind = create_app(replace(app.extensions["backstory"], trusted_proxies=proxies), {"TESTING": True})
    attacker = behind.test_client()
    for number in range(TRIES):
        post_login(attacker, f"nobody-{number}", "wrong password", peer, **{"X-Forwarded-For": "203.0.113.7"})
    status = post_login(behind.test_client(), login, PASSWORD, peer, **{"X-Forwarded-For": "203.0.113.8"})
    with behind.app_context():
        db.engine.dispose()
    assert status == expected


def test_a_new_sign_in_ends_the_session_before(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        first, second = make_clinic().logins["clinician"], make_clinic().logins["clinician"]
    assert post_login(client, first, PASSWORD) == 303
    former = client.get_cookie("__Host-staff")
    assert former
    assert post_login(client, second, PASSWORD) == 303
    thief = app.test_client()
    thief.set_cookie("__Host-staff", former.value, secure=True)
    assert thief.get("/desk", base_url="https://localhost").status_code == 303


def test_a_number_of_proxies_that_is_none_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="TRUSTED_PROXIES is 'yes'"):
        read_config({**environment, "TRUSTED_PROXIES": "yes"})
