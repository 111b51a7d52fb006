"""One batch of one clinic: claimed, begun, handed over and settled, each step committed before the next."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.db import app_now, clinic_session
from surveys.outbox import Begun, Claim, Outcome, Sendable, Settled
from tasks import stopping
from tasks.channels import RelayUnreachableError
from tasks.doors import Door, Doors
from tasks.pace import GOAL, Pace

log = logging.getLogger(__name__)
HANDING_OVER = 240.0  # seconds; below the lease, so that a stopped worker does not begin DATA after it
PATIENCE = 20.0  # seconds; the same for more than one: at a relay that has become slow, the rest is tried later
WAITING = "SET LOCAL lock_timeout = '2s'"  # who holds a row for longer, as a frozen worker does, keeps back no other
COUNTED = {
    Outcome.ACCEPTED: "sent",
    Outcome.NOT_TAKEN: "not_taken",
    Outcome.REJECTED: "refused",
    Outcome.BOUNCED: "refused",
    Outcome.UNKNOWN: "unknown",
}


class Dispatcher:
    """Does one worker's batches. ``counts``: what became of messages, and how many were begun."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.pace = Pace()
        self.counts: Counter[str] = Counter()
        self._sending = 0.0  # seconds for which rows of this batch were ``sending``

    def batch(self, clinic_id: UUID, *, limit: int) -> int:
        """Deal with what is due in one clinic, at most ``limit`` messages; returns how many were claimed."""
        self._sending, before = 0.0, self.counts["begun"]
        with clinic_session(clinic_id) as session:
            most, channels = min(limit, self.pace.claims), self.doors.open_channels()
            claims = outbox.claim(session, most, now=app_now(session), channels=channels)
            session.commit()
            if claims:
                self._deal_with(session, claims)
        self.pace.took(self._sending, self.counts["begun"] - before)
        return len(claims)

    def _deal_with(self, session: Session, claims: Sequence[Claim], *, alone: bool = False) -> None:
        began = time.monotonic()
        begun = self._begin(session, claims, alone=alone or len(claims) == 1)
        self.counts.update(begun.done)
        self.counts["begun"] += len(begun.sendables)
        self._hand_over_by_channel(session, begun.sendables, began)
        for position, mine in enumerate(begun.alone):
            if stopping.asked():
                outbox.release(session, begun.alone[position:])
                session.commit()
                return
            self._deal_with(session, [mine], alone=True)

    def _hand_over_by_channel(self, session: Session, begun: Sequence[Sendable], began: float) -> None:
        ways, since = defaultdict(list), time.monotonic()
        for sendable in begun:
            ways[sendable.situation.message.channel].append(sendable)
        for name, sendables in ways.items():
            self._hand_over(session, self.doors.by_name[name], sendables, began)
        self._sending += time.monotonic() - since

    def _begin(self, session: Session, claims: Sequence[Claim], *, alone: bool) -> Begun:
        """Begin messages, as many as the relays' buckets give; what is not used goes back into them."""
        wanted = min(len(claims), self.pace.sends)
        most = {name: door.take(session, wanted) for name, door in self.doors.by_name.items()}
        try:
            session.execute(text(WAITING))
            begun = outbox.begin_batch(session, claims, now=app_now(session), most=most, wait=alone)
            session.commit()  # "sending", or the refusal, is on disk before a relay sees anything
        except Exception as error:
            session.rollback()
            begun = self._broken(session, claims, error, alone=alone)
        going = Counter(sendable.situation.message.channel for sendable in begun.sendables)
        for name, door in self.doors.by_name.items():
            door.put_back(session, most[name] - going[name])
        return begun

    def _broken(self, session: Session, claims: Sequence[Claim], error: Exception, *, alone: bool) -> Begun:
        """What breaks a batch is found by beginning each alone; there it counts as a try, and a wait as none."""
        if not alone:
            log.warning("%d messages could not be begun together: %s", len(claims), type(error).__name__)
            return Begun(alone=list(claims))
        log.error("message %s could not be begun: %s", claims[0].id, type(error).__name__)
        if isinstance(error, OperationalError):
            return Begun(done=Counter(waiting=1))  # until its lease ends
        outbox.put_off(session, claims[0], now=app_now(session))
        session.commit()
        return Begun(done=Counter(not_taken=1))

    def _hand_over(self, session: Session, door: Door, sendables: Sequence[Sendable], began: float) -> None:
        """Hand over and settle, the first before the last where it takes long."""
        deadline = began + (HANDING_OVER if len(sendables) == 1 else min(PATIENCE, HANDING_OVER))
        told: list[Settled] = []
        since = time.monotonic()
        for each in self._tellings(session, door, sendables, deadline):
            told.append(each)
            if time.monotonic() - since > GOAL:
                self._settle(session, told)
                told, since = [], time.monotonic()
        self._settle(session, told)

    def _tellings(
        self, session: Session, door: Door, sendables: Sequence[Sendable], deadline: float
    ) -> Iterator[Settled]:
        """What the channel tells of each message; what it does not tell of is unknown."""
        open_ones = {each.claim.id: each.claim for each in sendables}
        try:
            for handed in door.channel.hand_over(sendables, deadline=deadline):
                yield Settled(open_ones.pop(handed.sendable.claim.id), handed.outcome, handed.reply)
        except RelayUnreachableError as error:
            door.away(error)
            _wait(session, door, list(open_ones.values()))
            return
        except Exception as error:
            log.error("the channel of %s broke: %s", door.channel.name, type(error).__name__)
        yield from (Settled(mine, Outcome.UNKNOWN) for mine in open_ones.values())

    def _settle(self, session: Session, told: Sequence[Settled]) -> None:
        if told:
            outbox.settle_all(session, told, now=app_now(session))
            session.commit()
            self.counts.update(COUNTED[each.outcome] for each in told)


def _wait(session: Session, door: Door, mine: Sequence[Claim]) -> None:
    """A relay that is away costs no message a try: all wait as before, and the next drain asks for it again."""
    outbox.give_back(session, mine)
    session.commit()
    door.put_back(session, len(mine))
