"""What a mail relay answered in the demo's past: nearly always yes, and for a few patients what real life brings."""

from __future__ import annotations

from surveys.outbox import Outcome, Sendable

BOUNCES, LOST, PERIOD = 7, 23, 60  # patients by their number: one address in sixty is wrong, one line in sixty breaks


def told(sendable: Sendable) -> tuple[Outcome, str | None]:
    """The outcome of a hand-over and the relay's codes."""
    number, step = sendable.situation.patient.number % PERIOD, sendable.situation.message.step
    if number == BOUNCES:
        return Outcome.BOUNCED, "550 5.1.1"
    if number == LOST and step == "reminder_2":
        return Outcome.UNKNOWN, None
    return Outcome.ACCEPTED, "250 2.0.0"
