"""Every form that a browser finds by opening every page, filled in so that most handlers would accept it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.page_forms import PageForm, forms_of
from tests.security.world import World
from tests.staff_browser import SITE

TODAY = datetime.now(UTC).date()
USUAL: Mapping[str, str] = {
    "date": (TODAY - timedelta(days=1)).isoformat(),
    "number": "1",
    "email": "ana@example.org",
    "text": "Some words",
    "textarea": "Some words",
    "password": "a long enough password",
}
KNOWN: Mapping[str, str] = {
    "birth_year": "1970",
    "year": "1970",
    "email": "ana@example.org",
    "phone": "+44 20 7946 0000",
}
FIXED: Mapping[str, str] = {"instrument": "odi", "position": "1", "code": "responders", "kind": "research"}
ENDS = ("logout", "stop", "send", "leave", "withdraw", "erase", "end", "disable", "revoke")  # come last


def address(rule: Rule, ids: Mapping[str, str]) -> str | None:
    """Return an address of the rule, or None where an id of such a row is not known."""
    values = {name: ids.get(name) or FIXED.get(name) for name in rule.arguments}
    values |= {"token": ids["opt_out"]} if rule.rule.startswith("/u/") else {}
    if not all(values.values()):
        return None
    built = rule.build(values)
    return built[1] if built else None


def pages(world: World) -> Iterator[str]:
    """Yield the address of every page that is opened, not sent to."""
    for rule in world.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static" and (path := address(rule, world.own)):
            yield path


def found_forms(world: World, browser: FlaskClient) -> list[PageForm]:
    """Return each form once, those last that end what others need."""
    found: dict[str, PageForm] = {}
    for path in pages(world):
        reply = browser.get(path, base_url=SITE)
        page = reply.text if reply.mimetype == "text/html" else ""
        reply.close()
        for form in forms_of(page):
            form.action = form.action or path
            if form.method == "post":
                found.setdefault(form.action, filled(form))
    return sorted(found.values(), key=lambda form: [word in form.action for word in ENDS])


def filled(form: PageForm) -> PageForm:
    """Give every field a usual value where it has none."""
    for name, kind in form.names.items():
        value = dict(form.fields).get(name) or _usual(form, name, kind)
        form.fields = [each for each in form.fields if each[0] != name] + ([(name, value)] if value else [])
    return form


def _usual(form: PageForm, name: str, kind: str) -> str:
    offered = [value for value in form.offered.get(name, ()) if value]
    return offered[0] if offered else KNOWN.get(name, USUAL.get(kind, ""))
