"""Where returned mail is fetched from: the one setting of it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from surveys.channels.gateway import NEAR

EXAMPLE = "imaps://NAME:PASSWORD@HOST/INBOX"


class MailboxError(ValueError):
    """The mailbox's address cannot work; the text says how it is written."""


def read_mailbox(environ: Mapping[str, str]) -> str:
    """Return BOUNCE_IMAP_URL, or nothing where no mailbox is read; raises MailboxError."""
    url = environ.get("BOUNCE_IMAP_URL", "")
    if not url:
        return ""
    address = urlsplit(url)
    if address.scheme not in ("imap", "imaps") or not address.hostname or not address.username:
        raise MailboxError(f"BOUNCE_IMAP_URL must be a mailbox's address, such as {EXAMPLE}.")
    if address.scheme == "imap" and address.hostname not in NEAR:
        raise MailboxError("BOUNCE_IMAP_URL must start with imaps://: returned mail holds patients' addresses.")
    return url
