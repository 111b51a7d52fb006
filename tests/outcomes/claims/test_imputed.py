"""Rates by multiple imputation: where the plan says so, seeded, and beside what was observed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scoring.endpoint import MissingMethod
from scoring.responder import Rule
from surveys.outcomes.claims.compute import compute
from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.plans import store as plans
from surveys.outcomes.plans.content import checked
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.outcomes.plans.figures import words
from surveys.outcomes.plans.verdict import POST_HOC, Verdict
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic
from tests.outcomes.claims.making import made, person
from tests.outcomes.study import BEGIN, LATER

IMPUTED: MissingMethod = "multiple_imputation"
PLAIN = endpoint_of(bundled_protocols()["trial"], Rule.parse("odi change >= 10"), "m12")
KINDS = ["responders_two_arms", "responders_over_time"]


@pytest.fixture
def planned(session: Session, trial: MadeClinic) -> None:
    """A plan that imputes, of before the first answer, for as long as the test's transaction lasts."""
    _write(session, trial, datetime.combine(BEGIN, time(12), UTC))


def _write(session: Session, trial: MadeClinic, now: datetime) -> None:
    endpoint = endpoint_of(bundled_protocols()["trial"], Rule.parse("odi change >= 10"), "m12", IMPUTED)
    content = checked("protocol=trial", [endpoint.text], ["bmc minus conventional"], [*KINDS, "by_diagnosis"])
    plans.write(session, trial.id, "trial", "MI", content, actor=person(session, trial, "admin"), now=now)


def _pooled(result: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    (table,) = (each for each in result["tables"] if each["title"] == "Pooled over imputed data sets")
    return {(row[0], row[1]): row[2:] for row in table["rows"]}


@pytest.mark.usefixtures("planned")
def test_the_lost_patient_is_imputed_and_the_rate_lies_between_the_bounds(session: Session, trial: MadeClinic) -> None:
    claim = made(session, trial, "responders_two_arms", missing=IMPUTED)
    result = json.loads(claim.result)
    n, imputed, rate, interval, difference, *_rest = _pooled(result)["12 months", "Bone marrow concentrate"]
    assert (n, imputed) == ("40", "1")
    assert 65.0 <= float(rate.rstrip(" %")) <= 67.5  # 26 of 40 if the one had failed, 27 of 40 if not
    low, high = (float(end) for end in interval.split(" to "))
    assert 48 < low < 52.1  # Wilson's intervals of 26 and of 27 of 40 begin at 49.5 and 52.0,
    assert 77.8 < high < 81  # and end at 77.9 and 79.9
    assert 55 < float(difference.rstrip(" %")) < 62  # 26/40 - 4/40 to 27/40 - 3/40: 55 to 60
    assert "n = 40, 1 imputed" in result["statement"]
    assert "seed 2022" in result["items"]["P12a"]
    assert result["planned"] == "as planned (plan of 2024-03-04)"
    assert "before any result was in" in result["items"]["P2b"]
    observed = {(each["arm"], each["timepoint"]): (each["k"], each["n"]) for each in result["figures"]}
    assert observed["bmc", "m12"] == (26, 39)
    assert compute(claim.specification, claim.rows) == claim.result


@pytest.mark.usefixtures("planned")
def test_over_time_every_follow_up_is_pooled(session: Session, trial: MadeClinic) -> None:
    result = json.loads(made(session, trial, "responders_over_time", missing=IMPUTED).result)
    found = _pooled(result)
    assert [found[when, "Bone marrow concentrate"][1] for when in ("1 month", "3 months", "6 months", "12 months")] == [
        *("0", "1", "2", "1")
    ]
    assert result["statement"].count("imputed)") == 8


def test_without_a_plan_or_for_other_kinds_nothing_is_imputed(
    session: Session, trial: MadeClinic, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ClaimError, match="before the first result"):
        made(session, trial, "responders_two_arms", missing=IMPUTED)
    request.getfixturevalue("planned")
    with pytest.raises(ClaimError, match="two arms and over time"):
        made(session, trial, "by_diagnosis", missing=IMPUTED)


def test_a_plan_of_after_the_results_plans_nothing(session: Session, trial: MadeClinic) -> None:
    _write(session, trial, LATER)
    with pytest.raises(ClaimError, match="before the first result"):
        made(session, trial, "responders_two_arms", missing=IMPUTED)
    content = checked("protocol=trial", [PLAIN.text], ["bmc minus conventional"], KINDS)
    plans.write(session, trial.id, "trial", "Late", content, actor=person(session, trial, "admin"), now=LATER)
    result = json.loads(made(session, trial, "responders_two_arms").result)
    assert result["planned"] == "post hoc (a plan was written on 2026-11-01, when 78 of 78 results were in)"
    assert "written once results were in" in result["items"]["P2b"]


@pytest.mark.usefixtures("session")
def test_a_figure_is_as_planned_only_where_no_result_was_in() -> None:
    day = date(2026, 3, 2)
    late = Verdict(written_on=day, known=3, results=40)
    assert words(Verdict(planned_on=day)).startswith("as planned (plan of ")
    assert words(late).startswith("post hoc (a plan was written on ")
    assert words(late).endswith("when 3 of 40 results were in)")
    assert late.words == "post hoc (a plan was written on 2026-03-02, when 3 of 40 results were in)"
    assert (words(POST_HOC), POST_HOC.words) == ("post hoc", "post hoc")
