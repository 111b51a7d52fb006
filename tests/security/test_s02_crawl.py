"""S2, S3: every page that a link leads to, as everybody, in a real browser: nothing on the line, nothing refused.

A page of each route is opened once per role. Beside the browser's own reports (``securitypolicyviolation`` and the
console) the source is read for what the policy would have to refuse.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page
from werkzeug.exceptions import HTTPException

from tests.patients import invite
from tests.security.corpus import INJECTIONS
from tests.security.world import World
from tests.staff_browser import staff_cookie

SECURE = "https://localhost"  # a browser takes a secure cookie from such an address alone, and sends it to ours
STAFF = ("clinician", "coordinator", "analyst", "admin", "registry_analyst")
WATCH = (
    "window.refused = [];"
    "addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective + ' ' + e.blockedURI))"
)
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|(?:href|src|action)\s*=\s*[\"']?\s*javascript:",
    re.I,
)
SLOW = 180_000  # ms; the first chart of a process loads the library that draws it, 5 s of a processor that is shared
PER_ROUTE = 2  # pages of one route, so that a list of forty patients is not opened forty times
FILES = {"text/csv", "image/svg+xml", "application/json", "application/zip"}
STORED = """async () => ({local: localStorage.length, session: sessionStorage.length,
    bases: (await indexedDB.databases()).length, caches: (await caches.keys()).length})"""
EMPTY = {"local": 0, "session": 0, "bases": 0, "caches": 0}


@dataclass
class Crawl:
    """What was opened, and what was wrong with it."""

    opened: list[str] = field(default_factory=list)
    routes: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def watched(browser: Browser, base: str) -> Iterator[Page]:
    """A page with storage of its own that notes what the policy refuses."""
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SLOW)
    context.add_init_script(WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, name: str, value: str) -> None:
    """Give the browser a staff member's cookie."""
    page.context.add_cookies([{"name": name, "value": value, "url": SECURE, "secure": True, "httpOnly": True}])


def note_dialogs(page: Page, told: list[str]) -> None:
    """Note every dialog that a script opens, and close it."""

    def note(dialog: Dialog) -> None:
        told.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", note)


def route_of(app: Flask, path: str) -> str:
    """The endpoint that an address leads to, or nothing."""
    try:
        return str(app.url_map.bind("localhost").match(path)[0])
    except HTTPException:
        return ""


def crawl(app: Flask, page: Page, start: str) -> Crawl:
    """Follow every link of this site from the start, breadth first."""
    done, waiting = Crawl(), [start]
    told: list[str] = []
    page.on("console", lambda said: told.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    note_dialogs(page, told)
    for path in waiting:
        route = route_of(app, urlsplit(path).path)
        if done.routes.get(route, 0) >= PER_ROUTE or route in ("", "auth.sign_out"):
            continue
        done.routes[route] = done.routes.get(route, 0) + 1
        waiting += [link for link in look(page, path, done) if link not in waiting]
        done.faults += [f"{path}: {text}" for text in told]
        told.clear()
    return done


def look(page: Page, path: str, done: Crawl) -> list[str]:
    """Open one page, note what is wrong, and return where it leads on this site."""
    done.opened.append(path)
    reply = page.request.get(path)
    if reply.status >= 500:
        done.faults.append(f"{path}: {reply.status}")
    if reply.headers.get("content-type", "").partition(";")[0] != "text/html":
        return []
    done.faults += [f"{path}: {found[0]!r} in the source" for found in INLINE.finditer(reply.text())]
    page.goto(path)
    done.faults += [f"{path}: {refused}" for refused in page.evaluate("window.refused")]
    here = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    own = urlsplit(page.url).netloc
    return [_local(link) for link in here if urlsplit(link).netloc == own]


def _local(link: str) -> str:
    split = urlsplit(link)
    return split.path + (f"?{split.query}" if split.query else "")


def tell(capsys: pytest.CaptureFixture[str], who: str, done: Crawl) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nS2 crawl, {who}: {len(done.opened)} pages of {len(done.routes)} routes\n")


@pytest.mark.browser
@pytest.mark.parametrize("role", STAFF)
def test_s02_no_page_of_any_role_holds_or_tries_what_the_policy_forbids(
    app: Flask, browser: Browser, web_server: str, world: World, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, value = staff_cookie(app, world.a, role)
    with watched(browser, web_server) as page:
        sign_in(page, name, value)
        done = crawl(app, page, "/")
        assert page.evaluate(STORED) == EMPTY
    tell(capsys, role, done)
    assert not done.faults, "\n".join(done.faults)
    assert len(done.opened) >= 3


@pytest.mark.browser
def test_s02_no_page_of_a_patient_or_a_stranger_does(
    app: Flask, browser: Browser, web_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    invited = invite(app, timepoint="m1")
    with watched(browser, web_server) as page:
        before = crawl(app, page, f"/q/{invited.token}")
        page.goto(f"/q/{invited.token}")
        page.locator("#respondent-self").check()
        page.locator("#consent").check()
        page.locator("button.primary").click()
        after = crawl(app, page, "/s/review")
        stranger = crawl(app, page, "/login")
    for who, done in (("patient's link", before), ("patient", after), ("stranger", stranger)):
        tell(capsys, who, done)
        assert not done.faults, "\n".join(done.faults)


@pytest.mark.browser
def test_s03_a_browser_holds_nothing_once_the_answers_are_sent(app: Flask, browser: Browser, web_server: str) -> None:
    invited = invite(app, timepoint="m1")
    with watched(browser, web_server) as page:
        page.goto(f"/q/{invited.token}")
        page.locator("#respondent-self").check()
        page.locator("#consent").check()
        page.locator("button.primary").click()
        page.goto("/s/nrs11/1")
        page.locator("#answer-3").check()
        page.locator("button.primary").click()
        page.goto("/s/review")
        page.locator("button.primary").click()
        assert page.url.endswith("/s/done")
        assert page.evaluate(STORED) == EMPTY
        assert {cookie["name"] for cookie in page.context.cookies()} <= {"__Host-patient", "__Host-form"}
        assert page.evaluate("document.cookie") == ""


@pytest.mark.browser
@pytest.mark.parametrize("name", INJECTIONS)
def test_s17_a_hostile_name_is_text_on_every_page_that_shows_it(
    app: Flask, browser: Browser, web_server: str, world: World, name: str
) -> None:
    invited = invite(app, clinic_id=world.a.id, first_name=name)
    cookie, value = staff_cookie(app, world.a, "coordinator")
    with watched(browser, web_server) as page:
        asked: list[str] = []
        note_dialogs(page, asked)
        sign_in(page, cookie, value)
        for path in (
            f"/patients/{invited.patient_id}",
            f"/patients/{invited.patient_id}/details",
            "/patients",
            "/desk",
        ):
            page.goto(path)
            assert name in page.locator("main").inner_text() or page.locator("#first_name").input_value() == name
            assert page.locator("main :is(img[src=x], svg[onload], script, [onmouseover])").count() == 0
            assert page.evaluate("window.refused") == []
            assert "broken" not in page.title()
        page.goto(f"/q/{invited.token}")
        assert page.locator("main :is(img, script, [onmouseover])").count() == 0
        assert asked == []
