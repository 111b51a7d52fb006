"""A service of a module's own: database, Redis, mail relay, and clinics whose invitations are due."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import redis
from flask import Flask, current_app
from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.orm import Session

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from local.redis import RedisServer
from surveys.access.chain.audit import SYSTEM
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import app_now, clinic_scope, clinic_session, db, uuid7
from surveys.models import Clinic, DomainClock, Message, ProtocolVersion, StaffTask
from surveys.models.message import TERMINAL
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from tests.factories import new_clinic
from tests.faults.sink import Sink, listening
from tests.servers import database
from tests.tasks.enrolled import ALWAYS, PROTOCOL

INVITATION = Message.step == "invitation"
ALLOWED = frozenset({"contact_email"})
Change = Callable[[int, PatientDetails], PatientDetails]


@dataclass(frozen=True)
class Service:
    """``settings``: for the processes that a test starts; ``url``: the database for its superuser."""

    settings: dict[str, str]
    app: Flask
    redis: RedisServer
    sink: Sink
    folder: Path
    url: str

    def flush(self) -> None:
        """Empty Redis: every wake-up is gone."""
        with redis.Redis.from_url(self.redis.url()) as client:
            client.flushall()

    def quieten(self) -> None:
        """Cancel what waits in every clinic, and set the clock right: the next test has the service to itself."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("UPDATE message SET state = 'cancelled', cause = 'over' WHERE state = 'planned'")
        self.shift(timedelta(0))

    def shift(self, by: timedelta) -> None:
        """Set the domain clock so far from the real one."""
        with clinic_scope(None), Session(db.engine) as session:
            session.execute(update(DomainClock).values(shift=by), execution_options={"synchronize_session": False})
            session.commit()


@contextmanager
def serving(postgres: Postgres, environment: dict[str, str]) -> Iterator[Service]:
    """Yield one, inside its application's context; everything is gone afterwards."""
    folder, sink = Path(tempfile.mkdtemp(prefix="backstory-test-")), Sink()
    server = RedisServer(folder / "redis", folder / "secrets")
    server.start()
    try:
        with database.fresh_database(postgres) as name, listening(sink):
            settings = {
                **environment,
                "DATABASE_URL": postgres.alchemy_url(roles.APP, name),
                "PUBLIC_BASE_URL": f"http://localhost:{free_port()}",
                "REDIS_URL": server.url(),
                "SMTP_URL": sink.url,
            }
            app = create_app(read_config(settings))
            with app.app_context():
                yield Service(settings, app, server, sink, folder, postgres.url("postgres", name))
                db.engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)


@dataclass(frozen=True)
class DueClinic:
    """A clinic whose patients' invitations are due now; their reminders are days away."""

    id: UUID

    def messages(self, which: ColumnElement[bool] = INVITATION) -> list[Message]:
        """Return the messages as they are now, the oldest first."""
        with clinic_session(self.id) as session:
            return list(session.scalars(select(Message).where(which).order_by(Message.due_at, Message.id)))

    def states(self) -> Counter[str]:
        """How many invitations are in each state."""
        with clinic_session(self.id) as session:
            counted = select(Message.state, func.count()).where(INVITATION).group_by(Message.state)
            return Counter({row[0]: row[1] for row in session.execute(counted)})

    def tasks(self) -> Counter[str]:
        """How many staff tasks there are of each kind."""
        with clinic_session(self.id) as session:
            counted = select(StaffTask.kind, func.count()).group_by(StaffTask.kind)
            return Counter({row[0]: row[1] for row in session.execute(counted)})

    def ended(self) -> bool:
        """Whether every invitation is in a terminal state."""
        return set(self.states()) <= set(TERMINAL)

    def at_rest(self) -> bool:
        """Whether nothing is due and nobody holds an invitation; some may wait for another day."""
        with clinic_session(self.id) as session:
            due = (Message.state == "planned") & (Message.due_at <= app_now(session))
            busy = select(func.count()).where(INVITATION, due | Message.state.in_(("claimed", "sending")))
            return session.scalar(busy) == 0

    def planned_ids(self) -> Counter[str]:
        """Each invitation's Message-ID, once."""
        return Counter(message.message_id for message in self.messages())

    def let_leases_run_out(self) -> None:
        """Time passes for who holds a row; leases run by the database's real clock."""
        self.change(Message.lease_until.is_not(None), lease_until=func.clock_timestamp())

    def change(self, which: ColumnElement[bool], **values: object) -> None:
        """Write into messages what time or another hand would."""
        with clinic_session(self.id) as session:
            session.execute(text("SET LOCAL lock_timeout = '20s'"))  # a stopped worker must not stop the test
            session.execute(
                update(Message).where(which).values(**values), execution_options={"synchronize_session": False}
            )
            session.commit()


def due_clinic(
    patients: int,
    *,
    policy: str = "never_resend",
    change: Callable[[int, PatientDetails], PatientDetails] | None = None,
) -> DueClinic:
    """Enrol so many patients in a clinic of their own; ``change`` may alter one's details by position."""
    clinic_id = uuid7()
    source = PROTOCOL.read_text().replace('send_from = "09:00"\nsend_until = "18:00"', ALWAYS)
    with clinic_session(clinic_id) as session:
        now = app_now(session)
        clinic = new_clinic(clinic_id, "UTC", now=datetime.now(UTC))
        clinic.unknown_policy = policy
        session.add(clinic)
        session.flush()
        version = protocol_store.load(session, clinic.id, source, "spine.toml", now=now)
        for number in range(patients):
            address = f"p{number}-{secrets.token_hex(4)}@patients.example"
            details = PatientDetails(f"C-{number}", "Ana", "Ruiz", email=address)
            _open(session, clinic, version, change(number, details) if change else details)
        session.commit()
    return DueClinic(clinic_id)


def _open(session: Session, clinic: Clinic, version: ProtocolVersion, details: PatientDetails) -> None:
    """Add a patient and an episode, of which the baseline opens now."""
    now, vault = app_now(session), current_app.extensions["vault"]
    patient = add_patient(session, vault, clinic, details, ALLOWED, actor=SYSTEM, now=now)
    story = EpisodeDetails(arm="treated", pain_generator="facet", enrolled_on=now.date(), age=50)
    open_episode(session, clinic, patient, version, story, actor=SYSTEM, now=now)
