"""How many messages are handed over in one go: few rows are ``sending`` at a slow relay, many at a fast one."""

from __future__ import annotations

from dataclasses import dataclass

GOAL = 0.25  # seconds for which the rows of one batch are ``sending``
MOST = 100


@dataclass
class Pace:
    """``sends``: how many messages may be begun together. It starts with one, as nothing is known of the relay."""

    sends: int = 1
    idle: bool = False  # nothing of the last batch was to be handed over

    @property
    def claims(self) -> int:
        """How many to claim: no more than may be begun, except where none of them may go."""
        return MOST if self.idle else self.sends

    def took(self, seconds: float, handed: int) -> None:
        """Learn from how long a batch was in a relay's hands; one that was not full says nothing about larger ones.

        What claiming and the last look take does not count: it is the same for one and for many, and on a busy host
        would hold the batches at one message each.
        """
        self.idle = not handed
        if seconds > GOAL:
            self.sends = max(1, int(self.sends * GOAL / seconds))
        elif handed >= self.sends:
            self.sends = min(MOST, self.sends * 2)
