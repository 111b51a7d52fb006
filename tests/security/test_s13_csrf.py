"""S13: no route that changes anything is moved by a page of another site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from surveys.access import policy
from tests.security.matrix import Case, cases
from tests.security.world import RAW, World
from tests.staff_browser import SITE

# A mail program posts there, with nothing but the address (RFC 8058); and the text gateway, with its secret.
BLIND = {"texts.stop", "unsubscribe.stop"}
# A patient's forms carry a signed token of their own or are opened by the secret in the address; what another site
# causes is refused by what the browser says of it, and a browser that says nothing sends no cookie along (SameSite).
SIGNED = policy.PATIENT - BLIND
SENTENCE = "Go back, reload the page and send it again."


def posts(app: Flask, actor: str) -> list[Case]:
    """Every route that takes something else than reading, once."""
    everything = cases([rule for rule in app.url_map.iter_rules() if rule.methods and rule.methods - {"GET"}])
    return [
        case for case in everything if case.ours and case.method != "GET" and (case.actor, case.owner) == (actor, "own")
    ]


def post(client: FlaskClient, world: World, case: Case, token: str | None, **headers: str) -> TestResponse:
    typed = {} if token is None else {"csrf_token": token}
    sent = {"Referer": f"{SITE}/", **headers}
    return client.open(case.path(world), method=case.method, data=typed, base_url=SITE, headers=sent, buffered=True)


def protected(app: Flask) -> list[Case]:
    return [case for case in posts(app, "coordinator") if case.endpoint not in policy.PATIENT]


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_s13_every_route_refuses_a_post_without_a_token(app: Flask, world: World, token: str | None) -> None:
    client, asked = world.browser("coordinator"), protected(app)
    for case in asked:
        reply = post(client, world, case, token)
        assert reply.status_code == 400, case
        assert SENTENCE in reply.get_data(as_text=True)
    assert len(asked) > 20


def test_s13_the_token_of_another_session_is_refused(app: Flask, world: World) -> None:
    client = world.browser("coordinator")
    foreign = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(RAW[::-1])
    for case in protected(app):
        assert post(client, world, case, str(foreign)).status_code == 400, case


def test_s13_a_form_may_lie_open_for_a_month(app: Flask, world: World) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=30), tick=False):
        old = world.token()
    client = world.browser("coordinator")
    case = next(case for case in protected(app) if case.endpoint == "imports.look")
    reply = post(client, world, case, old)
    assert reply.status_code == 422
    assert SENTENCE not in reply.get_data(as_text=True)


def test_s13_what_another_site_causes_is_refused_on_the_patients_side(app: Flask, world: World) -> None:
    client = world.browser("patient B")
    asked = [case for case in posts(app, "patient B") if case.endpoint in SIGNED]
    for case in asked:
        reply = post(client, world, case, None, **{"Sec-Fetch-Site": "cross-site"})
        assert reply.status_code == 400, case
    assert len(asked) >= 5


def test_s13_an_answer_without_its_signed_token_is_not_saved(world: World) -> None:
    client = world.browser("patient B")
    reply = client.post("/s/nrs11/1", data={"answer": "3", "action": "save"}, base_url=SITE)
    assert reply.status_code == 400
    assert "not saved yet" in reply.get_data(as_text=True)


def test_s13_a_cookie_is_never_sent_by_another_sites_form(world: World) -> None:
    client = world.app.test_client()
    reply = client.post(f"/q/{world.own['token']}", data={"respondent": "self", "consent": "y"}, base_url=SITE)
    page = client.get("/login", base_url=SITE)
    cookies = [*reply.headers.getlist("Set-Cookie"), *page.headers.getlist("Set-Cookie")]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_s13_nothing_else_is_exempt(app: Flask) -> None:
    from surveys.csrf import csrf  # noqa: PLC0415

    blueprints = {name if isinstance(name, str) else name.name for name in csrf._exempt_blueprints}
    views = {name.rpartition(".")[2] for name in csrf._exempt_views}
    exempt = {e for e in app.view_functions if e.partition(".")[0] in blueprints}
    assert exempt <= policy.PATIENT
    assert views == {"stop"}
    assert BLIND <= policy.PATIENT
