"""A drain: everything that is due, a batch of each clinic in turn, for a bounded time."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import text

from surveys import outbox
from surveys.config import Config
from surveys.db import app_now, autocommit, clinic_scope, clinic_session
from surveys.models import Clinic
from surveys.pathway.closing import close_windows
from tasks import clock, staff_mail, stopping
from tasks.alone import Alone
from tasks.channels import RelayUnreachableError
from tasks.dispatching import Dispatcher
from tasks.doors import AWAY, PLENTY, doors
from tasks.mail_channel import EmailChannel

log = logging.getLogger(__name__)
ENDLESS = float("inf")
DUE = text("SELECT clinic_id FROM clinics_due(app_now()) ORDER BY random()")
only_one = Alone().held  # among the processes of one worker


def due_clinics() -> list[UUID]:
    """Return the clinics with due messages, windows to close or lost hand-overs; no row is visible here.

    In another order each time: a slow or limited relay ends a drain before the last have had a turn.
    """
    with clinic_scope(None), autocommit() as connection:
        return list(connection.scalars(DUE))


class Drain:
    """Goes round the clinics, so that a large backlog of one delays no other by more than a batch.

    ``tell`` is called with the counts after each turn.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        settings: Config,
        *,
        limit: int = PLENTY,
        tell: Callable[[Counter[str]], None] = lambda _counts: None,
    ) -> None:
        self._dispatcher, self._settings, self._tell = dispatcher, settings, tell
        self._left = limit
        self._tidy: set[UUID] = set()
        self._failed: list[Exception] = []

    def run(self, clinics: Sequence[UUID], seconds: float) -> int:
        """Go round until nothing is due, the time is over or we are to stop; returns how many were dealt with.

        Where this host's clock and the database's disagree, one of them is wrong and nothing goes.

        A clinic in which a batch breaks waits for the next drain. What breaks is raised after the others' turns.
        """
        if not clock.agree():
            log.error("the clocks of this host and of the database are minutes apart: nothing is handed over")
            return 0
        turns, until, before = deque(clinics), time.monotonic() + seconds, self._left
        while turns and self._left > 0 and time.monotonic() < until and not stopping.asked():
            clinic_id = turns.popleft()
            if self._turn(clinic_id):
                turns.append(clinic_id)
            self._tell(self._dispatcher.counts)
        if self._failed:
            raise self._failed[0]
        return before - self._left

    def _turn(self, clinic_id: UUID) -> bool:
        """Do one batch; returns whether the clinic may have more."""
        more = self._tidied_up(clinic_id)
        try:
            done = self._dispatcher.batch(clinic_id, limit=self._left)
        except Exception as error:
            self._broke(clinic_id, error)
            return False
        self._left -= done
        return more or bool(done)

    def _tidied_up(self, clinic_id: UUID) -> bool:
        """One window that cannot be closed keeps back no message: each is asked for its own window as it goes."""
        try:
            return self._tidy_up(clinic_id)
        except Exception as error:
            self._tidy.add(clinic_id)  # no second time in this drain
            self._broke(clinic_id, error)
            return False

    def _broke(self, clinic_id: UUID, error: Exception) -> None:
        log.error("a drain of clinic %s broke: %s", clinic_id, type(error).__name__)
        self._failed.append(error)

    def _tidy_up(self, clinic_id: UUID) -> bool:
        """Explain lost hand-overs, close windows, ask staff, write to them; returns whether any of it is left to do."""
        if clinic_id in self._tidy:
            return False
        with clinic_session(clinic_id) as session:
            outbox.settle_lost(session, now=app_now(session))
            session.commit()
            closed = close_windows(session, session.get_one(Clinic, clinic_id), now=app_now(session))
            session.commit()
        if closed or self._ask_staff(clinic_id):
            return True
        self._tidy.add(clinic_id)
        self._write_to_staff(clinic_id)
        return False

    def _ask_staff(self, clinic_id: UUID) -> int:
        """Make a task of what is due by a channel that has no way out here; returns how many were dealt with."""
        asked = 0
        for channel in self._dispatcher.doors.not_set():
            with clinic_session(clinic_id) as session:
                asked += outbox.ask_instead(session, channel, now=app_now(session))
                session.commit()
        self._dispatcher.counts["asked"] += asked
        return asked

    def _write_to_staff(self, clinic_id: UUID) -> None:
        """Mail to staff and to patients go through the same relay: what one finds out spares the other the wait."""
        door = self._dispatcher.doors.by_name[EmailChannel.name]
        if door.shut == AWAY:
            return
        try:
            staff_mail.dispatch(clinic_id, self._settings.smtp_url)
        except RelayUnreachableError as error:
            door.away(error)


def drain(
    settings: Config, clinics: Sequence[UUID], *, seconds: float = ENDLESS, limit: int = PLENTY
) -> tuple[int, Counter[str]]:
    """Drain these clinics; returns how many messages were dealt with, and what became of them."""
    with doors(settings) as ways:
        dispatcher = Dispatcher(ways)
        return Drain(dispatcher, settings, limit=limit).run(clinics, seconds), dispatcher.counts
