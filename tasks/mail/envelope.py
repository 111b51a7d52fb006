"""Everything around a mail's texts, and what may never stand in it (S19)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from surveys.letters import Content

BREAKS = re.compile(r"[\r\n\0]")
ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9.\-]{1,253}")  # RFC 5321 without quoted parts
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,400}>")
URL = re.compile(r"https?://[!-+\--;=?-~]{1,900}")  # no space, comma or angle bracket


class UnsafeHeaderError(ValueError):
    """A header or an address with a line break, or not exactly one recipient."""


@dataclass(frozen=True)
class Sender:
    """Who writes: the name in the inbox, the envelope's address, and where answers go."""

    name: str
    address: str
    reply_to: str


@dataclass(frozen=True)
class Envelope:
    """``message_id`` was fixed when the message was planned."""

    sender: Sender
    recipient: str
    message_id: str
    date: datetime
    opt_out_url: str | None  # None for staff: an account's mail is nothing to unsubscribe from


def refuse_unsafe_sender(sender: Sender, content: Content) -> None:
    """Refuse what would add a header or a recipient, in the part that many mails share."""
    if any(BREAKS.search(text) for text in (sender.name, content.subject)):
        raise UnsafeHeaderError("a header holds a line break")
    if not ADDRESS.fullmatch(sender.address) or not ADDRESS.fullmatch(sender.reply_to):
        raise UnsafeHeaderError("sender or reply address is not one address")


def refuse_unsafe(envelope: Envelope) -> None:
    """Refuse it in the part that is one mail's own."""
    if not ADDRESS.fullmatch(envelope.recipient):
        raise UnsafeHeaderError("not exactly one recipient")
    if not MESSAGE_ID.fullmatch(envelope.message_id):
        raise UnsafeHeaderError("the Message-ID cannot stand in a header")
    if envelope.opt_out_url is not None and not URL.fullmatch(envelope.opt_out_url):
        raise UnsafeHeaderError("the opt-out address cannot stand in a header")
