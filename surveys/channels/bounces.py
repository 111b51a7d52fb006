"""Reading returned mail: reports of RFC 3464, complaints of RFC 5965, and the plain letters of older servers.

Everything here comes from strangers: what does not fit is no report, and nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses

LARGEST = 1024 * 1024  # bytes of one returned mail that are looked at
MESSAGE_ID = re.compile(r"<[^<>\s\0]{1,200}@[^<>\s\0]{1,200}>")  # no database can be asked for a NUL
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
SMTP_CODE = re.compile(r"\b5[0-5][0-9][ -]")
QMAIL = "this is the qmail-send program"
MACHINES = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon")
FULL = "5.2.2"  # a mailbox that is full today takes mail another day, although the code says never
RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
REPORTS = ("message/delivery-status", "message/global-delivery-status")


@dataclass(frozen=True)
class Report:
    """What a returned mail tells. ``kind``: ``failed`` for good, ``delayed`` (or full), ``complaint``.

    ``message_id``: of our mail; ``recipients``: whom it did not reach, as far as the report says; ``status``: such as
    5.1.1, empty where none is given.
    """

    kind: str
    message_id: str
    recipients: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class NoReport:
    """``why``: ``automatic`` (a reply by a machine, such as "out of office"), ``letter`` or ``unreadable``."""

    why: str


def read_returned(raw: bytes) -> Report | NoReport:
    """Return what a mail tells about one of ours."""
    try:
        mail = message_from_bytes(raw[:LARGEST])
        return _read(mail)
    except Exception:  # the library's parser meets what strangers wrote; whatever breaks it is no report
        return NoReport("unreadable")


def _read(mail: Message) -> Report | NoReport:
    parts = list(_parts(mail))
    for part in parts:
        if part.get_content_type() in REPORTS:
            return _of_delivery(mail, part) or NoReport("automatic")
        if part.get_content_type() == "message/feedback-report":
            return _of_complaint(mail, part) or NoReport("automatic")
    plain = _plain_failure(mail)
    if plain is not None:
        return plain
    submitted = _header(mail, "Auto-Submitted").casefold()
    automatic = submitted not in ("", "no") or _header(mail, "Precedence").casefold() in ("auto_reply", "bulk", "junk")
    return NoReport("automatic" if automatic else "letter")


def _of_delivery(mail: Message, part: Message) -> Report | None:
    """None for news of a success, and for a report that does not say which mail it is about."""
    blocks = _blocks(part)
    told = {_header(block, "Action").casefold().split(" ")[0]: block for block in blocks}
    returned = _returned(mail)
    message_id = _id(returned)
    chosen = told.get("failed", told.get("delayed"))
    if chosen is None or not message_id:
        return None
    status = _status(_header(chosen, "Status")) or _status(_header(chosen, "Diagnostic-Code"))
    named = [_typed(_header(chosen, name)) for name in ("Original-Recipient", "Final-Recipient")]
    return Report(_kind("failed" in told, status), message_id, _addresses(*named, _header(returned, "To")), status)


def _kind(failed: bool, status: str) -> str:
    return "failed" if failed and not status.startswith(("4", "2")) and status != FULL else "delayed"


def _of_complaint(mail: Message, part: Message) -> Report | None:
    """Anything but abuse, such as ``not-spam``, is no complaint."""
    returned, blocks = _returned(mail), _blocks(part)
    kinds = {_header(block, "Feedback-Type").casefold() for block in blocks}
    message_id = _id(returned)
    if not message_id or not kinds & {"abuse", "fraud", "opt-out", "complaint"}:
        return None
    named = [_typed(_header(block, "Original-Rcpt-To")) for block in blocks]
    return Report("complaint", message_id, _addresses(*named, _header(returned, "To")), "")


def _plain_failure(mail: Message) -> Report | None:
    """A letter of a server that writes no reports: exim names whom in a header, qmail begins with its sentence."""
    failed, body = _header(mail, "X-Failed-Recipients"), _text(mail)
    sender = _header(mail, "From").casefold()
    if not failed and QMAIL not in body.casefold() and not any(name in sender for name in MACHINES):
        return None
    message_id = _id(_returned(mail)) or _last_id(body)
    status = _status(body) or ("5.0.0" if failed or SMTP_CODE.search(body) or QMAIL in body.casefold() else "")
    if not message_id or not status:
        return None
    named = failed or " ".join(re.findall(r"<[^<>\s@]+@[^<>\s]+>", body.partition("Message-I")[0]))
    recipients = _addresses(failed) or tuple(sorted({each.strip("<>").casefold() for each in named.split()}))
    return Report(_kind(True, status), message_id, recipients, status)


def _last_id(body: str) -> str:
    """The copy of our mail stands at the end of such a letter."""
    lines = [line for line in body.splitlines() if line.casefold().startswith("message-id:")]
    found = MESSAGE_ID.search(lines[-1]) if lines else None
    return found[0] if found else ""


def _returned(mail: Message) -> Message:
    """Our mail, or its headers, as it came back; an empty one where nothing came."""
    for part in _parts(mail):
        if part.get_content_type() in RETURNED:
            inside = part.get_payload()
            whole = inside[0] if isinstance(inside, list) and inside else message_from_string(_text(part))
            return whole if isinstance(whole, Message) else Message()
    return Message()


def _parts(mail: Message, depth: int = 0) -> Iterator[Message]:
    """Every part of the report itself, not those of the mail it returns."""
    inside = mail.get_payload()
    if mail.get_content_maintype() == "multipart" and isinstance(inside, list) and depth < 5:
        for part in inside:
            if isinstance(part, Message):
                yield part
                yield from _parts(part, depth + 1)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a machine's part; some parsers see it as text."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return [block for block in inside if isinstance(block, Message)]
    groups = re.split(r"\r?\n\r?\n", str(inside))
    return [message_from_string(group) for group in groups if group.strip()]


def _header(mail: Message, name: str) -> str:
    return str(mail.get(name, "")).strip()


def _id(mail: Message) -> str:
    found = MESSAGE_ID.search(_header(mail, "Message-ID"))
    return found[0] if found else ""


def _typed(value: str) -> str:
    """``rfc822; ana@example.org`` without its type."""
    return value.partition(";")[2].strip() if ";" in value else value


def _status(text: str) -> str:
    found = STATUS.search(text)
    return found[0] if found else ""


def _addresses(*fields: str) -> tuple[str, ...]:
    found = {address.strip().casefold() for _name, address in getaddresses([field for field in fields if field])}
    return tuple(sorted(address for address in found if "@" in address))


def _text(part: Message) -> str:
    """The part's own text, or that of its first part that has some."""
    if part.is_multipart():
        inside = [each for each in _parts(part) if each.get_content_type() == "text/plain"]
        return _text(inside[0]) if inside else ""
    body = part.get_payload(decode=True)
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
