"""A clinic with a few answered visits, and exports of it made by the worker's own function."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from surveys.access.chain.audit import Actor
from surveys.commands.jobs import run_next
from surveys.db import clinic_session, db, real_now, uuid7
from surveys.demo.lives import Life, Reply
from surveys.exchange import jobs
from surveys.exchange.exports.order import Order
from surveys.models import Answer, Episode, Job, JobPart, Response, Staff, Visit
from tests.factories import MadeClinic
from tests.outcomes.study import lay, life, nrs

OLD = 93


def lives() -> list[Life]:
    """Three treated, one of them over 89 and operated never; one conventional who answered nothing."""
    late = Reply({"nrs11": {"active": 2, "resting": 1}}, days_after_opening=200)
    gap = Reply({"nrs11": {"active": 4}})
    return [
        life(1),
        life(2, age=OLD, replies={"baseline": nrs(6), "m3": gap, "m12": late}),
        life(3, ending=("died", date(2024, 9, 1))),
        life(4, arm="conventional", treatments=(), replies={}),
    ]


def fill(app: Flask, clinic: MadeClinic, *, answers: bool = True) -> None:
    """Lay the lives into the clinic, with the answers that their scores come from."""
    with app.app_context():
        lay(db.engine, clinic.id, lives())
        with clinic_session(clinic.id) as session:
            rows = session.execute(select(Response, Visit).join(Visit, Visit.id == Response.visit_id)).all()
            for response, _visit in rows if answers else ():
                session.add(_answer(response, "active", 3))
                session.add(_answer(response, "active", 5))  # the newer one counts
                session.add(_answer(response, "resting", None))
            session.execute(Episode.__table__.update().values(age=OLD).where(Episode.arm == "conventional"))  # type: ignore[attr-defined]
            session.commit()


def _answer(response: Response, item: str, level: int | None) -> Answer:
    return Answer(
        clinic_id=response.clinic_id,
        id=uuid7(),
        response_id=response.id,
        item=item,
        status="declined" if level is None else "answered",
        level=level,
        nonce=uuid7(),
        mode=response.mode,
        answered_at=response.started_at + timedelta(minutes=1),
    )


def ask(app: Flask, clinic: MadeClinic, order: Order, role: str = "clinician") -> UUID:
    """Put an export into the queue."""
    with app.app_context(), clinic_session(clinic.id) as session:
        login = select(Staff.id).where(Staff.login == clinic.logins[role])
        actor = Actor("staff", session.scalars(login).one())
        now = real_now(session)
        job = jobs.ask(session, clinic.id, "export", order.arguments(), actor=actor, now=now)
        session.commit()
        return job.id


def make(app: Flask, clinic: MadeClinic, order: Order) -> Export:
    """Ask, let the worker do it, and read the file."""
    job_id = ask(app, clinic, order)
    with app.app_context():
        assert run_next(clinic.id)
    return read(app, clinic, job_id)


def job_of(app: Flask, clinic: MadeClinic, job_id: UUID) -> Job:
    """The job as it stands."""
    with app.app_context(), clinic_session(clinic.id) as session:
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def parts_of(app: Flask, clinic: MadeClinic, job_id: UUID) -> list[bytes]:
    """What is kept of its file."""
    with app.app_context(), clinic_session(clinic.id) as session:
        vault, wanted = app.extensions["vault"], select(JobPart.content).where(JobPart.job_id == job_id)
        sealed = session.scalars(wanted.order_by(JobPart.number))
        return [vault.open_bytes(part, "job_part", "content", job_id) for part in sealed]


class Export:
    """An archive and its job."""

    def __init__(self, job: Job, content: bytes) -> None:
        self.job, self.content = job, content
        self.archive = zipfile.ZipFile(io.BytesIO(content))

    def file(self, name: str) -> bytes:
        return self.archive.read(name)

    @property
    def manifest(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.file("manifest.json"))
        return told


def read(app: Flask, clinic: MadeClinic, job_id: UUID) -> Export:
    """The finished file."""
    job = job_of(app, clinic, job_id)
    assert job.state == "done", job.result
    return Export(job, b"".join(parts_of(app, clinic, job_id)))


NOW = datetime(2026, 11, 1, tzinfo=UTC)
