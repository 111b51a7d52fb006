"""S17: the hostile corpus goes to every field of every form and to every filter.

``HOSTILE_FULL=1`` adds the staff's forms and sends each value to each field by itself; otherwise each value goes to
each form once, into all its fields or into one of them in turn, and a form that another actor has too is tried once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.page_forms import PageForm, forms_of
from tests.security.corpus import CORPUS, FEW
from tests.security.matrix import GRANTED, cases, expected
from tests.security.world import World
from tests.staff_browser import SITE

FULL = os.environ.get("HOSTILE_FULL") == "1"
STAFF = ("coordinator", "admin", "registry analyst") if FULL else ()  # their forms: test_forms_fuzz.py too
ACTORS = ("patient A", "anonymous", *STAFF)
TRIED: set[tuple[str, ...]] = set()  # forms of actors before
LEFT_ALONE = {"csrf_token", "token"}  # without them nothing but their own refusal would be reached
ENDS = {"/logout"}  # ends what is being tried


@dataclass
class Count:
    """What was sent, and what broke."""

    sent: int = 0
    forms: set[str] = field(default_factory=set)
    fields: set[tuple[str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def note(self, what: str, status: int) -> None:
        """Count one request; a status of 5xx is a fault."""
        self.sent += 1
        if status >= 500:
            self.broken.append(f"{status} {what}")


@pytest.fixture
def world(used_world: World) -> World:
    return used_world


def pages(app: Flask, world: World, actor: str) -> Iterator[str]:
    """Every page the actor is served, by its address."""
    for case in cases(list(app.url_map.iter_rules())):
        mine = (case.actor, case.owner, case.method) == (actor, "own", "GET") and case.ours
        if mine and expected(case) in GRANTED:
            yield case.path(world)


def forms(app: Flask, world: World, client: FlaskClient, actor: str) -> list[PageForm]:
    """Every form on those pages, once per address and set of fields."""
    found: dict[tuple[str, ...], PageForm] = {}
    for path in pages(app, world, actor):
        reply = client.get(path, base_url=SITE, buffered=True)
        if reply.mimetype == "text/html":
            for form in forms_of(reply.get_data(as_text=True)):
                form.action = form.action or path
                found.setdefault((_shape(form.action), form.method, *sorted(form.names)), form)
    return [form for form in found.values() if urlsplit(form.action).path not in ENDS]


def _shape(action: str) -> str:
    """The address without ids, so that forty rows with one button each count as one form."""
    return "/".join("*" if len(part) > 20 else part for part in urlsplit(action).path.split("/"))


def tries(form: PageForm) -> Iterator[dict[str, list[str]]]:
    """Every set of values the form is sent with: a value in all its fields, or in one of them in turn."""
    names = [name for name in form.names if name not in LEFT_ALONE]
    for at, value in enumerate(CORPUS if names else ()):
        everywhere = value in FEW and at % 2 == 0
        for name in names if FULL and value in FEW else [names[at % len(names)]]:
            yield form.sent() | {other: [value] for other in (names if everywhere and not FULL else [name])}
    for name in names[:: 1 if FULL else 4]:
        yield {other: values for other, values in form.sent().items() if other != name}
        yield form.sent() | {name: ["1", "2"]}


def send(client: FlaskClient, form: PageForm, values: dict[str, list[str]]) -> int:
    """Send what a browser would, and return the status."""
    sent = {name: [_encodable(value) for value in given] for name, given in values.items()}
    if form.method == "get":
        return client.get(form.action, query_string=_short(sent), base_url=SITE, buffered=True).status_code
    kind = "multipart/form-data" if form.multipart else "application/x-www-form-urlencoded"
    headers = {"Referer": f"{SITE}/"}
    reply = client.post(form.action, data=sent, content_type=kind, base_url=SITE, headers=headers, buffered=True)
    return reply.status_code


def _encodable(value: str) -> str:
    """A lone surrogate goes as what browsers make of it: the replacement character."""
    return value.encode("utf-8", "replace").decode()


def _short(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """An address has room for little."""
    return {name: [value[:2000] for value in given] for name, given in values.items()}


@pytest.mark.parametrize("actor", ACTORS)
def test_s17_no_value_in_any_field_of_any_form_breaks_a_page(
    app: Flask, world: World, actor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client, count = world.browser(actor), Count()
    for form in forms(app, world, client, actor):
        shape = (_shape(form.action), form.method, *sorted(form.names))
        if shape in TRIED:
            continue
        TRIED.add(shape)
        count.forms.add(_shape(form.action))
        count.fields |= {(_shape(form.action), name) for name in form.names}
        for values in tries(form):
            count.note(f"{form.method} {form.action} {_told(values)}", send(client, form, values))
            client = client if _still_in(client, actor) else world.browser(actor)
    with capsys.disabled():
        words = f"{count.sent} inputs, {len(count.forms)} forms, {len(count.fields)} fields"
        sys.stdout.write(f"\nS17 hostile, {actor}: {words}\n")
    assert TRIED
    assert not count.broken, "\n".join(count.broken[:20])


def _told(values: dict[str, list[str]]) -> str:
    return str({name: [value[:40] for value in given] for name, given in values.items() if name not in LEFT_ALONE})


def _still_in(client: FlaskClient, actor: str) -> bool:
    """Whether the cookie is still there; a sign-out or a changed password takes it."""
    name = "__Host-patient" if actor.startswith("patient") else "__Host-staff"
    return actor == "anonymous" or client.get_cookie(name) is not None
