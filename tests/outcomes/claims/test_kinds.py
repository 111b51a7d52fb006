"""Every kind of claim on studies whose figures are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo import case_reports
from surveys.demo.lives import Reply
from surveys.models import Claim, Endpoint, Patient
from surveys.models.statements import CLAIM_KINDS
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.filters import Filters
from surveys.schedule import add_months
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.claims.making import made
from tests.outcomes.study import BEGIN, LATER, Study, lay, life

LONG_AFTER = datetime(2031, 1, 1, tzinfo=UTC)
CHOSEN: Mapping[str, dict[str, Any]] = {  # beside a rule and twelve months
    "battery_means": {"scales": ("odi", "nrs_active")},
    "percent_improvement": {"scales": ("odi",)},
}
ELSEWHERE = {  # the trial does not ask for these
    *("opioid_change", "perceived_effect", "case_report", "surgery_avoided"),
}


def _result(claim: Claim) -> dict[str, object]:
    return dict(json.loads(claim.result))


def _k_of_n(claim: Claim, arm: str) -> dict[str, tuple[int, int]]:
    figures = json.loads(claim.result)["figures"]
    return {each["timepoint"]: (each["k"], each["n"]) for each in figures if each["arm"] == arm}


def test_there_is_one_for_each_that_clinics_publish() -> None:
    assert tuple(KINDS) == CLAIM_KINDS


@pytest.mark.parametrize("kind", [kind for kind in CLAIM_KINDS if kind not in ELSEWHERE])
def test_each_can_be_made_and_worked_out_again(session: Session, trial: MadeClinic, kind: str) -> None:
    claim = made(session, trial, kind, **CHOSEN.get(kind, {}))
    assert compute(claim.specification, claim.rows) == claim.result
    result = json.loads(claim.result)
    shown = {row[0] for table in result["tables"] for row in table["rows"]}
    shown |= {row[1] for table in result["tables"] for row in table["rows"]}
    assert {"1 month", "3 months", "6 months", "12 months"} <= shown
    assert {"Bone marrow concentrate", "Conventional care"} <= {
        cell for table in result["tables"] for row in table["rows"] for cell in row[:3]
    }
    assert "none in 40 patients" in result["harms"]
    assert result["statement"].endswith(".")


def test_pain_responders_over_time_are_those_published(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_over_time", rule="nrs_active change >= 2")
    found = _k_of_n(claim, "bmc")
    assert [found[code] for code in ("m3", "m6", "m12")] == [(29, 39), (25, 38), (22, 39)]


def test_means_of_the_battery_are_those_published(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "battery_means", scales=("odi",))
    rows = json.loads(claim.result)["tables"][0]["rows"]
    means = {(row[2], row[1]): row[4] for row in rows}
    months = ("Baseline", "1 month", "3 months", "6 months")
    assert [means["Bone marrow concentrate", when] for when in months] == ["46.1", "33.4", "28.8", "29.9"]
    assert [means["Conventional care", when] for when in months] == ["44.3", "45.9", "47.3", "48.9"]


def test_an_arm_may_not_be_left_out(session: Session, trial: MadeClinic) -> None:
    with pytest.raises(ClaimError, match="every arm"):
        made(session, trial, "responders_two_arms", filters=Filters("trial", arm="bmc"))


def test_nobody_chosen_is_said(session: Session, trial: MadeClinic) -> None:
    with pytest.raises(ClaimError, match="Nobody"):
        made(session, trial, "responders_two_arms", filters=Filters("trial", age_from=119))


@pytest.fixture(scope="module")
def candidates(app: Flask) -> Iterator[MadeClinic]:
    """26 candidates for fusion: operated on in months 6 and 10, then 15, 18 and 20, then 30; all others followed."""
    months = (6, 10, 15, 18, 20, 30)
    with app.test_request_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            study = Study(session, clinic.id, "spine")
            for number in range(26):
                _candidate(session, study, number, months[number] if number < len(months) else None)
            session.commit()
        yield clinic


def _candidate(session: Session, study: Study, number: int, operated: int | None) -> None:
    treated = BEGIN + timedelta(days=10)
    asked = Reply({"events": {"spine_operation": 0, "new_problem": 0}, "gpe7": {"gpe": 2 if number < 18 else 4}})
    codes = {"m12": 12, "y2": 24, "y3": 36}
    replies = {code: asked for code, month in codes.items() if operated is None or month < operated}
    fields: dict[str, Any] = {
        "arm": "treated",
        "treatments": ((treated, "bone_marrow_concentrate"),),
        "replies": replies,
    }
    episode = study.add(life(number, **fields))
    if operated is not None:
        on: date = add_months(treated, operated)
        session.add(
            Endpoint(
                clinic_id=study.clinic_id,
                episode_id=episode.id,
                kind="surgery",
                on_date=on,
                details={},
                recorded_at=datetime(2030, 1, 1, tzinfo=UTC),
            )
        )


def test_surgery_avoided_is_as_published(candidates: MadeClinic) -> None:
    with clinic_scope(candidates.id), Session(db.engine) as session:
        claim = made(session, candidates, "surgery_avoided", protocol="spine", timepoint="y3", now=LONG_AFTER)
        found, result = _k_of_n(claim, "treated"), _result(claim)
    assert [found[code] for code in ("m12", "y2", "y3")] == [(24, 26), (21, 26), (20, 26)]
    assert "20/26 (77 %, 95 % interval 58 to 89 %)" in str(result["statement"])


def test_perceived_effect_counts_the_first_two_answers(candidates: MadeClinic) -> None:
    with clinic_scope(candidates.id), Session(db.engine) as session:
        claim = made(session, candidates, "perceived_effect", protocol="spine", now=LONG_AFTER)
        found, result = _k_of_n(claim, "treated"), _result(claim)
    assert found["m12"] == (16, 24)  # of 18 the two operated on before were not asked
    assert result["banner"] == ""


def test_few_answers_raise_a_banner(candidates: MadeClinic) -> None:
    with clinic_scope(candidates.id), Session(db.engine) as session:
        claim = made(session, candidates, "perceived_effect", protocol="spine", timepoint="y4", now=LONG_AFTER)
        result = _result(claim)
    assert "Few answered" in str(result["banner"])


def test_a_protocol_that_does_not_ask_says_so(candidates: MadeClinic) -> None:
    with clinic_scope(candidates.id), Session(db.engine) as session, pytest.raises(ClaimError, match="opioids"):
        made(session, candidates, "opioid_change", protocol="spine", now=LONG_AFTER)


def test_a_case_report_shows_each_value_at_its_own_visit(app: Flask) -> None:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, case_reports.lives(BEGIN), "case_series")
        with clinic_scope(clinic.id), Session(db.engine) as session:
            number = session.scalars(select(Patient.number).order_by(Patient.number.desc())).first()
            chosen = {"patient": number, "scales": ("nrs_resting", "nrs_active", "functionality", "improvement")}
            claim = made(session, clinic, "case_report", protocol="case_series", timepoint="m18", now=LATER, **chosen)
            result = json.loads(claim.result)
    rows = {row[0]: row[1:] for row in result["tables"][0]["rows"]}
    assert rows["Baseline"] == ["3", "6", "17", "not answered"]
    assert rows["2 weeks"] == ["not answered", "not answered", "not answered", "75"]
    assert rows["18 months"] == ["0", "2", "34", "90"]
    assert "4 treatments, on days 0, 48, 97 and 146" in result["statement"]
