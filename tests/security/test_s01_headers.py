"""S1: the security headers stand on every route and every error, but for the page that shows mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from surveys.application import create_app
from surveys.db import db
from surveys.headers import ALWAYS
from tests.security.matrix import cases
from tests.security.world import World
from tests.staff_browser import SITE

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
}
WITHOUT_SCRIPTS = POLICY - {"script-src 'self'"}
OF_EVERYBODY = {  # whoever asks
    "public.show": WITHOUT_SCRIPTS,
    "public.embed": WITHOUT_SCRIPTS - {"frame-ancestors 'none'"} | {"frame-ancestors *"},
}
EXCEPTIONS = {
    "mail_preview.show": POLICY | {"frame-src 'self'"},
    "mail_preview.drawn": {"sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'"},
}
CODES = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)


@pytest.fixture(scope="module")
def failing(environment: dict[str, str], database_url: str) -> Iterator[FlaskClient]:
    """The application with pages that fail in every way."""
    assert environment["DATABASE_URL"] == database_url
    broken = create_app()
    broken.add_url_rule("/fails/<int:code>", "fails", abort)
    broken.add_url_rule("/breaks", "breaks", lambda: str(1 // 0))
    broken.add_url_rule("/away", "away", _away)
    yield broken.test_client()
    with broken.app_context():
        db.engine.dispose()


def _away() -> str:
    raise OperationalError("", {}, ConnectionError())


def missing(reply: TestResponse, policy: set[str] = POLICY) -> list[str]:
    """Which headers are not as they must be."""
    found = set((reply.headers.get("Content-Security-Policy") or "").split("; "))
    wanted = {name: value for name, value in ALWAYS.items() if name != "Content-Security-Policy"}
    wrong = [name for name, value in wanted.items() if reply.headers.get_all(name) != [value]]
    return wrong + (["the policy"] if found != policy else [])


@pytest.mark.parametrize("actor", ["anonymous", "coordinator", "admin", "registry analyst", "patient A"])
def test_s01_headers_stand_on_every_route(app: Flask, world: World, actor: str) -> None:
    client = world.browser(actor)
    asked = [case for case in cases(list(app.url_map.iter_rules())) if case.actor == actor and case.owner == "own"]
    faults: dict[str, list[str]] = {}
    for case in asked:
        if case.method in ("GET", "PUT"):  # PUT: no route takes it, so that each answers with an error too
            reply = client.open(case.path(world), method=case.method, base_url=SITE, buffered=True)
            shown = actor == "admin" and reply.status_code == 200
            policy = EXCEPTIONS.get(case.endpoint, POLICY) if shown else POLICY
            policy = OF_EVERYBODY.get(case.endpoint, policy) if reply.status_code == 200 else policy
            faults |= {f"{case.method} {case.rule}": wrong for wrong in [missing(reply, policy)] if wrong}
    assert len(asked) > 100
    assert faults == {}


@pytest.mark.parametrize("code", CODES)
def test_s01_headers_stand_on_every_error(failing: FlaskClient, code: int) -> None:
    reply = failing.get(f"/fails/{code}")
    assert reply.status_code == code
    assert missing(reply) == []
    assert "no-store" in reply.headers["Cache-Control"]


@pytest.mark.parametrize(("path", "code"), [("/breaks", 500), ("/away", 503), ("/nowhere", 404)])
def test_s01_headers_stand_where_nobody_expected_an_error(failing: FlaskClient, path: str, code: int) -> None:
    reply = failing.get(path)
    assert reply.status_code == code
    assert missing(reply) == []


def test_s01_headers_stand_on_a_refused_host_a_large_body_and_static_files(client: FlaskClient) -> None:
    large = client.post("/login", data={"login": "x" * (3 * 1024 * 1024)})
    assert large.status_code == 413
    strange = client.get("/login", headers={"Host": "evil.example"})
    assert strange.status_code == 400
    fine, absent = client.get("/static/app.css", buffered=True), client.get("/static/absent.css")
    assert (fine.status_code, absent.status_code) == (200, 404)
    for reply in (large, strange, fine, absent):
        assert missing(reply) == []


def test_s01_nothing_that_names_the_software_is_told(web_server: str) -> None:
    import urllib.request  # noqa: PLC0415

    with urllib.request.urlopen(f"{web_server}/login", timeout=10) as reply:  # noqa: S310 - our own loopback address
        told = {name.lower(): value for name, value in reply.headers.items()}
    assert "x-powered-by" not in told
    assert not any(character.isdigit() for character in told.get("server", ""))
