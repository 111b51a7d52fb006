"""S14: every route by every method, as everybody, with everybody's ids."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.sql import SQL, Identifier
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from local import roles
from local.postgres import Postgres
from surveys.access import policy
from surveys.db import Base
from tests.security.matrix import BODIES, FIXED, GRANTED, TOKENS, Case, cases, expected, wrong
from tests.security.world import ACTORS, World, build
from tests.staff_browser import SITE

# A refused request leaves these as they are; a browser that is refused has still been seen.
SEEN = {"audit_event", "audit_seal", "staff_session", "patient_session"}
KEPT = sorted(name for name, table in Base.metadata.tables.items() if "clinic_id" in table.columns and name not in SEEN)


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    return build(app)


@pytest.fixture(scope="module")
def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


class Browsers:
    """A browser per actor; an actor that signs out by what it tries gets a new one."""

    def __init__(self, world: World) -> None:
        self.world, self.token = world, world.token()
        self.open: dict[str, FlaskClient] = {}

    def ask(self, case: Case, *, anew: bool = False) -> TestResponse:
        if anew or case.actor not in self.open:
            self.open[case.actor] = self.world.browser(case.actor)
        body = BODIES.get(case.endpoint, {}) if expected(case) == "404" else {}
        typed = None if case.method == "GET" else {"csrf_token": self.token, **body}
        headers = {"Referer": f"{SITE}/"}
        path = case.path(self.world)
        return self.open[case.actor].open(
            path, method=case.method, data=typed, base_url=SITE, headers=headers, buffered=True
        )


def test_s14_the_matrix_has_no_hole(app: Flask, world: World, rules: list[Rule]) -> None:
    routes = {rule.endpoint for rule in rules}
    assert routes == policy.OPEN | set(policy.STAFF)
    known = set(FIXED) | set(world.own)
    assert {name for rule in rules for name in rule.arguments} <= known, "an argument that no patient of the tests has"
    assert set(TOKENS) <= routes
    assert app.url_map


def test_s14_who_may_not_is_refused_and_nothing_changes(
    world: World, rules: list[Rule], postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = [case for case in cases(rules) if case.ours and expected(case) not in GRANTED]
    browsers = Browsers(world)
    for actor in ACTORS:
        browsers.open[actor] = world.browser(actor)
    before = _contents(postgres, world)
    faults = [fault for case in refused if (fault := wrong(case, browsers.ask(case)))]
    assert not faults, "\n".join(faults)
    assert _contents(postgres, world) == before
    _tell(capsys, "refused", refused)


def test_s14_who_may_is_served(world: World, rules: list[Rule], capsys: pytest.CaptureFixture[str]) -> None:
    """Reading first, then every act on a row that is one's own; each act in a browser of its own."""
    served = [case for case in cases(rules) if case.ours and expected(case) in GRANTED]
    served.sort(key=lambda case: case.method)
    browsers = Browsers(world)
    faults = []
    for case in served:
        alone = case.method != "GET" and case.endpoint in policy.OPEN
        if fault := wrong(case, browsers.ask(case, anew=alone)):
            faults.append(fault)
    assert not faults, "\n".join(faults)
    _tell(capsys, "served", served)


def test_s14_a_method_that_a_route_does_not_take_is_405(
    world: World, rules: list[Rule], capsys: pytest.CaptureFixture[str]
) -> None:
    methods: dict[str, set[str]] = {}
    for rule in rules:
        methods.setdefault(rule.rule, set()).update(rule.methods or ())
    others = [case for case in cases(rules) if case.method not in methods[case.rule.rule] and case.owner == "own"]
    browsers = Browsers(world)
    odd = [f"{case.method} {case.rule} as {case.actor}" for case in others if browsers.ask(case).status_code != 405]
    assert odd == []
    _tell(capsys, "wrong method", others)


def _tell(capsys: pytest.CaptureFixture[str], what: str, done: Sequence[Case]) -> None:
    counted = [len({getattr(case, name) for case in done}) for name in ("endpoint", "method", "actor", "owner")]
    words = "{} routes, {} methods, {} actors, {} owners".format(*counted)
    with capsys.disabled():
        sys.stdout.write(f"\nS14 {what}: {len(done)} requests; {words}\n")


def _contents(postgres: Postgres, world: World) -> dict[str, tuple[object, ...] | None]:
    """What both clinics hold, table by table, as the superuser sees it."""
    ask = SQL("SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t WHERE clinic_id = ANY(%s)")
    with psycopg.connect(postgres.url("postgres", roles.DATABASE)) as connection:
        clinics = [world.a.id, world.b.id]
        return {name: connection.execute(ask.format(Identifier(name)), (clinics,)).fetchone() for name in KEPT}
