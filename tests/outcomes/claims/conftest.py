"""The published trial's replica, laid once for every test of claims; what a test adds to it is taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo import replica
from surveys.models import Episode, Patient, Treatment
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import BEGIN, lay


@pytest.fixture(scope="package")
def trial(app: Flask) -> MadeClinic:
    """80 patients, with covariates and doses that hang on nothing."""
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, replica.lives(BEGIN))
        with clinic_scope(clinic.id), Session(db.engine) as session:
            for number, row in enumerate(session.scalars(select(Episode).order_by(Episode.id)).all()):
                row.age, row.bmi, row.opioid_use = 30 + number % 40, 20.0 + number % 15, number % 3 == 0
            session.execute(update(Patient).values(sex="female"))
            for number, given in enumerate(session.scalars(select(Treatment).order_by(Treatment.id)).all()):
                given.total_nucleated_cells = 100.0 + number
            session.commit()
    return clinic


@pytest.fixture
def session(app: Flask, trial: MadeClinic) -> Iterator[Session]:
    """A transaction in the trial's clinic, with a request's language."""
    with app.test_request_context(), clinic_scope(trial.id), Session(db.engine) as session:
        yield session
        session.rollback()
