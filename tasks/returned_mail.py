"""Returned mail, from a pipe or a mailbox, brought to the clinic whose message it names."""

from __future__ import annotations

import imaplib
import logging
import math
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from celery import shared_task
from flask import current_app

from surveys.access.clinics import every_clinic
from surveys.channels.bounces import NoReport, Report, read_returned
from surveys.channels.returned import note_returned
from surveys.config import Config
from surveys.db import app_now, clinic_session
from tasks.reminders import application

log = logging.getLogger(__name__)
TIMEOUT = 20  # seconds for each word of the mailbox
PAGE = 200  # mails between two reports of how far it is
READING = 200.0  # seconds of beat's run, below the task's time limit; a person's command reads to the end
BEGINNING = 256 * 1024  # bytes of each that are fetched, one mail after the other
UNKNOWN = "unknown"  # a report about no message of ours
LEFT = frozenset({"letter", "unreadable"})  # for people to read


class MailboxTroubleError(Exception):
    """The mailbox cannot be read; the text says what was asked and how it answered, without any mail."""


@shared_task(name="bounces", ignore_result=True)
def bounces() -> None:
    """Read the mailbox where there is one."""
    with application():
        url = _settings().bounce_imap_url
        if not url:
            return
        try:
            counts = read_mailbox(url, until=time.monotonic() + READING)
        except MailboxTroubleError as error:
            log.warning("the mailbox of returned mail cannot be read: %s", error)
            return
        if counts:
            log.info("returned mail: %s", words_for(counts))


def take(raw: bytes) -> str:
    """Act on one returned mail and say what it came to, in one word of ``note_returned`` or ``NoReport``."""
    read = read_returned(raw)
    return read.why if isinstance(read, NoReport) else _note(read)


def _note(report: Report) -> str:
    """Ask clinic after clinic, each alone, until one knows the message."""
    vault = current_app.extensions["vault"]
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            done = note_returned(session, vault, report, now=app_now(session))
            session.commit()
        if done:
            return done
    return UNKNOWN


def read_mailbox(
    url: str, *, until: float = math.inf, each: Callable[[Counter[str]], None] = lambda _counts: None
) -> Counter[str]:
    """Take every unseen mail, the newest first, and mark it as seen once its outcome is on disk.

    What is for people stays unseen. ``each`` hears the counts so far after each page; ``until``: by the monotonic
    clock. Raises MailboxTroubleError. Ended halfway, the next run takes the rest; a mail taken twice changes nothing.
    """
    counts: Counter[str] = Counter()
    with _opened(url) as mailbox:
        numbers = _unseen(mailbox)
        for read, number in enumerate(numbers):
            if time.monotonic() > until:
                break
            if read and read % PAGE == 0:
                each(counts)
            counts[_taken(mailbox, number)] += 1
    return counts


def _taken(mailbox: imaplib.IMAP4, number: str) -> str:
    outcome = take(_fetched(mailbox, number))
    if outcome not in LEFT:
        _ask(mailbox, "STORE", number, "+FLAGS.SILENT", r"(\Seen)")
    return outcome


def words_for(counts: Counter[str]) -> str:
    """Return the counts as a line, such as ``2 suppressed, 1 letter``."""
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "nothing new"


def _unseen(mailbox: imaplib.IMAP4) -> list[str]:
    found = _ask(mailbox, "SEARCH", "UNSEEN")
    numbers = found[0].decode().split() if found and isinstance(found[0], bytes) else []
    return numbers[::-1]


def _fetched(mailbox: imaplib.IMAP4, number: str) -> bytes:
    """The beginning of a mail, without marking it: a report stands there, whatever hangs on it."""
    parts = _ask(mailbox, "FETCH", number, f"(BODY.PEEK[]<0.{BEGINNING}>)")
    return next((part[1][:BEGINNING] for part in parts if isinstance(part, tuple)), b"")


def _ask(mailbox: imaplib.IMAP4, verb: str, *words: str) -> list[bytes | tuple[bytes, bytes]]:
    try:
        answer, told = mailbox.uid(verb, *words)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxTroubleError(f"{verb}: {type(error).__name__}") from error
    if answer != "OK":
        raise MailboxTroubleError(f"{verb}: {answer}")
    return [part for part in told if part is not None]


@contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    """Yield the mailbox, signed in and chosen."""
    address = urlsplit(url)
    host, folder = address.hostname or "", unquote(address.path.strip("/")) or "INBOX"
    try:
        mailbox = (
            imaplib.IMAP4_SSL(host, address.port or 993, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
            if address.scheme == "imaps"
            else imaplib.IMAP4(host, address.port or 143, timeout=TIMEOUT)
        )
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxTroubleError(f"connect: {type(error).__name__}") from error
    try:
        _enter(mailbox, unquote(address.username or ""), unquote(address.password or ""), folder)
        yield mailbox
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            mailbox.logout()


def _enter(mailbox: imaplib.IMAP4, name: str, password: str, folder: str) -> None:
    try:
        mailbox.login(name, password)
        answer, _told = mailbox.select(f'"{folder}"' if " " in folder else folder)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxTroubleError(f"sign in: {type(error).__name__}") from error
    if answer != "OK":
        raise MailboxTroubleError(f"choose the folder: {answer}")


def greet(url: str) -> None:
    """Sign in and leave again, for the doctor; raises MailboxTroubleError."""
    with _opened(url):
        pass


def _settings() -> Config:
    settings: Config = current_app.extensions["backstory"]
    return settings
