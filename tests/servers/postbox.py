"""A real SMTP server on loopback that keeps what it accepts."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import LOOPBACK, free_port


class Postbox:
    """What arrived, in order. ``refuse(address, reply)`` makes one recipient fail at RCPT."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._arrived: list[Envelope] = []
        self._refused: dict[str, str] = {}
        self._controller = Controller(self, hostname=LOOPBACK, port=free_port(), server_hostname="postbox.example")

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening and close the loop."""
        self._controller.stop(no_assert=True)

    @property
    def url(self) -> str:
        """The value of SMTP_URL."""
        return f"smtp://{LOOPBACK}:{self._controller.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, parsed, oldest first."""
        with self._lock:
            contents = [envelope.content for envelope in self._arrived]
        return [_parsed(content) for content in contents]

    def messages_to(self, address: str) -> list[EmailMessage]:
        """What arrived for one envelope recipient."""
        with self._lock:
            contents = [e.content for e in self._arrived if address in e.rcpt_tos]
        return [_parsed(content) for content in contents]

    def message_ids(self) -> list[str]:
        """Message-IDs as written in the headers, oldest first."""
        return [str(message["Message-ID"]) for message in self.messages]

    def recipients(self) -> list[list[str]]:
        """Envelope recipients of each message, oldest first."""
        with self._lock:
            return [list(envelope.rcpt_tos) for envelope in self._arrived]

    def refuse(self, address: str, reply: str = "550 5.1.1 No such mailbox") -> None:
        """Answer ``reply`` whenever this recipient is named."""
        self._refused[address] = reply

    def clear(self) -> None:
        """Forget messages and refusals."""
        with self._lock:
            self._arrived.clear()
            self._refused.clear()

    async def handle_RCPT(  # noqa: N802  the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or answer as ``refuse`` asked."""
        del server, session, options
        if address in self._refused:
            return self._refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message."""
        del server, session
        with self._lock:
            self._arrived.append(envelope)
        return "250 OK"


def _parsed(content: str | bytes | None) -> EmailMessage:
    raw = content.encode() if isinstance(content, str) else content or b""
    return message_from_bytes(raw, policy=policy.default)
