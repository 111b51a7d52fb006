"""A pool without a connection to spare, and one whose connections have died: 503 with the values kept, never a 3xx."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, text
from werkzeug.test import TestResponse

from surveys.application import create_app
from surveys.config import read_config
from surveys.db import clinic_scope, db
from surveys.models import Answer, Patient
from tests.factories import MadeClinic, make_clinic
from tests.faults.conftest import Durable
from tests.page_forms import PageForm, form_to
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE, signed_in

KEPT, MORE = 4, 2  # connections
POOL = {"pool_size": KEPT, "max_overflow": MORE, "pool_timeout": 0.2, "hide_parameters": True}
ITEM = "/s/odi/2"
TYPED = {
    "chart_number": 'C-"9" & <b>',
    "first_name": "Zoë",
    "surname": "O'Brien",
    "language": "en",
    "channel": "none",
    "protocol": "spine",
    "arm": "treated",
    "pain_generator": "disc_herniation",
    "treatment_on": "",
}


@pytest.fixture
def small(own_database: dict[str, str]) -> Iterator[Flask]:
    """The application with six connections and little patience."""
    app = create_app(read_config(own_database), {"SQLALCHEMY_ENGINE_OPTIONS": POOL})
    yield app
    with app.app_context():
        db.engine.dispose()


@contextmanager
def all_taken(app: Flask) -> Iterator[None]:
    """Hold every connection of the pool."""
    with app.app_context(), clinic_scope(None), ExitStack() as stack:
        for _ in range(KEPT + MORE):
            stack.enter_context(db.engine.connect())
        yield


def started(app: Flask, invited: Invited) -> FlaskClient:
    client = app.test_client()
    begun = client.post(f"/q/{invited.token}", data={"respondent": "self", "consent": "1"}, base_url=SITE)
    assert begun.status_code == 303
    return client


def levels(app: Flask, invited: Invited) -> list[int | None]:
    with seen_by(app, invited.clinic_id) as session:
        return list(session.scalars(select(Answer.level).order_by(Answer.id)))


def send(client: FlaskClient, form: PageForm) -> TestResponse:
    return client.post(form.action, data=form.sent(), base_url=SITE)


def refused(reply: TestResponse) -> str:
    """Check that nothing was acknowledged, and return the page."""
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert "Location" not in reply.headers
    return reply.text


def item_form(client: FlaskClient, level: str) -> PageForm:
    form = form_to(client.get(ITEM, base_url=SITE).text, ITEM)
    form.fields += [("answer", level), ("action", "save")]
    return form


def test_t06_an_item_comes_back_with_what_was_chosen_when_the_pool_is_exhausted(small: Flask) -> None:
    invited = invite(small)
    client = started(small, invited)
    form = item_form(client, "3")
    with all_taken(small):
        shown = form_to(refused(send(client, form)), ITEM)
    assert shown.value("answer") == "3"
    assert shown.value("token") == form.value("token"), "with another number an unheard answer would count twice"
    assert levels(small, invited) == []
    assert send(client, shown).status_code == 303
    assert levels(small, invited) == [3]


def test_t06_the_item_that_comes_back_is_in_the_patients_language(small: Flask) -> None:
    invited = invite(small, language="es")
    client = started(small, invited)
    form = item_form(client, "1")
    with all_taken(small):
        page = refused(send(client, form))
    assert '<html lang="es"' in page
    assert "todavía no está guardada" in page


def typed_by(client: FlaskClient) -> PageForm:
    """Fill in the enrolment form."""
    form = form_to(client.get("/patients/new", base_url=SITE).text, "/patients/new")
    kept = [(name, value) for name, value in form.fields if name not in TYPED]
    form.fields = [*kept, *TYPED.items()]
    return form


def names(app: Flask, clinic: MadeClinic) -> int:
    with seen_by(app, clinic.id) as session:
        return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_t06_a_staff_form_can_be_sent_again_as_it_was_typed(small: Flask) -> None:
    with small.app_context():
        clinic = make_clinic()
    invite(small, clinic_id=clinic.id)
    client = signed_in(small, clinic, "coordinator")
    form = typed_by(client)
    with all_taken(small):
        page = refused(send(client, form))
    again = form_to(page, "/patients/new")
    assert sorted(again.fields) == sorted(form.fields)
    assert "C-&#34;9&#34; &amp; &lt;b&gt;" in page
    assert names(small, clinic) == 1
    assert send(client, again).status_code == 303
    assert names(small, clinic) == 2


def test_t06_a_password_is_not_put_into_a_page(small: Flask) -> None:
    client = small.test_client()
    form = form_to(client.get("/login", base_url=SITE).text, "/login")
    sent = {**form.sent(), "login": ["somebody"], "password": ["a secret of 20 signs"]}
    with all_taken(small):
        page = refused(client.post("/login", data=sent, base_url=SITE))
    assert "a secret of 20 signs" not in page
    assert 'href="/login"' in page


def test_t06_a_page_that_cannot_be_drawn_offers_to_be_opened_again(small: Flask) -> None:
    client = started(small, invite(small))
    with all_taken(small):
        page = refused(client.get(ITEM, base_url=SITE))
    assert f'href="{ITEM}"' in page


def fill(engine: Engine) -> list[int]:
    """Open every connection of the pool at once; return the server processes behind them."""
    with ExitStack() as stack:
        opened = [stack.enter_context(engine.connect()) for _ in range(KEPT)]
        return [each.scalar(text("SELECT pg_backend_pid()")) for each in opened]


@pytest.mark.faults
def test_t06_nobody_meets_a_connection_that_died_in_the_pool(durable: Durable) -> None:
    app = create_app(read_config(durable.settings), {"SQLALCHEMY_ENGINE_OPTIONS": POOL})
    invited = invite(app)
    client = started(app, invited)
    with app.app_context(), clinic_scope(None):
        before = fill(db.engine)
    form = item_form(client, "4")
    durable.crash()
    again = form_to(refused(send(client, form)), ITEM)
    durable.start()
    assert send(client, again).status_code == 303
    replies = [client.get(ITEM, base_url=SITE).status_code for _ in range(12)]
    with app.app_context(), clinic_scope(None):
        after = fill(db.engine)
        db.engine.dispose()
    assert replies == [200] * 12
    assert not set(before) & set(after)
    assert levels(app, invited) == [4]
    with app.app_context():
        db.engine.dispose()


@pytest.mark.faults
def test_t06_a_restart_between_two_requests_is_not_noticed(durable: Durable) -> None:
    app = create_app(read_config(durable.settings), {"SQLALCHEMY_ENGINE_OPTIONS": POOL})
    clients = [started(app, invite(app)) for _ in range(KEPT)]  # each of another clinic
    with app.app_context(), clinic_scope(None):
        fill(db.engine)
    durable.crash()
    durable.start()
    replies = [client.get(ITEM, base_url=SITE).status_code for client in clients * 3]
    with app.app_context():
        db.engine.dispose()
    assert replies == [200] * len(replies)
