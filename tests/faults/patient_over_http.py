"""A stubborn patient over HTTP: answers, and sends again until the answer is acknowledged."""

from __future__ import annotations

import http.client
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from local.ports import LOOPBACK
from scoring.instrument import load_instruments
from surveys.answering.item_token import read_item
from tests.page_forms import PageForm, form_to

ITEMS = load_instruments()["odi"].items
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE = 120  # seconds that an answer may take, killings and restarts included
Answered = tuple[str, int | None, UUID]  # item, level, the number of its form


@dataclass
class StubbornPatient:
    """``key``: what signs the items' tokens, to read the number of each form.

    ``acknowledged``: each answer that got a 3xx, in order; ``sent``: posts of answers; ``resent``: those of them that
    were sent again; ``refused``: those that got 503.
    """

    port: int
    link: str
    key: str
    chance: Random
    cookie: str = ""
    acknowledged: list[Answered] = field(default_factory=list)
    sent: int = 0
    resent: int = 0
    refused: int = 0

    def start(self) -> None:
        """Open the link and agree."""
        self._until_answered("POST", f"/q/{self.link}", {"respondent": "self", "consent": "1"})

    def answer(self, times: int) -> None:
        """Open item after item and answer each, again and again."""
        for number in range(times):
            self._answer(number % len(ITEMS))

    def _answer(self, place: int) -> None:
        path, level = f"/s/odi/{place + 1}", self.chance.randint(0, 5)
        form = form_to(self._until_answered("GET", path, {}), path)
        token = read_item(form.value("token"), self.key)
        assert token is not None
        self._until_answered("POST", path, {"token": form.value("token"), "answer": str(level), "action": "save"})
        self.acknowledged.append((ITEMS[place].code, level, token.nonce))

    def _until_answered(self, method: str, path: str, form: dict[str, str]) -> str:
        """Ask until the answer is neither a broken connection nor 503; a browser's reload sends the same form."""
        limit, is_answer = time.monotonic() + PATIENCE, method == "POST" and path.startswith("/s/")
        tries = 0
        while time.monotonic() < limit:
            self.sent += is_answer
            self.resent += is_answer and tries > 0
            with suppress(OSError, http.client.HTTPException):
                status, body = self._ask(method, path, form)
                if status < 400:
                    return body
                self._check_refusal(status, body, path, form if is_answer else {})
            tries += 1
            time.sleep(0.2)
        raise AssertionError(f"{method} {path}: no answer within {PATIENCE} s")

    def _check_refusal(self, status: int, body: str, path: str, form: dict[str, str]) -> None:
        """Nothing but 503 is excused, and an answer's 503 shows what was chosen in the same form."""
        assert status == 503, (path, status, body[:500])
        if form:
            self.refused += 1
            shown: PageForm = form_to(body, path)
            assert (shown.value("token"), shown.value("answer")) == (form["token"], form["answer"])

    def _ask(self, method: str, path: str, form: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=20)
        try:
            connection.request(method, path, urlencode(form), {"Cookie": self.cookie, **FORM})
            reply = connection.getresponse()
            body = reply.read().decode()
            if named := reply.getheader("Set-Cookie"):
                self.cookie = named.partition(";")[0]
            return reply.status, body
        finally:
            connection.close()
