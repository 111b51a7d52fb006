"""A stubborn patient over HTTP: answers, and sends again until the answer is acknowledged."""

from __future__ import annotations

import http.client
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from local.ports import LOOPBACK
from scoring.instrument import load_instruments

ITEMS = load_instruments()["odi"].items
TOKEN = re.compile(r'name="token" value="([^"]+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE = 90  # seconds that an answer may take, killings and restarts included


@dataclass
class StubbornPatient:
    """``acknowledged``: (item, level) of each answer, in order; ``resent``: how many requests were sent again."""

    port: int
    link: str
    cookie: str = ""
    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    resent: int = 0

    def start(self) -> None:
        """Open the link and read the form of every ODI item once."""
        self._until_answered("POST", f"/q/{self.link}", {"respondent": "self", "consent": "1"})
        self._tokens = [self._token(position) for position in range(1, len(ITEMS) + 1)]

    def answer(self, times: int) -> None:
        """Answer item after item; the same form brings another level each time round."""
        for number in range(times):
            lap, place = divmod(number, len(ITEMS))
            form = {"token": self._tokens[place], "answer": str(lap % 6), "action": "save"}
            self._until_answered("POST", f"/s/odi/{place + 1}", form)
            self.acknowledged.append((ITEMS[place].code, lap % 6))

    def _token(self, position: int) -> str:
        found = TOKEN.search(self._until_answered("GET", f"/s/odi/{position}", {}))
        assert found
        return found[1]

    def _until_answered(self, method: str, path: str, form: dict[str, str]) -> str:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            with suppress(OSError, http.client.HTTPException):
                status, body = self._ask(method, path, form)
                if status < 400:
                    return body
                assert status >= 500, (method, path, status, body[:500])
            self.resent += 1
            time.sleep(0.05)
        raise AssertionError(f"{method} {path}: no answer within {PATIENCE} s")

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
