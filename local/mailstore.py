"""Mail and texts as files: one .eml each, named so that the names sort by arrival."""

import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

TELEPHONE = "X-Telephone"  # the header that makes it a text
NAME = re.compile(r"[0-9]{20}-[0-9]{6}")


@dataclass(frozen=True)
class Mail:
    """One stored message."""

    name: str
    message: EmailMessage

    def header(self, name: str) -> str:
        """Return a header as text, empty if absent."""
        return str(self.message.get(name, ""))

    @property
    def is_text(self) -> bool:
        """Whether it went to a telephone."""
        return TELEPHONE in self.message

    @property
    def receiver(self) -> str:
        """The address or the number."""
        return self.header(TELEPHONE if self.is_text else "To")

    def part(self, subtype: str) -> str | None:
        """Return the text of the ``plain`` or ``html`` part."""
        part = self.message.get_body((subtype,))
        return None if part is None else str(part.get_content())


class MailStore:
    """The folder ``var/mail``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, content: bytes) -> str:
        """Write a message and return its name; a reader never sees half of it."""
        name = f"{time.time_ns():020d}-{next(self._numbers):06d}"
        draft = self._folder / f"{name}.part"
        draft.write_bytes(content)
        draft.rename(self._folder / f"{name}.eml")
        return name

    def names(self) -> list[str]:
        """Return all names, newest first."""
        return sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)

    def read(self, name: str) -> Mail | None:
        """Return the message, None for a name that was never given."""
        path = self._folder / f"{name}.eml"
        if not NAME.fullmatch(name) or not path.exists():
            return None
        return Mail(name, message_from_bytes(path.read_bytes(), policy=policy.default))
