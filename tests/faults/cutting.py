"""A line that can be cut: a proxy before the web server that loses a post, or the reply to one, when it is told to.

It also knows which answers were acknowledged: those whose reply it carried to the browser.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from local.ports import LOOPBACK

Cut = Literal["request", "reply"]
PIECE = 65_536
SAVED = b"backstory-answer: saved"


@dataclass
class Line:
    """``port``: where to connect. ``wanted``: what the next posts lose, in their order; ``cut``: what was lost.

    ``told``: the path of each answer of which the browser was told that it is saved, in their order.
    """

    upstream: int
    door: socket.socket
    wanted: list[Cut] = field(default_factory=list)
    cut: list[Cut] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    def take(self) -> None:
        """Carry every connection until the door is shut."""
        with suppress(OSError):
            while True:
                browser, _address = self.door.accept()
                try:
                    server = socket.create_connection((LOOPBACK, self.upstream))
                except OSError:  # the server is down: the browser is told so
                    browser.close()
                    continue
                ends = _Connection(self, browser, server)
                for carry in (ends.up, ends.down):
                    threading.Thread(target=carry, daemon=True).start()

    def lost_by(self, piece: bytes) -> Cut | None:
        """Return what a post loses; None for anything else, and where nothing is wanted."""
        if not (self.wanted and piece.startswith(b"POST ")):
            return None
        self.cut.append(self.wanted.pop(0))
        return self.cut[-1]


@dataclass
class _Connection:
    line: Line
    browser: socket.socket
    server: socket.socket
    losing: bool = False
    posted: str = ""

    def up(self) -> None:
        with suppress(OSError):
            while piece := self.browser.recv(PIECE):
                lost = self.line.lost_by(piece)
                if lost == "request":
                    break
                self.losing = self.losing or lost == "reply"
                if piece.startswith(b"POST "):
                    self.posted = piece.split(b" ", 2)[1].decode()
                self.server.sendall(piece)
        self._hang_up()

    def down(self) -> None:
        """The server's first bytes tell that it has done its work; a lost reply ends there."""
        with suppress(OSError):
            while piece := self.server.recv(PIECE):
                if self.losing:
                    break
                self.browser.sendall(piece)
                if SAVED in piece.lower():
                    self.line.told.append(self.posted)
        self._hang_up()

    def _hang_up(self) -> None:
        for end in (self.browser, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def cut_line(upstream: int) -> Iterator[Line]:
    """Yield a line to the server at a port of this machine."""
    with socket.create_server((LOOPBACK, 0)) as door:
        line = Line(upstream, door)
        threading.Thread(target=line.take, daemon=True).start()
        yield line
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
