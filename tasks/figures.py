"""What the database says of the whole service, over all clinics and about none: for metrics and the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from surveys.access.chain.audit_watch import Watched, watch
from surveys.access.clinics import every_clinic
from surveys.alerts.listing import Counts, counts
from surveys.db import app_now, clinic_scope, clinic_session, db, real_now
from surveys.models.message import TERMINAL, WAITING
from surveys.operations import operations
from tasks.clock import apart

OLDEST = "SELECT extract(epoch FROM app_now() - min(oldest_due)) FROM clinics_due(app_now())"
FIGURES = "SELECT figure, label, value FROM service_figures()"
AGES = {"tick": "the last tick of beat and worker", "backup": "the last backup", "drill": "the last restore drill"}
Family = tuple[str, str, Mapping[str, float]]


@dataclass(frozen=True)
class Figures:
    """``ages``: seconds by kind of operation, as far as ever done. ``oldest_due``: None where nothing is due."""

    reachable: bool
    oldest_due: float | None = None
    messages: Mapping[str, int] = field(default_factory=dict)
    open_tasks: int = 0
    ages: Mapping[str, float] = field(default_factory=dict)
    pool: Mapping[str, int] = field(default_factory=dict)
    audit: Watched = field(default_factory=Watched)
    alerts: Counts = field(default_factory=Counts)
    clock_apart: float = 0.0  # seconds by which the asked host's clock is after the database's

    def families(self) -> Iterator[Family]:
        """Yield name, words, and value by label, ``""`` where there is one value only."""
        yield "database_up", "1 where the database answers.", {"": float(self.reachable)}
        yield "database_connections", "Connections of the process that was asked.", self.pool
        if not self.reachable:
            return
        yield "oldest_due_message_seconds", "Age of the oldest due, unsent message.", {"": self.oldest_due or 0.0}
        yield "messages", "Messages by state.", {state: self.messages.get(state, 0) for state in (*WAITING, *TERMINAL)}
        yield "open_staff_tasks", "Tasks that wait for a person.", {"": self.open_tasks}
        yield "open_alerts", "Alerts that nobody has acknowledged.", {"": self.alerts.open}
        yield "overdue_alerts", "Open alerts that nobody has looked at in time.", {"": self.alerts.overdue}
        yield "clock_apart_seconds", "This host's clock after the database's.", {"": self.clock_apart}
        yield "audit_unsealed_seconds", "Age of the oldest audit row outside the chain.", {"": self.audit.unsealed}
        yield "audit_unverified_seconds", "Seconds since each audit was verified.", {"": self.audit.unverified}
        yield "audit_broken_clinics", "Clinics whose audit did not verify.", {"": float(self.audit.broken)}
        for kind, words in AGES.items():
            if kind in self.ages:
                yield f"{kind}_age_seconds", f"Seconds since {words}.", {"": self.ages[kind]}


def read_figures() -> Figures:
    """Read everything in one transaction; a database that is away is a figure too."""
    pool = connections(db.engine)
    try:
        with clinic_scope(None), Session(db.engine) as session:
            read = _read(session, pool, now=real_now(session))
        audit, alerts = _watch_clinics()
        return replace(read, audit=audit, alerts=alerts)
    except SQLAlchemyError:
        return Figures(False, pool=pool)


def _read(session: Session, pool: Mapping[str, int], *, now: datetime) -> Figures:
    oldest = session.scalar(text(OLDEST))
    counted = {(row.figure, row.label): row.value for row in session.execute(text(FIGURES))}
    return Figures(
        reachable=True,
        oldest_due=None if oldest is None else float(oldest),
        messages={label: value for (figure, label), value in counted.items() if figure == "messages"},
        open_tasks=counted.get(("staff_tasks", "open"), 0),
        ages={kind: (now - done.at).total_seconds() for kind, done in operations(session).items() if kind in AGES},
        pool=pool,
        clock_apart=apart(session),
    )


def _watch_clinics() -> tuple[Watched, Counts]:
    """The worst audit of every clinic, and the alerts of all; a few short queries for each."""
    worst, alerts = Watched(), Counts()
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            worst = worst.and_of(watch(session, now=real_now(session)))
            alerts = alerts.and_of(counts(session, clinic_id, now=app_now(session)))
    return worst, alerts


def connections(engine: Engine) -> dict[str, int]:
    """Return how many connections of this process are in use, and how many wait in the pool."""
    pool = engine.pool
    return {"used": pool.checkedout(), "idle": pool.checkedin()} if isinstance(pool, QueuePool) else {}
