"""The door to the mail relay: one connection for a batch, one envelope recipient for each mail."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from surveys.outbox import Outcome
from tasks.channels import RelayUnreachableError
from tasks.compose import Content

TIMEOUT = 20  # seconds for each word of the relay
FORBIDDEN = "\r\n\0"


class UnsafeHeaderError(ValueError):
    """A header or an address with a line break, or more than one recipient."""


@dataclass(frozen=True)
class Envelope:
    """Everything around the texts. ``message_id`` was fixed when the message was planned."""

    sender_name: str
    sender: str
    reply_to: str
    recipient: str
    message_id: str
    date: datetime
    opt_out_url: str | None  # None for staff: an account's mail is nothing to unsubscribe from


def build(envelope: Envelope, content: Content) -> EmailMessage:
    """Return the mail, plain text first; raises UnsafeHeaderError for anything that would add a header."""
    _refuse_unsafe(envelope, content)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(envelope.sender_name, addr_spec=envelope.sender)
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail["Reply-To"] = Address(addr_spec=envelope.reply_to)
    mail["Subject"] = content.subject
    mail["Date"] = format_datetime(envelope.date)
    mail["Message-ID"] = envelope.message_id
    if envelope.opt_out_url:
        mail["List-Unsubscribe"] = f"<{envelope.opt_out_url}>, <mailto:{envelope.reply_to}?subject=unsubscribe>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(content.plain, cte="quoted-printable")
    mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
    return mail


def _refuse_unsafe(envelope: Envelope, content: Content) -> None:
    headers = (envelope.sender_name, envelope.sender, envelope.reply_to, envelope.message_id, content.subject)
    if any(character in text for text in (*headers, envelope.recipient) for character in FORBIDDEN):
        raise UnsafeHeaderError("a header holds a line break")
    if any(character in envelope.recipient for character in ",; <>") or envelope.recipient.count("@") != 1:
        raise UnsafeHeaderError("not exactly one recipient")


class Relay:
    """A connection that opens with the first mail and is opened again after it broke."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._connection: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage, *, sender: str, recipient: str, deadline: float) -> Outcome:
        """Hand one mail over. ``deadline`` (monotonic seconds): DATA does not begin after it.

        Raises RelayUnreachableError where no connection could be had.
        """
        connection = self._connect()
        try:
            refused = _envelope(connection, sender, recipient)
            if refused or time.monotonic() > deadline:
                connection.rset()
                return refused or Outcome.NOT_TAKEN
            code = connection.docmd("DATA")[0]
        except (smtplib.SMTPException, OSError):
            self.close()
            return Outcome.NOT_TAKEN
        return self._data(connection, mail) if code == 354 else self._no(code)

    def greet(self) -> bool:
        """Connect, and sign in where the address has a name; returns whether the line is encrypted.

        No mail is handed over. Raises RelayUnreachableError.
        """
        return isinstance(self._connect().sock, ssl.SSLSocket)

    def _data(self, connection: smtplib.SMTP, mail: EmailMessage) -> Outcome:
        """Send the text; a break before its end leaves nothing behind, but only the relay knows."""
        text = smtplib._quote_periods(mail.as_bytes())  # type: ignore[attr-defined]
        try:
            connection.send(text + b".\r\n")
            code = connection.getreply()[0]
        except (smtplib.SMTPException, OSError):
            self.close()
            return Outcome.UNKNOWN
        return Outcome.ACCEPTED if code == 250 else self._no(code)

    def _no(self, code: int) -> Outcome:
        self.close()
        return Outcome.REJECTED if code >= 500 else Outcome.NOT_TAKEN

    def _connect(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._opened()
            except (smtplib.SMTPException, OSError) as error:
                raise RelayUnreachableError(type(error).__name__) from error
        return self._connection

    def _opened(self) -> smtplib.SMTP:
        host, port = self._address.hostname or "localhost", self._address.port or 25
        secure = self._address.scheme == "smtps"
        connection = (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT) if secure else smtplib.SMTP(host, port, timeout=TIMEOUT)
        )
        connection.ehlo_or_helo_if_needed()
        if self._address.scheme == "smtp+starttls":
            connection.starttls()
        if self._address.username:
            connection.login(self._address.username, self._address.password or "")
        return connection

    def close(self) -> None:
        """Say goodbye where the other side still listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()


def _envelope(connection: smtplib.SMTP, sender: str, recipient: str) -> Outcome | None:
    """Name sender and recipient; None where both are welcome."""
    code, _ = connection.mail(sender)
    if code != 250:
        return Outcome.NOT_TAKEN
    code, _ = connection.rcpt(recipient)
    if code in (250, 251):
        return None
    return Outcome.BOUNCED if code >= 500 else Outcome.NOT_TAKEN


@contextmanager
def relay(url: str) -> Iterator[Relay]:
    """Yield a relay for one batch and close its connection afterwards."""
    door = Relay(url)
    try:
        yield door
    finally:
        door.close()
