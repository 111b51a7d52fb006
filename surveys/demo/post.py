"""What fell due in the demo's past: windows close and messages go, each at its own moment.

A message of the past is claimed, looked at again, begun, and settled by the functions that real dispatch calls,
with the moment it fell due as ``now``; so it stops at completion, endings and quiet hours as real mail does. Only the
letter is left out: no text is written and no relay is asked, since nobody was there to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import Row, literal, select, union
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.demo.troubles import told
from surveys.models import Clinic, Message, Visit
from surveys.outbox import Settled
from surveys.pathway.closing import close_windows

BATCH = 50
CLOSING = 0


def let_pass(session: Session, clinic: Clinic, *, since: datetime, until: datetime) -> None:
    """Let happen what falls due in the clinic up to ``until``; what was planned late happens at ``since``."""
    again = True
    while again:
        again = False
        for moment, what in _moments(session, until):
            if what == CLOSING:
                close_windows(session, clinic, now=max(moment, since))
            else:
                again = not _hand_over(session, now=max(moment, since)) or again


def _moments(session: Session, until: datetime) -> Sequence[Row[datetime, int]]:
    """At one moment windows close first, as in a worker's drain."""
    over = select(Visit.closes_at.label("at"), literal(CLOSING).label("what"))
    due = select(Message.due_at, literal(CLOSING + 1)).where(Message.state == "planned", Message.due_at <= until)
    both = union(over.where(Visit.closed_at.is_(None), Visit.closes_at <= until), due)
    return session.execute(both.order_by("at", "what")).all()


def _hand_over(session: Session, *, now: datetime) -> bool:
    """Hand over what is due; False where something may have been put off to a later moment."""
    claims = outbox.claim(session, BATCH, now=now)
    begun = outbox.begin_batch(session, claims, now=now, unshared=True)
    alone = [outbox.begin_batch(session, [mine], now=now, unshared=True).sendables for mine in begun.alone]
    going = [*begun.sendables, *chain.from_iterable(alone)]
    outbox.settle_all(session, [Settled(each.claim, *told(each)) for each in going], now=now)
    return not begun.done["planned"] and not begun.alone and len(claims) < BATCH
