"""Mail rendered once to bytes, with blanks that are filled for each patient: nothing is parsed or built in the loop."""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from markupsafe import escape

from surveys.letters import Content, Form, render
from tasks.mail.envelope import BREAKS, Envelope, Sender, UnsafeHeaderError, refuse_unsafe, refuse_unsafe_sender
from tasks.mail.outgoing import Outgoing

FIRST_MARK = 0x10FF00  # private characters stand for the blanks while the texts are drawn
MARKS = re.compile(f"([{chr(FIRST_MARK)}-{chr(FIRST_MARK + 0xFF)}])")
BOUNDARY = "=_backstory"  # "=_" cannot occur in quoted-printable text
ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~ -]+", re.ASCII)  # RFC 5322: these need no quotes around them
SPECIAL = re.compile(r"[\r\n\0&<>\"']")  # all that is not the same in plain text and HTML, or refused
KEPT = 512  # rendered mails
SOFT_BREAK = b"=\r\n"
PLAIN, HTML, HEADER = "plain", "html", "header"
Place = tuple[str, str]  # the part of the mail, and the slot's name


@dataclass(frozen=True)
class Blank:
    """``pieces``: bytes with empty ones where ``places`` (by position) are filled. ``slots``: names of texts."""

    sender: bytes
    pieces: tuple[bytes, ...]
    places: tuple[tuple[int, Place], ...]
    slots: frozenset[str]

    def fill(self, envelope: Envelope, slots: Mapping[str, str]) -> Outgoing:
        """Return one mail, ready for the line; raises UnsafeHeaderError."""
        refuse_unsafe(envelope)
        values = _headers_of(envelope)
        for name in self.slots:
            values[PLAIN, name], values[HTML, name] = _both(slots[name])
        pieces = list(self.pieces)
        for position, place in self.places:
            pieces[position] = values[place]
        return Outgoing(self.sender, envelope.recipient.encode(), b"".join(pieces))


@lru_cache(maxsize=KEPT)
def blank_of(form: Form, sender: Sender) -> Blank:
    """Render what all patients of a form have in common."""
    if MARKS.search(form.clinic + form.phone):
        raise UnsafeHeaderError("the clinic's name holds a character that no text has")
    numbers = range(len(form.asked))
    names = ["first_name", "opt_out_url", *(f"{what}_{number}" for what in ("until", "url") for number in numbers)]
    marks = {name: chr(FIRST_MARK + place) for place, name in enumerate(names)}
    return _blank(sender, render(form, marks), {mark: name for name, mark in marks.items()}, opt_out=True)


def write(envelope: Envelope, content: Content) -> Outgoing:
    """Return a mail that has its texts already."""
    return _blank(envelope.sender, content, {}, opt_out=envelope.opt_out_url is not None).fill(envelope, {})


def _blank(sender: Sender, content: Content, marks: Mapping[str, str], *, opt_out: bool) -> Blank:
    refuse_unsafe_sender(sender, content)
    pieces: list[bytes] = []
    places: list[tuple[int, Place]] = []
    for piece in _pieces(sender, content, marks, opt_out):
        if isinstance(piece, bytes):
            pieces.append(piece)
        else:
            places.append((len(pieces), piece))
            pieces.append(b"")
    return Blank(sender.address.encode(), tuple(pieces), tuple(places), frozenset(marks.values()))


def _pieces(sender: Sender, content: Content, marks: Mapping[str, str], opt_out: bool) -> Iterator[bytes | Place]:
    part = b'Content-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    boundary = BOUNDARY.encode()
    yield from _headers(sender, content.subject, opt_out)
    yield b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n'
    yield b"--" + boundary + b"\r\n" + part % b"plain"
    yield from _texts(content.plain, PLAIN, marks)
    yield b"\r\n--" + boundary + b"\r\n" + part % b"html"
    yield from _texts(content.html, HTML, marks)
    yield b"\r\n--" + boundary + b"--\r\n.\r\n"


def _headers(sender: Sender, subject: str, opt_out: bool) -> Iterator[bytes | Place]:
    """The address to unsubscribe stands unfolded: folded, some readers would find no address in it (RFC 8058)."""
    yield b"From: " + _phrase(sender.name) + f"\r\n <{sender.address}>\r\nReply-To: {sender.reply_to}\r\n".encode()
    yield b"Subject: " + _encoded(subject) + b"\r\nAuto-Submitted: auto-generated\r\n"
    for name, slot in (("To", "recipient"), ("Date", "date"), ("Message-ID", "message_id")):
        yield from (f"{name}: ".encode(), (HEADER, slot), b"\r\n")
    if opt_out:
        yield from (b"List-Unsubscribe: <", (HEADER, "opt_out_url"), b">,\r\n")
        yield f" <mailto:{sender.reply_to}?subject=unsubscribe>\r\n".encode()
        yield b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _phrase(name: str) -> bytes:
    """A name before an address: bare or quoted where ASCII, else in encoded words."""
    if not name.isascii():
        return _encoded(name)
    return name.encode() if ATOMS.fullmatch(name) else b'"' + re.sub(r'(["\\])', r"\\\1", name).encode() + b'"'


def _encoded(text: str) -> bytes:
    """A header's text. EmailMessage would leave a space between two encoded words in the middle of a word."""
    return text.encode() if text.isascii() else Header(text, "utf-8", maxlinelen=66).encode(linesep="\r\n").encode()


def _headers_of(envelope: Envelope) -> dict[Place, bytes]:
    return {
        (HEADER, "recipient"): envelope.recipient.encode(),
        (HEADER, "date"): _date(envelope.date.replace(microsecond=0)),
        (HEADER, "message_id"): envelope.message_id.encode(),
        (HEADER, "opt_out_url"): (envelope.opt_out_url or "").encode(),
    }


@lru_cache(maxsize=KEPT)
def _date(second: datetime) -> bytes:
    return format_datetime(second).encode()


def _texts(text: str, part: str, marks: Mapping[str, str]) -> Iterator[bytes | Place]:
    """Each blank begins a line of its own, so that no line grows longer than 76 characters by what is filled in."""
    for piece in _nonempty(MARKS.split(text)):
        if name := marks.get(piece):
            yield from ((part, name), SOFT_BREAK)
        else:
            yield quoted(piece) + (b"" if piece.endswith("\n") else SOFT_BREAK)


def _nonempty(pieces: Iterable[str]) -> Iterator[str]:
    return (piece for piece in pieces if piece)


def _both(value: str) -> tuple[bytes, bytes]:
    """A value as plain text and as HTML has it."""
    plain = quoted(value)
    if not SPECIAL.search(value):
        return plain, plain
    if BREAKS.search(value):
        raise UnsafeHeaderError("a value holds a line break")
    return plain, quoted(str(escape(value)))


def quoted(text: str) -> bytes:
    """Encode as quoted-printable with CRLF, dots at the start of a line doubled as SMTP wants them."""
    lines = b2a_qp(text.encode()).replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines
