"""S15: what a form does not ask for cannot be set by sending it along."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from psycopg.sql import SQL, Identifier

from local import roles
from local.postgres import Postgres
from surveys.db import Base
from tests.page_forms import PageForm
from tests.security.test_s17_every_form import forms
from tests.security.world import World
from tests.staff_browser import SITE

PLANTED = "01010101-1111-7111-8111-777777777777"
FUTURE = "2931-01-02T03:04:05+00:00"
# Columns that no form offers, with values that would be seen wherever they were kept.
EXTRA = {
    "id": PLANTED,
    "patient_id": PLANTED,
    "episode_id": PLANTED,
    "visit_id": PLANTED,
    "staff_id": PLANTED,
    "author_id": PLANTED,
    "recorded_by": PLANTED,
    "granted_by": PLANTED,
    "number": "29310102",
    "next_patient_number": "29310102",
    "created_at": FUTURE,
    "given_at": FUTURE,
    "submitted_at": FUTURE,
    "answered_at": FUTURE,
    "withdrawn_at": FUTURE,
    "revoked_at": FUTURE,
    "disabled_at": FUTURE,
    "password_hash": "planted-29310102",
    "value_set": "planted-29310102",
    "state": "planted-29310102",
    "value": "29310102",
}
MARKS = (PLANTED, "2931-01-02", "29310102")
TABLES = sorted(name for name, table in Base.metadata.tables.items() if "clinic_id" in table.columns)


@pytest.fixture
def world(used_world: World) -> World:
    return used_world


@pytest.mark.parametrize("actor", ["coordinator", "admin", "patient A"])
def test_s15_fields_that_a_form_does_not_have_change_nothing(
    app: Flask, world: World, postgres: Postgres, actor: str
) -> None:
    client = world.browser(actor)
    before = _others(postgres, world), _roles(postgres, world)
    posted = [form for form in forms(app, world, client, actor) if form.method == "post"]
    for form in posted:
        sent = _with_more(form, world)
        reply = client.post(form.action, data=sent, base_url=SITE, headers={"Referer": f"{SITE}/"}, buffered=True)
        assert reply.status_code < 500, form.action
    assert len(posted) >= 4
    assert _planted(postgres) == []
    assert (_others(postgres, world), _roles(postgres, world)) == before


def _with_more(form: PageForm, world: World) -> dict[str, list[str]]:
    """What the form sends, filled in where a browser would insist, and what it never asked for."""
    extra = EXTRA | {"clinic_id": str(world.b.id)}
    if "role" not in form.names:
        extra["role"] = "admin"
    return form.sent() | {name: [value] for name, value in extra.items() if name not in form.names}


def _planted(postgres: Postgres) -> list[str]:
    """Tables in which one of the marks was kept, in whatever column."""
    with psycopg.connect(postgres.url("postgres", roles.DATABASE)) as connection:
        ask = SQL("SELECT count(*) FROM {} t WHERE t::text ~ %s")
        marks = "|".join(MARKS)
        counts = {name: connection.execute(ask.format(Identifier(name)), (marks,)).fetchone() for name in TABLES}
    return [name for name, row in counts.items() if row != (0,)]


def _others(postgres: Postgres, world: World) -> list[tuple[object, ...]]:
    """How much the other clinic holds."""
    with psycopg.connect(postgres.url("postgres", roles.DATABASE)) as connection:
        ask = SQL("SELECT count(*) FROM {} WHERE clinic_id = %s")
        return [connection.execute(ask.format(Identifier(n)), (world.b.id,)).fetchone() or () for n in TABLES]


def _roles(postgres: Postgres, world: World) -> list[tuple[object, ...]]:
    """Who is what in the clinic; the account that an administrator tries things on is left out."""
    ask = "SELECT login, role, clinic_id FROM staff WHERE clinic_id = %s AND login NOT LIKE 'victim%%' ORDER BY login"
    with psycopg.connect(postgres.url("postgres", roles.DATABASE)) as connection:
        return connection.execute(ask, (world.a.id,)).fetchall()
