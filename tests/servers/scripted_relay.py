"""An SMTP relay on loopback that follows a script: what it offers, how it answers, which certificate it shows."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from local.ports import LOOPBACK

HANG_UP, SILENCE = "", "…"  # as answers: the line is cut, or nothing is said
USUAL = {
    "CONNECT": "220 here",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    ".": "250 2.0.0 OK",
}
PIPELINING = ("PIPELINING", "ENHANCEDSTATUSCODES")


@dataclass
class Script:
    """``answers``: by verb, or by ``RCPT address``. ``wrapped``: TLS from the first byte, under ``context``."""

    answers: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = PIPELINING
    context: ssl.SSLContext | None = None
    wrapped: bool = False
    mails_per_line: int = 1_000


class ScriptedRelay(socketserver.ThreadingTCPServer):
    """``taken``: recipients and text of what was accepted; ``chunks``: what came in one piece; ``verbs``: all said."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, script: Script, host: str) -> None:
        super().__init__((host, 0), _Talk)
        self.script = script
        self.taken: list[tuple[list[str], bytes]] = []
        self.chunks: list[bytes] = []
        self.verbs: list[str] = []
        self.lines = 0
        self.over = threading.Event()
        self.before: Callable[[str], None] = lambda _verb: None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Talk(socketserver.BaseRequestHandler):
    server: ScriptedRelay
    request: Any

    def handle(self) -> None:
        self.unread, self.recipients, self.mails = b"", list[str](), 0
        self.server.lines += 1
        with suppress(OSError):
            if self.server.script.wrapped:
                self._secure()
            talking = self._answer("CONNECT")
            while talking and (line := self._line()) is not None:
                talking = self._verb(line.decode())
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)
        self.request.close()

    def _verb(self, line: str) -> bool:
        verb, _, rest = line.partition(" ")
        self.server.verbs.append(line)
        known: dict[str, Callable[[str], bool]] = {
            "EHLO": self._hello,
            "STARTTLS": self._start_tls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": lambda _rest: self._say("250 OK"),
        }
        return known[verb](rest) if verb in known else self._answer(verb, "221 bye")

    def _hello(self, _name: str) -> bool:
        lines = ["here", *self.server.script.offers]
        marked = [f"250{'-' if place < len(lines) - 1 else ' '}{text}" for place, text in enumerate(lines)]
        return self._answer("EHLO", "\r\n".join(marked))

    def _start_tls(self, _rest: str) -> bool:
        if not self._answer("STARTTLS", "220 go on"):
            return False
        self._secure()
        return True

    def _secure(self) -> None:
        context = self.server.script.context
        assert context is not None
        self.request = context.wrap_socket(self.request, server_side=True)
        self.unread = b""

    def _auth(self, rest: str) -> bool:
        if rest == "LOGIN":
            for _secret in range(2):
                self._say("334 more")
                self.server.verbs.append((self._line() or b"").decode())
        return self._answer("AUTH", "235 2.7.0 welcome")

    def _mail(self, _rest: str) -> bool:
        self.recipients, self.mails = [], self.mails + 1
        return self._say("421 4.3.2 enough") if self.mails > self.server.script.mails_per_line else self._answer("MAIL")

    def _rcpt(self, rest: str) -> bool:
        address = rest[4:-1]
        answer = self.server.script.answers.get(
            f"RCPT {address}", self.server.script.answers.get("RCPT", USUAL["RCPT"])
        )
        if answer.startswith("2"):
            self.recipients.append(address)
        return self._answer("RCPT", answer)

    def _data(self, _rest: str) -> bool:
        if not self._answer("DATA"):
            return False
        if not self.server.script.answers.get("DATA", "354").startswith("354"):
            return True
        lines = []
        while (line := self._line()) != b".":
            if line is None:
                return False
            lines.append(line.removeprefix(b"."))
        answer = self.server.script.answers.get(".", USUAL["."]) if self.recipients else "554 5.5.1 no recipients"
        if self.recipients:
            self.server.taken.append((self.recipients, b"\r\n".join(lines) + b"\r\n"))
        return self._answer(".", answer)

    def _answer(self, verb: str, otherwise: str = "") -> bool:
        self.server.before(verb)
        answer = self.server.script.answers.get(verb, otherwise or USUAL.get(verb, "250 OK"))
        if verb in ("RCPT", "."):
            answer = otherwise
        if answer == SILENCE:
            self.server.over.wait(20)
        return answer not in (SILENCE, HANG_UP) and self._say(answer)

    def _say(self, answer: str) -> bool:
        self.request.sendall(f"{answer}\r\n".encode())
        return answer[:3] not in ("221", "421")

    def _line(self) -> bytes | None:
        while b"\r\n" not in self.unread:
            chunk = self.request.recv(256 * 1024)
            if not chunk:
                return None
            self.server.chunks.append(chunk)
            self.unread += chunk
        line, _, self.unread = self.unread.partition(b"\r\n")
        return bytes(line)


@contextmanager
def scripted_relay(script: Script, host: str = LOOPBACK) -> Iterator[ScriptedRelay]:
    """Yield a listening relay."""
    with ScriptedRelay(script, host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
