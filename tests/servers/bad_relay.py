"""An SMTP server on loopback that misbehaves at one verb, and notes whose text it took."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from local.ports import LOOPBACK

GOOD = {"EHLO": "250 here", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", ".": "250 OK", "RSET": "250 OK"}
HANG_UP = ""  # as an answer: the line is cut instead
VERBS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".")


class BadRelay(socketserver.ThreadingTCPServer):
    """``answers``: what to say to a verb instead of the usual; ``taken``: texts that ended with the final dot.

    ``before`` is called with each verb, so that a test can hold the server there.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__((LOOPBACK, 0), _Talk)
        self.answers: dict[str, str] = {"CONNECT": "220 here", **GOOD, **answers}
        self.taken: list[str] = []
        self.before: Callable[[str], None] = lambda _verb: None

    @property
    def url(self) -> str:
        """The value of SMTP_URL."""
        return f"smtp://{LOOPBACK}:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    server: BadRelay

    def handle(self) -> None:
        talking = self._say("CONNECT")
        while talking and (line := self.rfile.readline()):
            verb = line.split()[0].decode().upper() if line.split() else ""
            talking = self._say(verb) and (verb != "DATA" or self._text())

    def _text(self) -> bool:
        if not self.server.answers["DATA"].startswith("354"):
            return True
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.decode())
        self.server.taken.append("".join(lines))
        return self._say(".")

    def _say(self, verb: str) -> bool:
        self.server.before(verb)
        answer = self.server.answers.get(verb, "221 bye")
        if answer != HANG_UP:
            self.wfile.write(f"{answer}\r\n".encode())
        return answer[:3] not in ("", "221", "421")


@contextmanager
def bad_relay(answers: Mapping[str, str]) -> Iterator[BadRelay]:
    """Yield a listening server with these answers."""
    with BadRelay(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
