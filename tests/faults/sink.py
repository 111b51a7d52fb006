"""An SMTP relay that does as a test tells it: pauses, drops, hangs or answers otherwise at any word, and notes all."""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from local.ports import LOOPBACK

# CONNECT stands for the greeting, BODY for the text before its end, "." for the answer to the final dot
VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", ".", "RSET", "QUIT")
GOOD = {
    "CONNECT": "220 here",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    ".": "250 2.0.0 OK",
    "RSET": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 bye",
}
DROP = "drop"  # the line is cut
HANG = "hang"  # nothing is said any more, and the line stays
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
HELD_SECONDS = 120.0  # a test that forgets a paused relay ends


@dataclass(frozen=True)
class Taken:
    """A text that ended with its final dot, whatever was answered to that. ``at``: monotonic seconds."""

    message_id: str
    recipients: tuple[str, ...]
    text: bytes
    at: float


@dataclass
class Pause:
    """The relay stops before it answers a word: ``reached`` once it is there, until ``go_on`` is set."""

    verb: str
    passing: int = 0  # how often the word is answered before
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


class Sink(socketserver.ThreadingTCPServer):
    """``says``: what is answered to a word instead of the usual, or DROP or HANG; ``heard`` counts the words."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, offers: Sequence[str] = ("PIPELINING",)) -> None:
        super().__init__((LOOPBACK, 0), _Talk)
        self.offers = tuple(offers)
        self.says: dict[str, str] = {}
        self.refused: dict[str, str] = {}  # the answer to RCPT by address
        self.before: Callable[[str], None] = lambda _verb: None
        self.delay = 0.0  # seconds before the answer to each final dot
        self._lock = threading.Lock()
        self._taken: list[Taken] = []
        self._heard: Counter[str] = Counter()
        self._pauses: list[Pause] = []

    @property
    def url(self) -> str:
        """The value of SMTP_URL."""
        return f"smtp://{LOOPBACK}:{self.server_address[1]}"

    @property
    def taken(self) -> list[Taken]:
        """What was taken so far, oldest first."""
        with self._lock:
            return list(self._taken)

    @property
    def heard(self) -> Counter[str]:
        """How often each word was heard."""
        with self._lock:
            return Counter(self._heard)

    def ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(taken.message_id for taken in self.taken)

    def pause(self, verb: str, *, passing: int = 0) -> Pause:
        """Stop once before this word is answered, after letting it pass so many times."""
        stop = Pause(verb, passing)
        with self._lock:
            self._pauses.append(stop)
        return stop

    def clear(self) -> None:
        """Forget what was taken and heard, and behave well."""
        with self._lock:
            for stop in self._pauses:
                stop.go_on.set()
            self._pauses.clear()
            self._taken.clear()
            self._heard.clear()
            self.says.clear()
            self.refused.clear()
            self.delay, self.before = 0.0, lambda _verb: None

    def arrive(self, verb: str) -> None:
        """Count a word, and wait where a test wants that."""
        with self._lock:
            self._heard[verb] += 1
            due = [stop for stop in self._pauses if stop.verb == verb]
            held = [stop for stop in due if stop.passing == 0]
            for stop in due:
                stop.passing -= 1
            self._pauses = [stop for stop in self._pauses if stop not in held]
        for stop in held:
            stop.reached.set()
            stop.go_on.wait(HELD_SECONDS)
        self.before(verb)

    def take(self, recipients: Sequence[str], text: bytes) -> None:
        """Note a text."""
        found = MESSAGE_ID.search(text)
        one = Taken(found[1].decode() if found else "", tuple(recipients), text, time.monotonic())
        with self._lock:
            self._taken.append(one)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed in the middle of a word is what is tested here."""


class _Talk(socketserver.StreamRequestHandler):
    """One connection, one word after the other, pipelined or not."""

    server: Sink
    recipients: list[str]
    open: bool  # a sender was taken
    said: str

    def handle(self) -> None:
        self.recipients, self.open, self.said = [], False, ""
        with suppress(OSError):
            talking = self._say("CONNECT")
            while talking and (line := self.rfile.readline()):
                talking = self._word(line.decode(errors="replace").strip())

    def _word(self, line: str) -> bool:
        verb = line.partition(" ")[0].upper()
        if verb == "DATA":
            return self._data()
        if verb == "RCPT":
            return self._recipient(line.partition("<")[2].partition(">")[0])
        talking = self._say(verb)
        if verb in ("MAIL", "RSET", "EHLO"):
            self.recipients, self.open = [], verb == "MAIL" and self.said.startswith("250")
        return talking

    def _recipient(self, address: str) -> bool:
        """Take the recipient of a mail whose sender was taken."""
        answer = self.server.refused.get(address) or self.server.says.get("RCPT")
        talking = self._say("RCPT", answer if self.open else answer or "503 5.5.1 no sender")
        if self.said.startswith("2"):
            self.recipients.append(address)
        return talking

    def _data(self) -> bool:
        """Whatever is answered but 354, no text follows."""
        answer = self.server.says.get("DATA") or (GOOD["DATA"] if self.recipients else "554 5.5.1 no recipient")
        return self._say("DATA", answer) and (not answer.startswith("354") or self._text())

    def _text(self) -> bool:
        """Read up to the final dot."""
        lines = [self.rfile.readline()]
        if not self._goes_on("BODY"):
            return False
        while lines[-1] != b".\r\n":
            if not lines[-1]:
                return False
            lines.append(self.rfile.readline())
        self.server.take(self.recipients, b"".join(lines[:-1]))
        time.sleep(self.server.delay)
        return self._say(".")

    def _goes_on(self, verb: str) -> bool:
        """Pause in the middle of the text, or end there."""
        self.server.arrive(verb)
        if self.server.says.get(verb) == HANG:
            self.rfile.read()
        return verb not in self.server.says

    def _say(self, verb: str, other: str | None = None) -> bool:
        self.server.arrive(verb)
        self.said = ""
        answer = other or self.server.says.get(verb) or (self._hello() if verb in ("EHLO", "HELO") else GOOD.get(verb))
        if answer == DROP:
            return False
        if answer == HANG:
            self.rfile.read()  # until the other side gives up
            return False
        self.said = answer or "502 5.5.2 not known here"
        self.wfile.write(f"{self.said}\r\n".encode())
        return self.said[:3] not in ("221", "421")

    def _hello(self) -> str:
        lines = ["here", *self.server.offers]
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])


@contextmanager
def listening(sink: Sink) -> Iterator[Sink]:
    """Let it listen in a thread of its own."""
    thread = threading.Thread(target=sink.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.clear()
        sink.shutdown()
        sink.server_close()
        thread.join()
