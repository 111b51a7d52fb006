"""Opioid doses by timepoint: what staff recorded in a window, by CDC 2022, and why there is no number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.errors import AnswerError
from scoring.opioids import Prescription
from surveys.access.chain.audit import Actor
from surveys.db import clinic_scope, db
from surveys.models import AuditEvent, Episode, OpioidDose, OutcomeChange, Staff, Visit
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import load_cohort
from surveys.outcomes.opioids import Doses, doses_at, opioid_statements
from surveys.people.opioid_statements import (
    NothingToTakeBackError,
    StatementDayError,
    record_opioids,
    statements_of,
    withdraw_opioids,
)
from tests.factories import make_clinic
from tests.outcomes.study import BEGIN, LATER, Study, life

OXYCODONE = Prescription("oxycodone", "oral", "mg", 10, 2)  # × 1.5: 30
TRAMADOL = Prescription("tramadol", "oral", "mg", 50, 3)  # × 0.2: 30
PATCH = Prescription("fentanyl", "transdermal", "mcg/h", 25, 1)  # × 2.4: 60
BUPRENORPHINE = Prescription("buprenorphine", "transdermal", "mcg/h", 10, 1)
TREATED = BEGIN + timedelta(days=10)
AT_M3 = TREATED + timedelta(days=91)
FILTERS = Filters("trial")


@dataclass
class Ward:
    """Six treated patients and a clinician who takes down what they take."""

    session: Session
    study: Study
    episodes: list[Episode]
    actor: Actor
    at: dict[str, Doses] = field(default_factory=dict)

    def says(self, number: int, day: date, *lines: Prescription, minutes: int = 0) -> None:
        moment = LATER + timedelta(minutes=minutes)
        record_opioids(self.session, self.episodes[number], lines, on=day, actor=self.actor, now=moment)

    def read(self, timepoint: str, *, minutes: int = 60) -> Doses:
        moment = LATER + timedelta(minutes=minutes)
        cohort = load_cohort(self.session, self.study.protocol, FILTERS, ["nrs_active"], now=LATER)
        assert list(cohort.ids) == sorted(cohort.ids)
        doses = doses_at(cohort, opioid_statements(self.session, FILTERS, as_of=moment), timepoint)
        order = [cohort.ids.index(each.id) for each in self.episodes]
        return Doses(doses.mme[order], doses.recorded[order], tuple(doses.reasons[at] for at in order))


@pytest.fixture
def ward(app: Flask) -> Iterator[Ward]:
    with app.app_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            study = Study(session, clinic.id)
            episodes = study.add_all(life(number) for number in range(6))
            staff = session.scalars(select(Staff.id).where(Staff.role == "clinician")).one()
            yield Ward(session, study, episodes, Actor("staff", staff))


def test_a_window_tells_the_dose_or_why_there_is_none(ward: Ward) -> None:
    ward.says(0, AT_M3, OXYCODONE, TRAMADOL, PATCH)
    ward.says(1, AT_M3)
    ward.says(2, AT_M3, OXYCODONE, BUPRENORPHINE)
    ward.says(3, AT_M3, replace(TRAMADOL, as_needed=True), replace(OXYCODONE, amount=None))
    ward.says(4, TREATED, OXYCODONE)  # in the baseline's window, and in no other
    doses = ward.read("m3")
    np.testing.assert_array_equal(doses.mme, [120, 0, np.nan, np.nan, np.nan, np.nan])
    assert doses.recorded.tolist() == [True, True, True, True, False, False]
    assert doses.not_evaluable.tolist() == [False, False, True, True, False, False]
    assert doses.reasons[2:5] == (("no_factor_at_all",), ("as_needed", "unknown_dose"), ())
    np.testing.assert_array_equal(ward.read("baseline").mme, [np.nan] * 4 + [30, np.nan])
    assert not ward.read("m12").recorded.any()


def test_the_last_day_of_a_window_counts_and_the_day_after_the_treatment_is_no_baseline(ward: Ward) -> None:
    ward.says(0, BEGIN, OXYCODONE)
    ward.says(0, TREATED, TRAMADOL, PATCH)
    ward.says(1, TREATED + timedelta(days=1), PATCH)
    baseline = ward.read("baseline")
    assert baseline.mme[0] == 90
    assert not baseline.recorded[1]


def test_a_newer_statement_of_the_day_stands_in_place_of_it_and_one_taken_back_tells_nothing(ward: Ward) -> None:
    ward.says(0, AT_M3, OXYCODONE)
    ward.says(0, AT_M3, PATCH, TRAMADOL, minutes=10)
    ward.says(1, AT_M3 - timedelta(days=1), OXYCODONE)
    ward.says(1, AT_M3, PATCH)
    moment = LATER + timedelta(minutes=20)
    withdraw_opioids(ward.session, ward.episodes[1], on=AT_M3, actor=ward.actor, now=moment)
    assert ward.read("m3").mme[:2].tolist() == [90, 30]
    assert ward.read("m3", minutes=5).mme[:2].tolist() == [30, 60]  # as it stood then
    assert [each.on_date for each in statements_of(ward.session, ward.episodes[1].id)] == [AT_M3 - timedelta(days=1)]
    with pytest.raises(NothingToTakeBackError):
        withdraw_opioids(ward.session, ward.episodes[1], on=AT_M3, actor=ward.actor, now=moment)
    kept = ward.session.scalars(select(OpioidDose).where(OpioidDose.episode_id == ward.episodes[1].id))
    assert sorted(each.says for each in kept) == ["takes", "takes", "withdrawn"]
    acts = ward.session.scalars(select(AuditEvent.action).where(AuditEvent.subject == "opioid_dose")).all()
    assert sorted(set(acts)) == ["opioids_recorded", "opioids_withdrawn"]


def test_what_cannot_be_so_is_refused_and_what_is_kept_marks_the_episode_as_changed(ward: Ward) -> None:
    with pytest.raises(AnswerError, match="beyond anything plausible"):
        ward.says(0, AT_M3, replace(OXYCODONE, amount=5000))
    for day in (date(1989, 12, 31), LATER.date() + timedelta(days=1)):
        with pytest.raises(StatementDayError):
            ward.says(0, day, OXYCODONE)
    assert ward.session.scalars(select(OpioidDose)).all() == []
    ward.session.commit()  # another transaction than the one that laid the study
    before = ward.session.scalars(select(OutcomeChange.transaction)).all()
    ward.says(3, AT_M3, OXYCODONE)
    changed = select(OutcomeChange.episode_id).where(OutcomeChange.transaction.not_in(before))
    assert ward.session.scalars(changed).all() == [ward.episodes[3].id]


def test_a_cancelled_visit_has_no_dose(ward: Ward) -> None:
    ward.says(0, AT_M3, OXYCODONE)
    of = (Visit.episode_id == ward.episodes[0].id, Visit.timepoint == "m3")
    ward.session.scalars(select(Visit).where(*of)).one().cancelled_at = LATER
    ward.session.flush()
    assert not ward.read("m3").recorded.any()
