"""Requests that no browser of ours sends: foreign hosts, addresses that lead away, errors and what they tell."""

from __future__ import annotations

import logging
import re
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from surveys.application import create_app
from surveys.db import db
from tests.factories import PASSWORD, make_clinic
from tests.security.corpus import LEADING_AWAY

CANARY = "Canary-of-personal-data"


def sign_in(client: FlaskClient, login: str, leads_to: str) -> str:
    page = client.get("/login", query_string={"next": leads_to})
    assert page.status_code == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token
    typed = {"csrf_token": token[1], "login": login, "password": PASSWORD, "next": leads_to}
    reply = client.post("/login", data=typed)
    assert reply.status_code == 303
    return reply.location


@pytest.mark.parametrize("target", LEADING_AWAY)
def test_sign_in_leads_to_a_page_of_this_site_only(app: Flask, client: FlaskClient, target: str) -> None:
    with app.app_context():
        made = make_clinic()
    assert sign_in(client, made.logins["clinician"], target) == "/"


def test_sign_in_leads_back_to_the_page_that_was_asked_for(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        made = make_clinic()
    assert sign_in(client, made.logins["clinician"], "/dashboard?arm=treated") == "/dashboard?arm=treated"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a" * 5000, "localhost:99999", "[", "é"])
def test_a_foreign_host_is_told_the_right_address(app: Flask, client: FlaskClient, host: str) -> None:
    reply = client.get("/login", headers={"Host": host})
    assert reply.status_code == 400
    assert app.extensions["backstory"].public_base_url in reply.get_data(as_text=True)
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000"])
def test_probes_and_people_of_this_machine_get_in(client: FlaskClient, host: str) -> None:
    assert client.get("/login", headers={"Host": host}).status_code == 200


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    reply = client.delete("/login")
    assert reply.status_code == 405
    assert {"GET", "POST"} <= set(reply.headers["Allow"].split(", "))


def test_an_unexpected_error_tells_nobody_what_was_asked(
    environment: dict[str, str], database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert environment["DATABASE_URL"] == database_url
    broken = create_app()

    def fail(token: str) -> NoReturn:
        db.session.execute(text("SELECT CAST(:given AS uuid)"), {"given": token})
        raise AssertionError

    broken.add_url_rule("/fails/<token>", view_func=fail)
    with caplog.at_level(logging.ERROR):
        reply = broken.test_client().get(f"/fails/{CANARY}")
    with broken.app_context():
        db.engine.dispose()
    assert reply.status_code == 500
    assert "Nothing you had saved is lost" in reply.get_data(as_text=True)
    assert CANARY not in reply.get_data(as_text=True)
    assert "Exception in fail [GET]" in caplog.text
