"""What does not go now, told apart from what may: for the last look at a batch, and for a day rehearsed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from surveys.outbox.eligibility import eligibility
from surveys.outbox.situation import Situation
from surveys.outbox.transitions import Refused


def parted(facts: Iterable[Situation], *, now: datetime) -> tuple[list[Refused], list[Situation]]:
    """Return what does not go now, with the reason, and the rest; both in their order.

    Of each patient's messages those before the first that may go are decided: alone, each would be decided in its
    turn, one of them a round, and find the same. What is overtaken by one of these waits for its turn.
    """
    refused: list[Refused] = []
    rest: list[Situation] = []
    stopped: set[UUID] = set()
    gone: set[tuple[UUID, str]] = set()
    for one in facts:
        refusal = None if one.patient.id in stopped else eligibility(one, now=now)
        if refusal is None or (refusal.reason == "overtaken" and any(_after(one, each) for each in gone)):
            stopped.add(one.patient.id)
            rest.append(one)
        else:
            refused.append((one, refusal))
            gone.add((one.visit.id, one.message.step))
    return refused, rest


def _after(one: Situation, other: tuple[UUID, str]) -> bool:
    """Whether the other is a later step of the same visit."""
    visit_id, step = other
    return visit_id == one.visit.id and step > one.message.step
