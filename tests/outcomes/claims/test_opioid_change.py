"""Opioid use and dose on a study whose figures can be told beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from scoring.opioids import Prescription
from surveys.db import clinic_scope, db, real_now
from surveys.demo.lives import Life, Reply
from surveys.models import Claim, Episode
from surveys.outcomes.claims import stale
from surveys.outcomes.claims.compute import compute
from surveys.people.opioid_statements import record_opioids
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.claims.making import made, person
from tests.outcomes.study import BEGIN, LATER, Study, life, nrs

BEFORE, AFTER = BEGIN + timedelta(days=1), BEGIN + timedelta(days=10 + 365)
PATCH = Prescription("fentanyl", "transdermal", "mcg/h", 25)  # × 2.4: 60
TRAMADOL = Prescription("tramadol", "oral", "mg", 50, 3)  # × 0.2: 30
BUPRENORPHINE = Prescription("buprenorphine", "transdermal", "mcg/h", 10)


def oxycodone(amount: float) -> Prescription:
    """Twice a day: × 1.5 × 2."""
    return Prescription("oxycodone", "oral", "mg", amount, 2)


DOSES: tuple[tuple[list[Prescription], list[Prescription]], ...] = (  # at the baseline and at twelve months, by patient
    ([oxycodone(10)], [oxycodone(5)]),  # 30, then 15
    ([PATCH], []),  # 60, then none
    ([TRAMADOL], [TRAMADOL]),  # 30, then 30
    ([BUPRENORPHINE], []),  # no number, then none
)
ANSWERS = (1, 0, 1, 0, 0, None, 0, 0, 0, 1)  # daily opioid at twelve months; the first six took one at enrolment


class Ward:
    """Ten treated patients and a clinic that writes down what four of them take."""

    def __init__(self, session: Session, clinic: MadeClinic) -> None:
        self.session, self.clinic = session, clinic
        people = [self._life(number, answer) for number, answer in enumerate(ANSWERS)]
        self.episodes = Study(session, clinic.id).add_all(people)

    @staticmethod
    def _life(number: int, answer: int | None) -> Life:
        last = {} if answer is None else {"m12": Reply({"events": {"daily_opioid": answer}})}
        return life(number, replies={"baseline": nrs(7), **last}, opioid_use=number < 6)

    def takes(self, episode: Episode, on: date, lines: list[Prescription]) -> None:
        actor = person(self.session, self.clinic, "clinician")
        record_opioids(self.session, episode, lines, on=on, actor=actor, now=LATER)

    def dose(self) -> None:
        for episode, (before, after) in zip(self.episodes, DOSES, strict=False):
            self.takes(episode, BEFORE, before)
            self.takes(episode, AFTER, after)

    def claim(self) -> Claim:
        return made(self.session, self.clinic, "opioid_change", rule="")


@pytest.fixture
def ward(app: Flask) -> Iterator[Ward]:
    with app.app_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            yield Ward(session, clinic)


def test_who_took_one_who_stopped_and_who_began(ward: Ward) -> None:
    claim = ward.claim()
    result = json.loads(claim.result)
    # one of the six who took one did not answer, so of the nine known both times five took one
    assert "of those known both times: 5/9 (56 %" in result["statement"]
    assert "whose use is known: 6/10 (60 %" in result["statement"]
    assert "3/9 (33 %, 95 % interval 12 to 65 %) at 12 months" in result["statement"]  # Wilson of 3 of 9
    assert "doses: none is recorded" in result["methods"]
    (changed,) = (each for each in result["tables"] if each["title"].startswith("Who stopped"))
    told = {(row[0], row[2]): row[4] for row in changed["rows"] if row[1] == "Bone marrow concentrate"}
    assert told["12 months", "took one at enrolment"] == "3/5"
    assert told["12 months", "took none at enrolment"] == "1/4"


def test_doses_are_told_of_those_known_both_times(ward: Ward) -> None:
    ward.dose()
    claim = ward.claim()
    result = json.loads(claim.result)
    # changes -15, -60 and 0: mean -25, SD 31.22, t(2) = 4.303, so 77.6 either way
    assert "40.0 and 15.0 (change -25.0, 95 % interval -102.6 to 52.6, n = 3)" in result["statement"]
    means, courses = (each for each in result["tables"] if each["title"].startswith("Opioid dose"))
    own = {row[0]: row[2:] for row in means["rows"] if row[1] == "Bone marrow concentrate"}
    assert own["Baseline"][:3] == ["1", "3", "40.0"]  # one recorded without a number, three with
    assert own["12 months"][:3] == ["0", "4", "11.2"]  # 45 / 4 = 11.25, a half to the even digit
    course = {row[0]: row[2:] for row in courses["rows"] if row[1] == "Bone marrow concentrate"}
    assert course["12 months"][-1].startswith("2/3 ")
    assert course["6 months"][0] == "0"
    assert "factors cdc-2022" in result["methods"]
    assert compute(claim.specification, claim.rows) == claim.result


def test_a_dose_put_right_makes_it_stale(ward: Ward) -> None:
    ward.dose()
    claim = ward.claim()
    ward.takes(ward.episodes[0], AFTER, [oxycodone(20)])
    found = stale.check(ward.session, claim, now=LATER, checked_at=real_now(ward.session))
    assert [(each["timepoint"], each["what"], each["before"], each["after"]) for each in found] == [
        ("m12", "mme_per_day", "15", "60")
    ]
