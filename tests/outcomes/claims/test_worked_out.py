"""Figures of statements worked out by hand: of whom they are, and over which of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from surveys.outcomes.claims.found import ClaimError
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.harms import of_arm
from surveys.outcomes.claims.paragraphs import banner
from surveys.outcomes.public.groups import groups_of
from surveys.views.claim_chart import rates_figure, result_figure
from tests.outcomes.claims.frames import NAMES, answered, asked, result, rows_of

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
ODI = (
    "odi change >= 10 at m12, window -30 to +60 days, population expected, missing complete_case, surgery "
    "treatment_policy, further_treatment treatment_policy, rescue_injection treatment_policy, death composite"
)
FORM = "spine_operation"
DUE = {"baseline": "closed", "m3": "closed", "m12": "closed"}
EARLY = {"baseline": "closed", "m3": "closed", "m12": ""}  # not yet a year since the treatment
FREE = DUE | {f"m12.{FORM}": "0"}


def _table(found: dict[str, Any], title: str) -> dict[tuple[str, str], list[str]]:
    (wanted,) = (each for each in found["tables"] if each["title"].startswith(title))
    return {(row[0], row[1]): row[2:] for row in wanted["rows"]}


def test_free_of_surgery_is_of_those_due_with_the_curve_beside_it() -> None:
    cells = [
        DUE | {"operated_days": "100", "y2": "closed"},
        EARLY | {"operated_days": "200"},  # not due at a year, so in no share of it
        DUE | {f"m12.{FORM}": "1", "told_days": "300", "form_days": "300"},  # told, and recorded by nobody
        *[FREE] * 4,
        DUE | {"y2": "closed"},  # never answered: not known
        EARLY | {"form_days": "90"},
        DUE | {"operated_days": "-20", "form_days": "-10"},  # before the treatment: neither operated nor followed
    ]
    found = result(asked("surgery_avoided", FORM), cells=cells, usual=[FREE] * 4)
    said = found["statement"]
    assert "4/6 (67 %, 95 % interval 30 to 90 %) at 12 months in the arm Cells" in said
    # 7 at risk on day 100, 6 on day 200, 5 on day 300: 6/7 * 5/6 * 4/5 = 4/7
    assert "Kaplan-Meier estimate at 12 months: 57 %" in said
    assert "2 years" not in said  # one operated on and due, and nobody followed so long
    assert _table(found, "Free of")["12 months", "Cells"][:3] == ["8", "2", "4/6"]
    assert _table(found, "Free of")["2 years", "Cells"][:3] == ["2", "2", "–"]


def test_a_decision_for_usual_care_is_no_treatment() -> None:
    better, same = answered("odi", "40", "20"), answered("odi", "40", "40")
    cells = [each | {"treatments": "1", "dose": dose} for each, dose in ((better, "90"), (better, "120"), (same, ""))]
    usual = [same | {"treatments": "0"}] * 3
    said = result(asked("treatment_series", "odi", endpoint=ODI), cells=cells, usual=usual)["statement"]
    assert "2/3 (67 %" in said
    assert "after 1 treatment." in said
    found = result(asked("dose_response", "odi", endpoint=ODI), cells=cells, usual=usual)
    assert found["notes"][0] == "Treated, judged, and of unknown dose: 1."


def test_harms_are_counted_of_those_treated() -> None:
    hit = DUE | {"adverse": "2", "severe": "1", "serious": "1", "followed_days": "730.5"}
    well = DUE | {"adverse": "0", "severe": "0", "serious": "0", "followed_days": "365.25"}
    waiting = DUE | {"adverse": "0", "severe": "0", "serious": "0", "followed_days": ""}
    rows = rows_of(cells=[hit, well, waiting], usual=[well])
    found = of_arm(Frame.read(rows), "cells")
    assert (found.patients, found.any, found.severe, found.serious, found.events) == (2, 1, 1, 1, 2)
    assert found.years == 3
    assert found.per_hundred == pytest.approx(200 / 3)
    known = {key: len(group) for key, group in groups_of(asked("complications", "new_problem").text, rows)}
    assert known["harms", "cells", ""] == 2


def test_means_are_of_the_same_people_before_and_after() -> None:
    cells = [answered("odi", "40", "30"), answered("odi", "50", "30"), answered("odi", "90", "")]
    found = result(asked("battery_means", "odi"), cells=cells, usual=[answered("odi", "50", "50")] * 2)
    assert "45.0 and 30.0 (improvement 15.0 (" in found["statement"]
    assert "n = 2)" in found["statement"]
    assert found["completeness"] == {"cells": "66.7", "usual": "100.0"}
    means = next(each for each in found["tables"] if each["title"] == "Means")["rows"]
    assert means[0][3:5] == ["3", "60.0"]  # everyone at the baseline stays in the table


def test_a_goal_is_reached_at_eight_of_ten() -> None:
    cells = [DUE | {"m12.goal": rating} for rating in ("9", "8", "3", "")]
    found = result(asked("functional_goal", "goal"), cells=cells, usual=[DUE])
    assert "At 12 months, 2/3 (67 %" in found["statement"]
    assert _table(found, "Mean rating")["12 months", "Cells"][:2] == ["3", "6.7"]


def test_not_asked_is_not_nobody_answered() -> None:
    of = asked("battery_means", "odi")
    points = tuple(replace(point, asked=() if point.code == "m3" else point.asked) for point in of.timepoints)
    cells = [answered("odi", "40", "30")] * 3
    found = result(replace(of, timepoints=points), cells=cells, usual=cells)
    counts = _table(found, "Who was expected")
    assert counts["3 months", "Cells"] == ["–"] * 7 + ["not asked"]
    assert counts["12 months", "Cells"][-1] == "100 %"
    ruled = result(replace(asked("responders_over_time", "odi", endpoint=ODI), timepoints=points), cells=cells)
    assert {each["timepoint"] for each in ruled["figures"]} == {"m12", "y2"}
    case = asked("case_report", "odi")
    shown = result(replace(case, timepoints=points), cells=cells[:1])["tables"][0]["rows"]
    assert shown == [["Baseline", "40"], ["3 months", "not asked"], ["12 months", "30"], ["2 years", "not answered"]]


@pytest.mark.parametrize(("kind", "endpoint"), [("responders_over_time", ODI), ("battery_means", None)])
def test_a_statement_of_nobody_is_refused(kind: str, endpoint: str | None) -> None:
    with pytest.raises(ClaimError, match="Nobody can be judged at 12 months"):
        result(asked(kind, "odi", endpoint=endpoint), cells=[answered("odi", "40", "")], usual=[])


def test_nobody_allowing_public_figures_is_said() -> None:
    of = asked("battery_means", "odi", permitted="public_aggregates", enrolled=(("cells", 3),))
    with pytest.raises(ClaimError, match="allows public figures"):
        result(of, cells=[], usual=[])


def test_whom_it_is_of_stands_in_the_sentence() -> None:
    enrolled = (("cells", 5), ("usual", 2))
    of = asked("battery_means", "odi", cohort_words="Made, women, age 40 or more", enrolled=enrolled)
    found = result(of, cells=[answered("odi", "40", "30")] * 3, usual=[answered("odi", "40", "40")] * 2)
    assert found["statement"].startswith("Only these patients: women, age 40 or more. Mean ")
    assert found["notes"] == [
        "Only patients who allow public figures are counted: 3 of 5 enrolled in the arm Cells and 2 of 2 enrolled in "
        "the arm Usual care."
    ]
    assert found["results"].startswith("Only these patients: women")


def test_codes_are_told_in_words() -> None:
    better, same = answered("odi", "40", "20"), answered("odi", "40", "40")
    people = [better, same, better | {"sex": "male"}, same | {"sex": "male"}] * 4
    known = [
        {"sex": "female", "opioid_use": "yes" if at % 3 else "no", "age": str(40 + at), "bmi": str(22 + at % 5)} | each
        for at, each in enumerate(people)
    ]
    rows = [each | {"pain_generator": "si_joint", "m3.odi": "40"} for each in known]
    said = result(asked("by_diagnosis", "odi", endpoint=ODI), cells=rows, usual=rows)["statement"]
    assert "for sacroiliac joint in the arm Cells" in said
    said = result(asked("covariate_effects", "odi", endpoint=ODI), cells=rows, usual=rows)["statement"]
    for term in (
        "the arm Cells against Usual care",
        "each year of age",
        "men against women",
        "opioid use at enrolment",
    ):
        assert f"for {term}" in said
    said = result(asked("trajectories", "odi", endpoint=ODI), cells=rows, usual=rows)["statement"]
    assert "late 8/16 (50 %" in said
    assert "Worse: worsened by 10 points or more on Oswestry Disability Index at 12 months." in said
    assert "Late: improved by 10 points or more on Oswestry Disability Index at 12 months, not by 3 months." in said


def test_few_answers_raise_a_banner_and_arms_keep_their_colours() -> None:
    few = [answered("odi", "40", "20")] * 3 + [answered("odi", "40", "")] * 7
    of = asked("responders_two_arms", "odi", endpoint=ODI)
    of = replace(of, arms=of.arms[::-1])  # a protocol may name them in any order, and gives colours in it
    found = result(of, cells=few, usual=few[:3])
    assert found["banner"].startswith("Few answered at 12 months: 30 % in the arm Cells.")
    assert banner(of, {"cells": 0.6, "usual": None}) == ""
    figure = result_figure(found, NAMES, None, "hash")  # type: ignore[arg-type]
    assert figure is not None
    assert figure.chart is not None
    bars = figure.chart.args[0]  # type: ignore[attr-defined]
    assert {(bar.label, bar.colour) for bar in bars} == {("Usual care", 0), ("Cells", 1)}


def test_an_interval_of_a_drawing_is_rounded_once() -> None:
    """16 of 28 is 39.07 to 73.49 % (statsmodels, ``proportion_confint(16, 28, method="wilson")``): 73, and never 74."""
    row = {"timepoint": "12 months", "arm": "Cells", "k": 16, "n": 28, "rate": "57.1", "low": "39.1", "high": "73.5"}
    figure = rates_figure("rates", [row], ["Cells"], AS_OF, "hash")
    assert figure is not None
    assert figure.chart is not None
    (bar,) = figure.chart.args[0]  # type: ignore[attr-defined]
    assert bar.interval == pytest.approx((0.3907, 0.7349), abs=5e-5)
