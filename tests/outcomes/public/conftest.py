"""The published trial in a clinic of its own, whose patients allow public figures, with an open page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import app_now, clinic_session, db
from surveys.demo import replica
from surveys.models import Claim, Consent, Patient
from surveys.outcomes.claims import store
from surveys.outcomes.public.page import choose, set_page
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.claims.making import made, person
from tests.outcomes.study import BEGIN, lay

SLUG = "riverside-{}"


@dataclass(frozen=True)
class Open:
    """A clinic with an open page, as anybody meets it."""

    app: Flask
    clinic: MadeClinic
    slug: str

    @property
    def anybody(self) -> FlaskClient:
        """A browser that was never here."""
        return self.app.test_client()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the clinic, with a request's language; it commits at the end."""
        with self.app.test_request_context(), clinic_session(self.clinic.id) as session:
            yield session
            session.commit()

    def publish(self, *, signers: int = 2, public: bool = True) -> int:
        """Make a claim for everybody, have it signed and put it alone on the page; returns its number."""
        with self.session() as session:
            now = app_now(session)
            claim = made(session, self.clinic, "responders_two_arms", now=now, public=public)
            for role in ("clinician", "analyst")[:signers]:
                store.sign(session, claim, actor=person(session, self.clinic, role), now=now)
        self.place(claim.number)
        return claim.number

    def place(self, *numbers: int) -> None:
        """Put these claims on the page, in this order."""
        with self.session() as session:
            positions = {number: at for at, number in enumerate(numbers, 1)}
            admin = person(session, self.clinic, "admin")
            choose(session, self.clinic.id, positions, actor=admin, now=app_now(session))

    @contextmanager
    def claim(self, number: int) -> Iterator[Claim]:
        """A claim to change."""
        with self.session() as session:
            yield session.scalars(select(Claim).where(Claim.number == number)).one()


@pytest.fixture(scope="package")
def site(app: Flask) -> Open:
    """80 patients, all of whom allow public figures."""
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, replica.lives(BEGIN))
        slug = SLUG.format(clinic.id.hex[-12:])
        with clinic_session(clinic.id) as session:
            for patient in session.scalars(select(Patient.id)).all():
                session.add(allowed(clinic.id, patient, app_now(session)))
            admin = person(session, clinic, "admin")
            vault, now = app.extensions["vault"], app_now(session)
            set_page(session, clinic.id, slug, vault, opened=True, actor=admin, now=now)
            session.commit()
    return Open(app, clinic, slug)


def allowed(clinic_id: UUID, patient_id: UUID, now: object) -> Consent:
    """The consent to be counted in public figures."""
    own = {"clinic_id": clinic_id, "patient_id": patient_id, "given_at": now}
    return Consent(**own, kind="public_aggregates", version="1", text_hash="x", language="en")
