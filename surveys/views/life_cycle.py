"""A message's way from its planning to its end, as a coordinator reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from surveys.i18n import LazyText, ngettext
from surveys.i18n import gettext as _
from surveys.models import Message
from surveys.views.message_words import cause_words
from surveys.views.words import moment_words, visit_words

STEPS: Mapping[str, LazyText] = {
    "planned_at": LazyText("Planned"),
    "due_at": LazyText("Due"),
    "claimed_at": LazyText("Taken by a worker"),
    "sending_at": LazyText("Hand-over began"),
    "settled_at": LazyText("Settled"),
}
OVER = "window_closed"
FIXED: Mapping[str, LazyText] = {
    "claimed": LazyText("A worker has taken it and is about to hand it over."),
    "sending": LazyText("Is being handed over."),
    "held": LazyText("Held back after a restore until somebody looks at it."),
    "unknown": LazyText("The line broke after the hand-over: it may have arrived or not."),
}


def steps(message: Message) -> list[tuple[str, datetime]]:
    """The moments that are known, in the order of the way."""
    moments = [(str(said), getattr(message, name)) for name, said in STEPS.items()]
    return [(said, at) for said, at in moments if at is not None]


def story(message: Message, zone: str, along: str | None = None) -> str:
    """What became of a message, in a sentence; ``along``: the visit in whose message it went."""
    if message.state in FIXED:
        return str(FIXED[message.state])
    if message.state == "refused":
        return _("Not sent: %(why)s.", why=cause_words(message.refusal or ""))
    if message.state == "cancelled":
        return _("Not sent any more: %(why)s.", why=cause_words(message.cause or ""))
    if message.state == "expired":
        return _expired(message.cause)
    return _sent(message, zone, along) if message.state == "sent" else _planned(message, zone)


def _expired(cause: str | None) -> str:
    """What expired before causes were kept has none."""
    if cause in (None, OVER):
        return _("Not sent: the window was over before it could go.")
    return _("Not sent: the window was over while it had to wait (%(why)s).", why=cause_words(cause or ""))


def _sent(message: Message, zone: str, along: str | None) -> str:
    at = moment_words(message.settled_at, zone) if message.settled_at else _("a time not kept")
    if message.channel == "staff":
        return _("Became a task for a person on %(at)s.", at=at)
    if along:
        return _("Went on %(at)s together with the questionnaire of %(visit)s.", at=at, visit=visit_words(along))
    return _("Handed over on %(at)s; the relay took it.", at=at)


def _planned(message: Message, zone: str) -> str:
    at = moment_words(message.due_at, zone)
    if message.attempts:
        tries = message.attempts
        tried = ngettext("Tried %(num)d time without success.", "Tried %(num)d times without success.", tries)
        return " ".join((tried, _("Next try: %(at)s.", at=at)))
    return _("Goes on %(at)s if it is still needed then.", at=at)
