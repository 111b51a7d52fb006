"""What one export reads: whose episodes, in which order, as of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Result, and_, func, literal, select, text
from sqlalchemy.orm import Session, aliased

from surveys.access.keys.encryption import Vault
from surveys.exchange.exports import arrays
from surveys.exchange.exports.order import Order
from surveys.exchange.work import Progress
from surveys.models import Episode, Patient, ProtocolVersion
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filter_text import parse
from surveys.outcomes.filters import Filters

# One moment for all batches, however long they take; and every batch finds its rows by their keys. What the planner
# believes of a clinic that has grown would have it read whole tables for each, and compile every statement before.
STEADY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
BY_KEYS = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
AT_ONCE = "SET LOCAL jit = off"


@dataclass
class Source:
    """``withheld``: arms left out, since somebody could be singled out in them. ``passes``: times over all episodes."""

    session: Session
    vault: Vault
    clinic_id: UUID
    order: Order
    now: datetime
    progress: Progress
    filters: Filters = field(init=False)
    withheld: tuple[str, ...] = field(init=False)
    total: int = field(init=False)
    salt: bytes = field(init=False)
    passes: int = 1
    passed: int = 0

    def __post_init__(self) -> None:
        self.filters = parse(self.order.filters)
        self.salt = self.vault.index(str(self.clinic_id), "export")
        self.session.execute(text(STEADY))
        arms = self._arms()
        self.withheld = tuple(sorted(arm for arm, number in arms.items() if number < self.order.fewest))
        self.total = sum(number for arm, number in arms.items() if arm not in self.withheld)
        self.session.execute(text(f"{BY_KEYS}; {AT_ONCE}"))

    def tell(self, done: int) -> None:
        """Say how many episodes of this pass are done."""
        self.progress(self.passed * self.total + done, self.passes * self.total)

    def _arms(self) -> dict[str, int]:
        chosen = _joined(select(Episode.arm, func.count()), self.filters)
        return dict(self.session.execute(chosen.group_by(Episode.arm)).all())

    @contextmanager
    def episodes(self) -> Iterator[Result[Any]]:
        """An id and what ``OF_PERSON`` names for each, in the order of the patients' pseudonyms.

        That of the ids would tell who was enrolled before whom.
        """
        who = aliased(Patient)
        patient, episode = self._secret(Episode.patient_id), self._secret(Episode.id)
        told = (_pseudonym(patient), _pseudonym(episode), who.number, Episode.arm, Episode.index_date)
        wanted = _joined(select(Episode.id, *told, Episode.enrolled_on), self.filters)
        wanted = wanted.join(who, and_(who.clinic_id == Episode.clinic_id, who.id == Episode.patient_id))
        wanted = wanted.where(Episode.arm.not_in(self.withheld)).order_by(patient, episode)
        with self.session.execute(wanted.execution_options(stream_results=True)) as found:
            yield found

    def _secret(self, column: Any) -> Any:
        return func.sha256(literal(self.salt, LargeBinary).op("||")(func.uuid_send(column)))

    @property
    def given(self) -> dict[str, Any]:
        """What the statements of every batch ask for."""
        return {
            "salt": self.salt,
            "timepoint": self.filters.timepoint,
            "mode": self.filters.mode,
            "identified": self.order.identified,
            "now": self.now,
            "none": arrays.NONE,
        }

    def cursor(self, **how: Any) -> Any:
        """A cursor of the driver, for what it alone can do."""
        raw: Any = self.session.connection().connection.driver_connection
        cursor = raw.cursor(**how)
        cursor.adapters.register_dumper(arrays.Ids, arrays.IdsDumper)
        return cursor


def _pseudonym(secret: Any) -> Any:
    return func.left(func.encode(secret, "hex"), 16)


def _joined(statement: Any, filters: Filters) -> Any:
    joined = statement.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    return joined.where(ProtocolVersion.code == filters.protocol, *conditions(filters))
