"""Kept columns against what the database says: for any choice of patients, after any change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo import replica
from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.models.response import MODES
from surveys.outcomes.filters import Filters
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic
from tests.outcomes.columns_ways import assert_same, both
from tests.outcomes.study import BEGIN, LATER, lay

TRIAL = bundled_protocols()["trial"]
SCALES = ("odi", "nrs_active", "eq5d3l_index")


@pytest.fixture(scope="module")
def clinic_id(app: Flask) -> Iterator[UUID]:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, list(replica.lives(BEGIN)))
        yield clinic.id


SPANS = {"age": st.integers(18, 90), "bmi": st.floats(15, 45), "dose": st.floats(0, 2000)}
FILTERS = st.builds(
    Filters,
    protocol=st.just("trial"),
    arm=st.sampled_from([None, *(arm.code for arm in TRIAL.arms)]),
    timepoint=st.sampled_from([None, "m12"]),
    diagnosis=st.sampled_from([None, "M51", "M51.1", "M5", "Q"]),
    pain_generator=st.sampled_from([None, None, *PAIN_GENERATORS]),
    product=st.sampled_from([None, None, *PRODUCTS]),
    sex=st.sampled_from([None, None, "female", "male"]),
    opioid_use=st.sampled_from([None, None, True, False]),
    nth=st.sampled_from([None, None, 1, 2]),
    mode=st.sampled_from([None, None, *MODES]),
    enrolled_from=st.none() | st.dates(date(2024, 1, 1), date(2026, 1, 1)),
    enrolled_to=st.none() | st.dates(date(2024, 1, 1), date(2026, 1, 1)),
    **{f"{name}_{end}": st.none() | st.none() | values for name, values in SPANS.items() for end in ("from", "to")},
)


@settings(max_examples=60)
@given(filters=FILTERS, days=st.integers(-900, 10))
def test_any_choice_at_any_moment_is_as_the_database_has_it(clinic_id: UUID, filters: Filters, days: int) -> None:
    with clinic_scope(clinic_id), Session(db.engine) as session:
        assert_same(*both(session, TRIAL, filters, SCALES, LATER + timedelta(days=days)))
        assert_same(*both(session, TRIAL, replace(filters, arm=None), SCALES, LATER))
