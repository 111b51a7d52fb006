"""The one small interface to whatever takes messages: a mail relay, a gateway for texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from surveys.outbox import Outcome, Sendable


class RelayUnreachableError(Exception):
    """No connection: nothing was handed over of what was not told before."""


@dataclass(frozen=True)
class Handed:
    """What became of one message. ``reply``: the relay's status codes alone, at most 40 characters."""

    sendable: Sendable
    outcome: Outcome
    reply: str | None = None


class Channel(Protocol):
    """Takes messages of one kind, ``name`` as in ``message.channel``."""

    name: str

    def reach(self) -> None:
        """Open a line and hand nothing over; raises RelayUnreachableError."""
        ...

    def hand_over(self, batch: Sequence[Sendable], *, deadline: float) -> Iterator[Handed]:
        """Hand messages over, in order, and tell of each as soon as it is known.

        ``deadline`` (monotonic seconds): the content of none begins to go after it. A message that cannot be written
        is told as ``NOT_TAKEN`` and keeps no other back. Raises RelayUnreachableError where nothing more could be
        handed over. What is not told of counts as unknown.
        """
        ...

    def close(self) -> None:
        """Close what is kept open from batch to batch."""
        ...
