"""One patient's open visit, answered through the application's functions; each act is a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.access.chain.audit import Actor
from surveys.answering import amending, responses
from surveys.answering.item_token import ItemToken
from surveys.answering.saving import save_answer
from surveys.answering.screen_use import as_drawn
from surveys.db import app_now, autocommit, clinic_scope, clinic_session
from surveys.models import Answer, AuditEvent, PatientLink, Response, Score, Visit
from surveys.protocols.loading import Protocol, bundled_protocols
from surveys.wordings import wording_for
from tests.patients import Invited

T = TypeVar("T")
ODI = [item.code for item in load_instruments()["odi"].items]
PATIENT = Actor("patient")
STAFF_ID = UUID(int=7)


@dataclass(frozen=True)
class Sheet:
    """A visit as the tests act on it."""

    app: Flask
    invited: Invited

    @property
    def protocol(self) -> Protocol:
        return bundled_protocols()["spine"]

    def act(self, work: Callable[[Session], T]) -> T:
        with self.app.app_context(), clinic_session(self.invited.clinic_id) as session:
            done = work(session)
            session.commit()
            return done

    def visit(self, session: Session) -> Visit:
        return session.get_one(Visit, self.invited.visit_id)

    def response(self, session: Session, instrument: str = "odi") -> Response:
        wording, now = wording_for(instrument, "en"), app_now(session)
        shown = {"mode": "self", "language": "en", "wording_hash": wording.hash}
        return responses.open_response(session, self.visit(session), instrument, **shown, now=now)

    def record(
        self, item: str, level: int | None, *, nonce: UUID | None = None, instrument: str = "odi", status: str = ""
    ) -> UUID:
        """Through ``record_answer``, as the patient."""
        how = status or ("answered" if level is not None else "declined")
        return self.act(
            lambda session: responses.record_answer(
                session,
                self.response(session, instrument),
                item,
                how,
                level,
                nonce=nonce or uuid4(),
                based_on=None,
                mode="self",
                author_id=None,
                now=app_now(session),
            )
        )

    def save(self, item: str, level: int, nonce: UUID | None = None, **changed: object) -> str:
        """Through the statement that a patient's form runs; returns its outcome."""
        ours = PatientLink.visit_id == self.invited.visit_id
        link = self.act(lambda session: session.scalars(select(PatientLink.id).where(ours)).one())
        closes = self.act(lambda session: self.visit(session).closes_at)
        facts = {"link_id": link, "visit_id": self.invited.visit_id, "expires": int(closes.timestamp()), **changed}
        wording = wording_for("odi", "en")
        shown = ("self", "odi", item, ODI.index(item) + 1, wording.hash[:16])
        names = ("respondent", "instrument", "item", "position", "wording_hash")
        values = {
            **dict(zip(names, shown, strict=True)),
            "based_on": None,
            "nonce": nonce or uuid4(),
            "shown": 0,
            **facts,
        }
        token = ItemToken(clinic_id=self.invited.clinic_id, **values)  # type: ignore[arg-type]
        with self.app.app_context(), clinic_scope(self.invited.clinic_id), autocommit() as connection:
            return save_answer(connection, token, wording, "answered", level, "", as_drawn(token)).outcome

    def submit(self) -> bool:
        return self.act(
            lambda session: responses.submit(
                session, self.visit(session), self.protocol, now=app_now(session), actor=PATIENT
            )
        )

    def finalise(self) -> None:
        self.act(
            lambda session: responses.finalise_unsent(
                session, self.visit(session), self.protocol, now=self.visit(session).closes_at + timedelta(hours=1)
            )
        )

    def amend(self, item: str, level: int | None) -> UUID:
        return self.act(
            lambda session: amending.amend(
                session,
                self.response(session),
                item,
                level,
                reason="read wrongly off the paper",
                actor=PATIENT,
                protocol=self.protocol,
                now=app_now(session),
            )
        )

    def levels(self, item: str) -> list[int | None]:
        """Every version of an ODI item, oldest first."""
        ours = (Response.visit_id == self.invited.visit_id, Answer.item == item)
        wanted = select(Answer.level).join(Response, Response.id == Answer.response_id).where(*ours).order_by(Answer.id)
        return self.act(lambda session: list(session.scalars(wanted)))

    def scores(self, scale: str) -> list[float | None]:
        """Every score of a scale, the superseding ones last."""
        wanted = select(Score.value).where(Score.scale == scale).order_by(Score.amendment)
        return self.act(lambda session: list(session.scalars(wanted)))

    def finality(self, instrument: str) -> str | None:
        wanted = select(Response.finality).where(Response.instrument == instrument)
        return self.act(lambda session: session.scalars(wanted).one())

    def audited(self, action: str) -> int:
        wanted = select(AuditEvent.id).where(AuditEvent.action == action)
        return self.act(lambda session: len(session.scalars(wanted).all()))


def at_once(work: Callable[[], T], times: int = 10) -> list[T]:
    """Run the work in as many threads at the same moment."""
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(times)]]
