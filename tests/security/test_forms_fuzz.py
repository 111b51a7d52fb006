"""Generated input in every field of every form, as everybody who has the form: never a server error."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, note
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from surveys.access import policy
from tests.page_forms import PageForm
from tests.security.found_forms import address, found_forms
from tests.security.generated_input import FULL, bounded, hostile
from tests.security.world import World, build
from tests.staff_browser import SITE

ROLES = {
    "clinician A": "clinician",
    "coordinator": "coordinator",
    "analyst": "analyst",
    "admin": "admin",
    "registry analyst": "registry_analyst",
}
ACTORS = ("anonymous", "patient A", *ROLES)
FORM = "application/x-www-form-urlencoded"
IDENTIFIER = re.compile(r"[0-9a-f-]{36}|[\w-]{43}")
ATTACKED: dict[str, str] = {}
KEPT = ("csrf_token",)  # without it nothing would get past the door
Change = tuple[int, str, str]  # which field, what is done with it, a value
changes = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["set", "set", "set", "absent", "repeated"]), hostile),
    min_size=1,
    max_size=3,
)


def altered(form: PageForm, wanted: list[Change]) -> dict[str, Any]:
    """Return the form's fields with some of them changed; a file takes its value as its bytes."""
    sent: dict[str, Any] = dict(form.sent())
    names = [name for name in form.names if name not in KEPT] + ["a_field_nobody_asked_for"]
    for place, act, value in wanted:
        name = names[place % len(names)]
        if form.names.get(name) == "file":
            sent[name] = (io.BytesIO(value.encode(errors="surrogatepass")), "patients.csv")
        elif act == "absent":
            sent.pop(name, None)
        else:
            sent[name] = [value, *sent.get(name, [])] if act == "repeated" else [value]
    return sent


def send(browser: FlaskClient, action: str, sent: dict[str, Any]) -> TestResponse:
    headers = {"Referer": f"{SITE}/"}
    if any(isinstance(value, tuple) for value in sent.values()):
        return browser.post(action, data=_sendable(sent), base_url=SITE, headers=headers)
    body = urlencode(sent, doseq=True, errors="surrogatepass")
    return browser.post(action, data=body, content_type=FORM, base_url=SITE, headers=headers)


def _sendable(sent: dict[str, Any]) -> dict[str, Any]:
    """A lone surrogate has no bytes in a form of several parts; a replacement stands for it."""
    return {
        name: [each.encode(errors="replace").decode() for each in value] if isinstance(value, list) else value
        for name, value in sent.items()
    }


def bare_forms(world: World, role: str, known: list[PageForm]) -> list[PageForm]:
    """Return a form for each address that the role may send to and no page of these offers one for."""
    names = {name: kind for form in known for name, kind in form.names.items()}
    seen = {form.action.partition("?")[0] for form in known}
    rules = [rule for rule in world.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    mine = [rule for rule in rules if rule.endpoint in policy.OPEN or policy.allows(role, rule.endpoint)]
    paths = [path for rule in mine if (path := address(rule, world.own))]
    token = [("csrf_token", world.token())]
    return [PageForm(path, "post", multipart=False, fields=token, names=names) for path in paths if path not in seen]


def attack(browser: FlaskClient, form: PageForm) -> int:
    """Send the form with field after field changed; return how often."""
    sent = 0

    @bounded(3, 60)
    @given(changes)
    def once(wanted: list[Change]) -> None:
        nonlocal sent
        note(f"POST {form.action}")
        reply = send(browser, form.action, altered(form, wanted))
        sent += 1
        assert reply.status_code < 500, form.action
        assert b"Traceback" not in reply.data

    once()
    return sent


def first_of(form: PageForm, actor: str) -> bool:
    """Whether nobody before this actor sends this kind of form; at full size everybody sends every one."""
    kind = IDENTIFIER.sub("", form.action.partition("?")[0])
    return FULL or ATTACKED.setdefault(kind, actor) == actor


@pytest.mark.parametrize("actor", ACTORS)
def test_no_field_of_any_form_breaks_the_server(
    app: Flask, actor: str, record_property: Callable[[str, object], None]
) -> None:
    world = build(app)
    browser = world.browser(actor)
    known = found_forms(world, browser)
    forms = [form for form in known + bare_forms(world, ROLES.get(actor, ""), known) if first_of(form, actor)]
    counts = [attack(browser, form) for form in forms]
    record_property("counts", f"{actor}: {len(forms)} forms, {sum(counts)} posts")
    assert bool(counts) == bool(forms)
    assert ATTACKED
