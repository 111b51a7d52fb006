"""Whether the audit is as it was sealed: every row, every link, every seal, and a head that was exported before."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit_chain import beginning, chained
from surveys.access.chain.sealing import EVENT, NOW_RUNNING, WHOLE, is_sealed, newest_seal
from surveys.db import made_at
from surveys.models import AuditCheck, AuditEvent, AuditLink, AuditSeal

PIECE = 1000  # rows in memory at once
LONGEST_ACT = timedelta(hours=1)  # no transaction is open that long between making its row and committing it
MOST = 20  # problems told of one clinic


@dataclass(frozen=True)
class Head:
    """Where a clinic's chain stood: the number of its last seal and link, and that link's hash."""

    position: int
    sequence: int
    chain_hash: bytes


@dataclass(frozen=True)
class Problem:
    """What is not as it was sealed; ``sequence``: the place in the chain, where there is one."""

    what: str
    sequence: int | None = None
    event_id: UUID | None = None


@dataclass
class Report:
    """What a verification saw of one clinic."""

    events: int = 0
    unsealed: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, what: str, sequence: int | None = None, event_id: UUID | None = None) -> None:
        """Keep a problem; beyond the first few one is enough to know that there are more."""
        if len(self.problems) < MOST:
            self.problems.append(Problem(what, sequence, event_id))


def head(session: Session) -> Head | None:
    """The bound clinic's head, to be kept somewhere else; None before the first seal."""
    last = newest_seal(session)
    return Head(last.position, last.last_sequence, last.chain_hash) if last else None


def verify(session: Session, clinic_id: UUID, kept: Head | None, report: Report, *, real_time: bool) -> Generator[None]:
    """Fill the report, pausing after each piece; the session's transaction must be REPEATABLE READ.

    ``kept``: a head exported before. ``real_time``: the domain clock is the real one, so a row says when it was made.
    """
    seals = session.scalars(select(AuditSeal).order_by(AuditSeal.position)).all()
    ends = {seal.last_sequence: seal for seal in seals}
    walk = _Walk(clinic_id, ends, kept, report, real_time=real_time)
    with session.execute(_links(), execution_options={"yield_per": PIECE}) as rows:
        for number, row in enumerate(rows, start=1):
            walk.step(row)
            if number % PIECE == 0:
                yield
    walk.finish(seals, session.scalar(select(func.max(AuditCheck.events))) or 0)
    _check_unsealed(session, seals[-1] if seals else None, report)


def _links() -> Any:
    of_event = and_(AuditEvent.clinic_id == AuditLink.clinic_id, AuditEvent.id == AuditLink.event_id)
    linked = select(AuditLink.sequence, AuditLink.event_id, AuditLink.chain_hash, *EVENT)
    return linked.join_from(AuditLink, AuditEvent, of_event, isouter=True).order_by(AuditLink.sequence)


class _Walk:
    """Along the chain, link by link."""

    def __init__(
        self, clinic_id: UUID, ends: Mapping[int, AuditSeal], kept: Head | None, report: Report, *, real_time: bool
    ) -> None:
        self._previous, self._sequence = beginning(clinic_id), 0
        self._ends, self._kept, self._report, self._real_time = ends, kept, report, real_time
        self._sealed_before: datetime | None = None
        self._newest: datetime | None = None  # of the rows since the last seal

    def step(self, row: Row[Any]) -> None:
        """Compare one link with the one before, its row, its seal and the head kept elsewhere."""
        self._report.events += 1
        if row.sequence != self._sequence + 1:
            self._report.note(f"links {self._sequence + 1} to {row.sequence - 1} are missing", row.sequence - 1)
        elif row.id is None:
            self._report.note("the event was deleted", row.sequence, row.event_id)
        elif chained(self._previous, row) != row.chain_hash:
            self._report.note("the event, its link or their order was changed", row.sequence, row.event_id)
        elif wrong := self._when(row):
            self._report.note(wrong, row.sequence, row.event_id)
        self._previous, self._sequence = row.chain_hash, row.sequence
        self._compare(row)

    def _when(self, row: Row[Any]) -> str | None:
        """A row that was added later pretends to an earlier moment in its id, or in what it shows."""
        made = made_at(row.id)
        self._newest = max(made, self._newest or made)
        if self._sealed_before is not None and made < self._sealed_before - LONGEST_ACT:
            return "the event was inserted later under an earlier id"
        if self._real_time and abs(row.at - made) > LONGEST_ACT:
            return "the event shows another moment than the one at which it was written"
        return None

    def _compare(self, row: Row[Any]) -> None:
        if (kept := self._kept) and kept.sequence == row.sequence and kept.chain_hash != row.chain_hash:
            self._report.note("the chain is another one than the kept head's", row.sequence, row.event_id)
        if seal := self._ends.get(row.sequence):
            if (seal.chain_hash, seal.last_event_id) != (row.chain_hash, row.event_id):
                self._report.note(f"seal {seal.position} does not fit the chain", row.sequence, row.event_id)
            elif self._newest and seal.sealed_at < self._newest - LONGEST_ACT:
                self._report.note(f"seal {seal.position} says an earlier moment than its events", row.sequence)
            self._sealed_before, self._newest = seal.sealed_at, None

    def finish(self, seals: Any, seen_before: int) -> None:
        """Compare the chain's end with the last seal, with earlier verifications and with the head kept elsewhere."""
        self._check_seals(seals)
        last = seals[-1].last_sequence if seals else 0
        if self._sequence != last:
            self._report.note(f"the chain ends at {self._sequence} and the last seal at {last}", self._sequence)
        if seen_before > self._report.events:
            told = f"the chain ends at {self._sequence}; an earlier verification saw {seen_before} events"
            self._report.note(f"{told}: its end was cut off", self._sequence)
        if self._kept and self._kept.sequence > self._sequence:
            told = f"the chain ends at {self._sequence}; by the kept head it went to {self._kept.sequence}"
            self._report.note(f"{told}: its end was cut off", self._sequence)

    def _check_seals(self, seals: Any) -> None:
        before = 0
        for number, seal in enumerate(seals, start=1):
            if (seal.position, seal.last_sequence) != (number, before + seal.events):
                self._report.note(f"seal {number} is missing or was changed", before)
                return
            before = seal.last_sequence


def _check_unsealed(session: Session, last: AuditSeal | None, report: Report) -> None:
    """Rows outside the chain: the newest wait for the sealer; others were not there when it came by."""
    cluster = session.execute(text(NOW_RUNNING)).one().cluster
    report.unsealed = session.scalar(select(func.count()).select_from(AuditEvent).where(~is_sealed())) or 0
    if last is None or last.cluster != cluster or last.below == WHOLE:
        return
    passed = or_(AuditEvent.txid < last.below, AuditEvent.txid.is_(None))
    for event_id in session.scalars(select(AuditEvent.id).where(~is_sealed(), passed).limit(MOST)):
        report.note("the event was inserted after the sealer had passed", None, event_id)
