"""At every step the line is cut, the browser killed, the server killed (T3): 0 answers lost, 0 doubled, in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser

from local.chromium import find as find_chromium
from local.ports import free_port
from tests.browser.person import ENDS, Person
from tests.faults.case import Case, invite_with_year
from tests.faults.counting import FULL, Fault
from tests.faults.cutting import cut_line
from tests.servers.chromium import ARGUMENTS
from tests.servers.processes import wait_until, web_process

pytestmark = pytest.mark.faults
MOMENTS = ("before", "at once", "told")  # of a death: before the answer is sent, with it, once it is acknowledged


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=[True, False] if FULL else [True], ids=lambda on: "scripts" if on else "plain")
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def case_at(app: Flask, base: str, running: ExitStack, fault: Fault, *, scripts: bool) -> Case:
    """A new patient, on a line of her own to the server."""
    line = running.enter_context(cut_line(urlsplit(base).port or 0))
    return Case(app, invite_with_year(app), line, fault, scripts)


@pytest.mark.parametrize("how", ["away", "request", "reply"] if FULL else ["any"])
def test_t03_the_line_cut_at_every_step(
    app: Flask, web_server: str, browser: Browser, running: ExitStack, record_fault: Fault, scripts: bool, how: str
) -> None:
    case = case_at(app, web_server, running, record_fault, scripts=scripts)

    def cut(person: Person, page: str) -> None:
        chosen = how if how != "any" else record_fault.chance.choice(("away", "request", "reply"))
        if chosen == "away" or page in ENDS:
            further, offline = record_fault.chance.randrange(3), person.tab.context.set_offline
            record_fault.inject("confirmed without a line", person.goes_on(page, further, once=lambda: offline(True)))
            offline(False)
        else:
            case.line.wanted.append("request" if chosen == "request" else "reply")
            person.confirms(page)
            record_fault.inject(f"{chosen} cut")

    case.is_walked(case.person(browser, running), cut)


def test_t03_the_browser_killed_at_every_step(
    app: Flask, web_server: str, browser: Browser, running: ExitStack, record_fault: Fault, scripts: bool
) -> None:
    case = case_at(app, web_server, running, record_fault, scripts=scripts)

    def another() -> Browser:
        return browser.browser_type.launch(executable_path=find_chromium(), args=ARGUMENTS)

    def die(person: Person, page: str) -> None:
        moment = record_fault.chance.choice(MOMENTS)
        if moment != "before":
            person.confirms(page)
        if moment == "told":
            person.is_told()
        kill(person)
        record_fault.inject(f"kill -9 of the browser {moment}")
        person.tab = case.person(another(), running).tab
        person.opens_link()

    case.is_walked(case.person(another(), running), die, in_one_browser=False)


def kill(person: Person) -> None:
    """End the browser that holds the patient's tab, with all its processes, at once."""
    browser = person.tab.context.browser
    assert browser
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pid = next(int(each["id"]) for each in told if each["type"] == "browser")
    group = os.getpgid(pid)  # a distribution's starter may stand before the browser
    assert group != os.getpgrp()
    os.killpg(group, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the browser's end", 30)


@dataclass
class Web:
    """A server that is killed and started again."""

    settings: dict[str, str]
    log: Path
    pid: int = 0
    running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start it, after what is left of the one before has ended."""
        self.running.close()
        self.pid = self.running.enter_context(web_process(self.settings, self.log, workers=1)).pid

    def kill(self) -> None:
        """End it and its workers at once."""
        os.killpg(self.pid, signal.SIGKILL)


@pytest.fixture
def web(environment: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    web = Web({**environment, "PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}, tmp_path / "web.log")
    web.start()
    yield web
    web.running.close()


def test_t03_the_server_killed_at_every_step(
    app: Flask, web: Web, browser: Browser, running: ExitStack, record_fault: Fault, scripts: bool
) -> None:
    case = case_at(app, web.settings["PUBLIC_BASE_URL"], running, record_fault, scripts=scripts)

    def die(person: Person, page: str) -> None:
        moment = record_fault.chance.choice(MOMENTS)
        if moment == "before":
            person.goes_on(page, record_fault.chance.randrange(3), once=web.kill)
        else:
            person.confirms(page)
            if moment == "told":
                person.is_told()
            web.kill()
        record_fault.inject(f"kill -9 of the server {moment}")
        web.start()

    case.is_walked(case.person(browser, running), die)
