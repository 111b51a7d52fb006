"""A mailbox on loopback: the few words of IMAP (RFC 3501) that a reader of returned mail says."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.ports import LOOPBACK

NAME, PASSWORD = "bounces", "p@ss word"
PART = re.compile(rb"BODY\.PEEK\[\]<0\.(\d+)>")
LINE = re.compile(rb"(\S+) (UID )?(\S+) ?(.*)", re.IGNORECASE)


@dataclass
class Mailbox:
    """``mails`` by UID, from 1; ``seen``: the UIDs marked. ``refuse``: a verb that is answered with NO.

    ``fetched``: bytes told, by UID; a mail is told in part alone, as it is asked for.
    """

    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    refuse: str = ""
    fetched: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mailbox = self

        class Talk(_Talk):
            box = mailbox

        self._server = socketserver.ThreadingTCPServer((LOOPBACK, 0), Talk)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The value of BOUNCE_IMAP_URL."""
        return f"imap://{NAME}:p%40ss%20word@{LOOPBACK}:{self._server.server_address[1]}/INBOX"

    def serve(self) -> None:
        """Listen until ``close``."""
        self._server.serve_forever(0.05)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Talk(socketserver.StreamRequestHandler):
    box: Mailbox
    disable_nagle_algorithm = True  # an answer of two writes waits for nobody

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            match = LINE.match(line.rstrip(b"\r\n"))
            if not match:
                continue
            tag, verb, rest = match[1], match[3].decode().upper(), match[4]
            if verb == self.box.refuse:
                self._say(tag + b" NO not now")
                continue
            done = getattr(self, f"_{verb.lower()}", self._nothing)(rest)
            self._say(tag + (b" OK done" if done else b" NO cannot"))
            if verb == "LOGOUT":
                return

    def _capability(self, _rest: bytes) -> bool:
        self._say(b"* CAPABILITY IMAP4rev1")
        return True

    def _login(self, rest: bytes) -> bool:
        return rest == f'{NAME} "{PASSWORD}"'.encode()

    def _select(self, rest: bytes) -> bool:
        self._say(f"* {len(self.box.mails)} EXISTS".encode())
        return rest.strip(b'"') == b"INBOX"

    def _search(self, rest: bytes) -> bool:
        unseen = [number for number, _mail in enumerate(self.box.mails, 1) if number not in self.box.seen]
        self._say(" ".join(["* SEARCH", *map(str, unseen)]).encode())
        return rest == b"UNSEEN"

    def _fetch(self, rest: bytes) -> bool:
        number = int(rest.split()[0])
        asked = PART.search(rest)
        if asked is None:
            return False
        part = self.box.mails[number - 1][: int(asked[1])]
        self.box.fetched[number] = len(part)
        self._say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(part)}}}".encode(), part + b")")
        return True

    def _store(self, rest: bytes) -> bool:
        self.box.seen.add(int(rest.split()[0]))
        return rb"(\Seen)" in rest

    def _logout(self, _rest: bytes) -> bool:
        self._say(b"* BYE")
        return True

    def _nothing(self, _rest: bytes) -> bool:
        return False

    def _say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))


@contextmanager
def imap_server() -> Iterator[Mailbox]:
    """Yield a listening mailbox."""
    mailbox = Mailbox()
    thread = threading.Thread(target=mailbox.serve, daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        mailbox.close()
        thread.join()
