"""A patient's browser without scripts over HTTP: it asks once, and holds its cookie."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode

from local.ports import LOOPBACK
from tests.page_forms import form_to
from tests.patients import Invited

TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class PlainPatient:
    """``port``: of the web server, or of the line to it."""

    port: int
    cookie: str = ""

    def ask(self, method: str, path: str, **form: str) -> tuple[int, str]:
        """Ask once; return the status, and the page or where it leads."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        try:
            connection.request(method, path, urlencode(form), {"Cookie": self.cookie, **TYPE})
            reply = connection.getresponse()
            self.cookie = (reply.getheader("Set-Cookie") or self.cookie).partition(";")[0]
            return reply.status, reply.getheader("Location") or reply.read().decode()
        finally:
            connection.close()

    def start(self, invited: Invited) -> None:
        """Open the link and agree."""
        assert self.ask("POST", f"/q/{invited.token}", respondent="self", consent="1")[0] == 303

    def form(self, item: str) -> dict[str, str]:
        """Open an item and return its form without an answer."""
        return {"token": form_to(self.ask("GET", item)[1], item).value("token"), "action": "save"}

    def answer(self, item: str, level: int) -> None:
        """Open an item and answer it."""
        assert self.ask("POST", item, answer=str(level), **self.form(item))[0] == 303
