"""A mail as it goes over a line, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.outbox import Outcome


@dataclass(frozen=True)
class Outgoing:
    """A mail as it goes over the line: one sender, one recipient, the text with its final dot."""

    sender: bytes
    recipient: bytes
    text: bytes

    @property
    def envelope(self) -> tuple[bytes, bytes, bytes]:
        """The verbs before the text."""
        return b"MAIL FROM:<" + self.sender + b">\r\n", b"RCPT TO:<" + self.recipient + b">\r\n", b"DATA\r\n"


@dataclass(frozen=True)
class Told:
    """What became of one mail."""

    outcome: Outcome
    reply: str | None = None
