"""``flask messages dispatch``: does by hand what beat and worker do."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from surveys.access.clinics import every_clinic
from surveys.config import Config
from surveys.db import clinic_session
from surveys.models import Clinic
from tasks import stopping
from tasks.dispatching import Dispatcher
from tasks.doors import PLENTY, Doors, doors
from tasks.draining import ENDLESS, Drain, due_clinics
from tasks.messages_group import tell

EVERY = 2.0  # seconds between two lines of progress
ENDS = {  # words for what became of a message, in the order in which they are told
    "sent": "sent",
    "staff": "opened as tasks for staff",
    "refused": "refused",
    "expired": "expired with their window",
    "unknown": "unknown: the relay gave no answer",
    "not_taken": "not taken: they are tried again, or have become a task for staff",
    "planned": "put off: quiet hours, a day without sending, or another message today",
    "asked": "wait: SMS_URL is not set; their patients are tasks for staff",
    "waiting": "left for later: somebody is changing the patient's data",
}
SETTING = {"email": ("mail relay", "SMTP_URL"), "sms": ("text gateway", "SMS_URL")}


@click.command("dispatch")
@click.option("--limit", type=click.IntRange(1), default=PLENTY, help="At most so many messages; without it, all due.")
@click.option("--clinic", "code", default=None, help="One clinic's code; without it, every clinic.")
@with_appcontext
def dispatch_command(limit: int, code: str | None) -> None:
    """Hand over what is due, beside whatever workers run: each message still goes once. Ctrl-C ends after a batch."""
    settings: Config = current_app.extensions["backstory"]
    clinics = [_clinic(code)] if code else due_clinics()
    with doors(settings) as ways, _gently():
        dispatcher = Dispatcher(ways)
        Drain(dispatcher, settings, limit=limit, tell=_progress()).run(clinics, ENDLESS)
    for line in _summary(dispatcher.counts):
        tell(line)
    _complain(ways)


def _clinic(code: str) -> UUID:
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            if session.get_one(Clinic, clinic_id).code == code:
                return clinic_id
    raise click.UsageError(f"There is no clinic {code!r}. Check the code.")


@contextmanager
def _gently() -> Iterator[None]:
    """Let Ctrl-C end after the batch in hand, so that no message is left without its answer."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.ask()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _progress() -> Callable[[Counter[str]], None]:
    last = time.monotonic()

    def told(counts: Counter[str]) -> None:
        nonlocal last
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            tell(f"  {_total(counts)} messages so far, {counts['sent']} of them sent")

    return told


def _total(counts: Counter[str]) -> int:
    return sum(counts[name] for name in ENDS)


def _summary(counts: Counter[str]) -> Iterator[str]:
    if not _total(counts):
        yield "Nothing was handed over: nothing is due, or somebody else is at it."
    for name, words in ENDS.items():
        if counts[name]:
            yield f"{counts[name]:>8} {words}"


def _complain(ways: Doors) -> None:
    """Say which relay is at its limit, and end with an error where one cannot be reached."""
    for name, door in ways.by_name.items():
        if door.shut == "limit":
            tell(f"The {SETTING[name][0]} has had its {door.per_minute} a minute; the rest waits for the next tick.")
    if away := ways.unreachable():
        what, setting = SETTING[away[0]]
        raise click.ClickException(
            f"The {what} cannot be reached, so nothing more was handed over; what is due waits, and goes when it is"
            f" back. Check {setting}, and ask `flask doctor` what it says."
        )
