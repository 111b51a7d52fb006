"""Every kind of claim on studies whose figures are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.models import Claim, Endpoint, Episode, Treatment
from surveys.models.statements import CLAIM_KINDS
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.frame import read_rows
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans import store as plans
from surveys.outcomes.plans.content import checked
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made, person
from tests.outcomes.public.conftest import allowed
from tests.outcomes.study import BEGIN, LATER

CHOSEN: Mapping[str, dict[str, Any]] = {  # beside a rule and twelve months
    "battery_means": {"scales": ("odi", "nrs_active")},
    "percent_improvement": {"scales": ("odi",)},
}
ELSEWHERE = {  # the trial does not ask for these, and nobody in it has a goal
    *("perceived_effect", "case_report", "functional_goal"),
}


def _result(claim: Claim) -> dict[str, Any]:
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


def test_a_part_of_the_patients_is_named_wherever_it_is_told(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms", filters=Filters("trial", sex="female"))
    assert claim.title.endswith(", women")
    assert _result(claim)["statement"].startswith("Only these patients: women. At 12 months, 26/39")
    assert compute(claim.specification, claim.rows) == claim.result


def test_harms_are_those_after_the_treatment_and_say_which_were_serious(session: Session, trial: MadeClinic) -> None:
    treated = select(Episode.id, Treatment.on_date).join(Treatment, Treatment.episode_id == Episode.id)
    (first, day), (second, other) = session.execute(treated.where(Episode.arm == "bmc").order_by(Episode.id).limit(2))
    own = {"clinic_id": trial.id, "kind": "adverse_event", "recorded_at": LATER}
    for episode, on, told in (
        (first, day - timedelta(days=1), {}),  # before the treatment
        (first, day + timedelta(days=30), {"serious": True}),
        (second, other + timedelta(days=30), {"serious": False}),
    ):
        session.add(Endpoint(**own, episode_id=episode, on_date=on, severity=3, details={"event": "pain", **told}))
    session.flush()
    claim = made(session, trial, "treatment_series")
    harms = _result(claim)["harms"]
    assert "2 in 2 of 40 patients in " in harms
    assert "severe or worse in 2, serious in 1, in the arm Bone marrow concentrate" in harms
    rows = read_rows(claim.rows).values()
    assert {row["treatments"] for row in rows if row["arm"] == "conventional"} == {"0"}


def test_only_those_who_allow_public_figures_departs_from_the_plan(session: Session, trial: MadeClinic) -> None:
    endpoint = endpoint_of(bundled_protocols()["trial"], Rule.parse("odi change >= 10"), "m12")
    content = checked("protocol=trial", [endpoint.text], ["bmc minus conventional"], ["responders_two_arms"])
    before = datetime.combine(BEGIN, time(12), UTC)
    plans.write(session, trial.id, "trial", "Early", content, actor=person(session, trial, "admin"), now=before)
    with pytest.raises(ClaimError, match="allows public figures"):
        made(session, trial, "responders_two_arms", public=True)
    chosen = session.execute(select(Episode.patient_id, Episode.arm).order_by(Episode.id)).all()
    some = [patient for patient, arm in chosen if arm == "bmc"][:15]
    for patient in (*some, *(patient for patient, arm in chosen if arm != "bmc")):
        session.add(allowed(trial.id, patient, LATER))
    session.flush()
    result = _result(made(session, trial, "responders_two_arms", public=True))
    assert result["planned"] == "as planned (plan of 2024-03-04), but counting only patients who allow public figures"
    assert "15 of 40 enrolled in the arm Bone marrow concentrate and 40 of 40 enrolled in" in result["notes"][-1]
