"""One TCP line to a relay: bytes out, replies in, never without a limit of time or length."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import astuple, dataclass, field

from tasks.mail.replies import CODES, Reply, read_reply

LONGEST = 64 * 1024  # bytes of one line
MOST_LINES = 1_000  # of one reply


class LineError(Exception):
    """The line broke, fell silent or spoke nonsense. ``status``: of a relay that said goodbye."""

    def __init__(self, status: str | None = None) -> None:
        super().__init__(status or "")
        self.status = status


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, for the greeting, each word before the text, to write the text, for the answer to it."""

    connect: float = 10.0
    greeting: float = 20.0
    word: float = 20.0
    text: float = 20.0
    dot: float = 40.0

    def at_most(self, seconds: float) -> Timeouts:
        """The same, with none longer than this."""
        return Timeouts(*(min(each, seconds) for each in astuple(self)))


@dataclass
class Line:
    """``offers``: what the relay's EHLO named, with its parameters."""

    sock: socket.socket
    timeouts: Timeouts
    offers: dict[str, str] = field(default_factory=dict)
    _unread: bytes = b""
    _limit: float = -1.0  # what the socket has; to set it is a system call

    def write(self, data: bytes, timeout: float) -> None:
        """Send all of it."""
        try:
            self._limit_to(timeout)
            self.sock.sendall(data)
        except OSError as error:
            raise LineError from error

    def reply(self, timeout: float) -> Reply:
        """Read one reply; of several lines the last one counts. ``timeout`` is for the whole reply."""
        return self.lines(timeout)[1]

    def lines(self, timeout: float) -> tuple[list[bytes], Reply]:
        """Read one reply with what its lines say."""
        read, until = [], 0.0
        while True:
            end = self._unread.find(b"\n")
            if end < 0:
                until = self._more(timeout, until)
                continue
            line, self._unread = self._unread[:end].rstrip(b"\r"), self._unread[end + 1 :]
            read.append(line[4:])
            if line[3:4] != b"-":
                return read, self._understood(line)
            if len(read) > MOST_LINES:
                raise LineError

    def ask(self, words: bytes, timeout: float | None = None) -> Reply:
        """Say one verb and read its reply."""
        limit = timeout or self.timeouts.word
        self.write(words + b"\r\n", limit)
        return self.reply(limit)

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS. What came before it in the same breath may be another's, and ends the line."""
        if self._unread:
            raise LineError
        try:
            self.sock.settimeout(self.timeouts.connect)
            self._limit = self.timeouts.connect
            self.sock = context.wrap_socket(self.sock, server_hostname=host)
        except (OSError, ValueError) as error:
            raise LineError from error

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return isinstance(self.sock, ssl.SSLSocket)

    def close(self) -> None:
        """Cut the line without a word."""
        self.sock.close()

    def _more(self, timeout: float, until: float) -> float:
        """Wait for more of a reply that has begun to be waited for; returns until when that may take."""
        if len(self._unread) > LONGEST:
            raise LineError
        now = time.monotonic()
        until = until or now + timeout
        try:
            self._limit_to(timeout if until == now + timeout else max(0.001, until - now))
            read = self.sock.recv(16 * 1024)
        except OSError as error:
            raise LineError from error
        if not read:
            raise LineError
        self._unread += read
        return until

    def _limit_to(self, seconds: float) -> None:
        if seconds != self._limit:
            self.sock.settimeout(seconds)
            self._limit = seconds

    @staticmethod
    def _understood(line: bytes) -> Reply:
        try:
            return read_reply(line[:CODES])
        except ValueError as error:
            raise LineError from error
