"""A mail built by the email package from texts composed for one patient: what filled blanks must read like."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, compat32, default
from email.utils import format_datetime

from surveys.letters import Letter, compose
from tasks.mail import Envelope, Outgoing


def built(envelope: Envelope, letter: Letter) -> EmailMessage:
    """Build it slowly."""
    content, sender = compose(letter), envelope.sender
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail["Reply-To"] = Address(addr_spec=sender.reply_to)
    mail["Subject"] = content.subject
    mail["Date"] = format_datetime(envelope.date)
    mail["Message-ID"] = envelope.message_id
    if envelope.opt_out_url:
        mail["List-Unsubscribe"] = f"<{envelope.opt_out_url}>, <mailto:{sender.reply_to}?subject=unsubscribe>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(content.plain, cte="quoted-printable")
    mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
    mail.set_boundary("=_backstory")
    return mail


def arrived(outgoing: Outgoing) -> EmailMessage:
    """Read what a relay would have taken: without the final dot, and without the dots that were doubled."""
    text = outgoing.text
    assert text.endswith(b"\r\n.\r\n")
    lines = [line.removeprefix(b".") for line in text[:-3].split(b"\r\n")]
    return message_from_bytes(b"\r\n".join(lines), policy=default)


def told(mail: EmailMessage) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Every header as text, and every body with its type."""
    headers = {name.lower(): " ".join(str(value).split()) for name, value in mail.items()}
    headers["from"] = sender_of(mail)
    bodies = [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in mail.iter_parts()]
    return headers, bodies


def sender_of(mail: EmailMessage) -> str:
    """Read From as RFC 2047 says; the package's own reading leaves spaces between encoded words of a name."""
    raw = message_from_bytes(mail.as_bytes(), policy=compat32)["From"]
    return " ".join(str(make_header(decode_header(raw))).split())
