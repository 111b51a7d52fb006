"""A text gateway on loopback: a real HTTP server that keeps what it accepts, and fails as a test asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from local.ports import LOOPBACK

HANG_UP = 0  # as a status: the line is cut after the request was read
SILENT = -1  # as a status: nothing is answered until the other side gives up


@dataclass(frozen=True)
class Received:
    """One request. ``values``: of the query and of the body, form or JSON."""

    method: str
    path: str
    headers: dict[str, str]
    values: dict[str, str]


@dataclass
class SmsGateway:
    """``answer(number)`` decides the status; ``accepted`` holds what was answered with 2xx, ``asked`` everything.

    ``words``: the body of every answer.
    """

    answer: Callable[[str], int] = lambda _number: 202
    words: bytes = b'{"status":"seen"}'
    accepted: list[Received] = field(default_factory=list)
    asked: list[Received] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        gateway = self

        class Handler(_Handler):
            owner = gateway

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the application that lead here."""
        return {
            "SMS_URL": f"{self.url}/messages",
            "SMS_BODY": "to={to}&text={text}&id={id}",
            "SMS_TOKEN": "gateway-key",
        }

    def texts_to(self, number: str) -> list[str]:
        """The texts accepted for a number, oldest first."""
        return [each.values["text"] for each in self.accepted if each.values["to"] == number]

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; whoever still waits for an answer gets none."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def clear(self) -> None:
        """Forget what came, and accept everything."""
        self.words = type(self).words
        self.accepted.clear()
        self.asked.clear()
        self.answer = lambda _number: 202


class _Handler(BaseHTTPRequestHandler):
    owner: SmsGateway
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.owner.connections += 1

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        received = Received(self.command, self.path, dict(self.headers.items()), self._values(body))
        self.owner.asked.append(received)
        status = self.owner.answer(received.values.get("to", ""))
        if status == SILENT:
            self.owner.over.wait(60)
        if status in (SILENT, HANG_UP):
            self.close_connection = True
            return
        if 200 <= status < 300:
            self.owner.accepted.append(received)
        self._say(status)

    def _say(self, status: int) -> None:
        words = self.owner.words
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def _values(self, body: str) -> dict[str, str]:
        values = dict(parse_qsl(urlsplit(self.path).query))
        if "json" in self.headers.get("Content-Type", ""):
            return values | {name: str(value) for name, value in json.loads(body).items()}
        return values | dict(parse_qsl(body))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test reads what was received."""


@contextmanager
def sms_gateway() -> Iterator[SmsGateway]:
    """Yield a listening gateway."""
    gateway = SmsGateway()
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
