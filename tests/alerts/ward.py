"""A clinic in which alerts may be on, a patient with a baseline, and what a questionnaire raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache
from typing import TypeVar
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.access.chain.audit import SYSTEM, Actor
from surveys.alerts import settings
from surveys.alerts.acknowledging import acknowledge
from surveys.alerts.rules import Rules, offered
from surveys.answering import responses
from surveys.db import app_now, clinic_session, uuid7
from surveys.models import Alert, Staff, StaffMail, Visit
from surveys.protocols.loading import Protocol, bundled_protocols, parse_protocol
from surveys.wordings import wording_for
from tests.factories import MadeClinic, make_clinic
from tests.patients import Invited, invite
from tests.scored import scored_before

T = TypeVar("T")
ALWAYS = {"weekdays": tuple(range(7)), "hours_from": time(0, 0), "hours_until": time(23, 59)}


@cache
def with_red_flags() -> Protocol:
    """The registry's protocol in a version that asks for red flags first, in place of what leaves their screens."""
    source = bundled_protocols()["spine"].source.replace("version = 1", "version = 2", 1)
    source = source.replace('{ instrument = "odi" },', '{ instrument = "red_flags" },\n  { instrument = "odi" },')
    return parse_protocol(re.sub(r'.*"events".*\n', "", source), "spine.toml")


@dataclass
class Ward:
    """A clinic. Each act is a transaction of its own."""

    app: Flask
    clinic: MadeClinic = field(default_factory=make_clinic)

    def act(self, work: Callable[[Session], T]) -> T:
        with self.app.app_context(), clinic_session(self.clinic.id) as session:
            done = work(session)
            session.commit()
            return done

    def person(self, role: str) -> UUID:
        wanted = select(Staff.id).where(Staff.login == self.clinic.logins[role])
        return self.act(lambda session: session.scalars(wanted).one())

    def address(self, role: str) -> str:
        """Where the person's mail goes, from now on."""
        address, vault = f"{self.clinic.logins[role]}@clinic.example", self.app.extensions["vault"]
        staff_id = self.person(role)

        def write(session: Session) -> None:
            person = session.get_one(Staff, staff_id)
            person.email_enc = vault.seal(address, "staff", "email_enc", person.id)

        self.act(write)
        return address

    def turn(self, *, on: bool = True, within: int = 8, rules: Rules | None = None, **changed: object) -> None:
        """Name the clinician, and the coordinator as deputy, at every hour of every day unless told otherwise."""
        named = {"owner_id": self.person("clinician"), "deputy_id": self.person("coordinator")}
        values = {**ALWAYS, **named, "rules": rules or offered(), "respond_within_hours": within, **changed}
        choice, admin = settings.Choice(enabled=on, **values), Actor("staff", self.person("admin"))  # type: ignore[arg-type]
        self.act(lambda session: settings.keep(session, self.clinic.id, choice, actor=admin, now=app_now(session)))

    def patient(self, **baseline: float) -> Invited:
        """Somebody treated a month ago, whose month is open, with these scores at the baseline."""
        invited = invite(self.app, clinic_id=self.clinic.id, timepoint="m1", protocol=with_red_flags())
        for scale, value in baseline.items():
            scored_before(self.app, invited, scale, value)
        return invited

    def answer(self, invited: Invited, instrument: str, **levels: int) -> None:
        """Answer some of an instrument's items; the others not at all."""
        for item, level in levels.items():
            self.act(lambda session, item=item, level=level: _record(session, invited, instrument, item, level))  # type: ignore[misc]

    def submit(self, invited: Invited) -> bool:
        protocol = with_red_flags()
        return self.act(
            lambda session: responses.submit(
                session, session.get_one(Visit, invited.visit_id), protocol, now=app_now(session), actor=SYSTEM
            )
        )

    def worse(self) -> Invited:
        """A patient whose pain has gone from 2 to 9, and who has said so."""
        invited = self.patient(nrs_active=2)
        self.answer(invited, "nrs11", active=9, resting=1)
        self.submit(invited)
        return invited

    def alerts(self) -> list[Alert]:
        return self.act(lambda session: list(session.scalars(select(Alert).order_by(Alert.raised_at, Alert.id))))

    def kinds(self) -> list[tuple[str, str]]:
        return sorted((alert.kind, alert.subject) for alert in self.alerts())

    def acknowledge(self, alert: Alert, note: str = "phoned", role: str = "clinician") -> None:
        who = Actor("staff", self.person(role))

        def work(session: Session) -> None:
            acknowledge(session, session.get_one(Alert, alert.id), note, actor=who, now=app_now(session))

        self.act(work)

    def mailed(self) -> list[UUID]:
        """Whom a mail is planned for or was sent to, in order."""
        wanted = select(StaffMail.staff_id).where(StaffMail.purpose == "alert").order_by(StaffMail.id)
        return self.act(lambda session: list(session.scalars(wanted)))

    def now(self) -> datetime:
        return self.act(app_now)


def _record(session: Session, invited: Invited, instrument: str, item: str, level: int) -> None:
    visit, now = session.get_one(Visit, invited.visit_id), app_now(session)
    assert item in {each.code for each in load_instruments()[instrument].items}
    shown = {"mode": "self", "language": "en", "wording_hash": wording_for(instrument, "en").hash}
    response = responses.open_response(session, visit, instrument, **shown, now=now)
    by_patient = {"nonce": uuid7(), "based_on": None, "mode": "self", "author_id": None}
    responses.record_answer(session, response, item, "answered", level, **by_patient, now=now)  # type: ignore[arg-type]
