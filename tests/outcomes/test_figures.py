"""The figures give what was published, from the replica study, the surgery series and the worked facts.

Sources: Atluri 2022 (two arms, 39 of 40 each judged at 12 months), Pettine (26 candidates for fusion), Garwood 1936 for
counts of events, and survival values of R's survfit in tests/published.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.db import clinic_scope, db, uuid7
from surveys.demo import replica
from surveys.demo.lives import Reply
from surveys.models import Endpoint
from surveys.outcomes.cohort import Cohort, Key, Reading
from surveys.outcomes.dashboard import Dashboard, build, describe, read
from surveys.outcomes.facts import DAYS_A_MONTH, AdverseEvent, Facts, Opioids, unknown
from surveys.outcomes.figure import Figure
from surveys.outcomes.filters import Filters
from surveys.outcomes.sections import SECTIONS
from surveys.outcomes.table import Cell
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic
from tests.outcomes.study import BEGIN, LATER, Study, lay, life

PUBLISHED = Path(__file__).parent.parent / "published"
SPINE = bundled_protocols()["spine"]
TREATED_ON = date(2022, 3, 1)
ROUNDING = 1e-9  # of a mean over data sets
OPERATED_AFTER = (100, 300, 400, 500, 700, 900)  # days: 2 in the first year, 3 in the second, 1 in the third


@pytest.fixture(scope="module")
def board(app: Flask) -> Iterator[Dashboard]:
    with app.test_request_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, replica.lives(BEGIN))
        with clinic_scope(clinic.id), Session(db.engine) as session:
            yield build(session, bundled_protocols()["trial"], Filters("trial"), now=LATER)


@pytest.fixture(scope="module")
def series(app: Flask) -> Iterator[Dashboard]:
    """26 treated, six of them operated on later, the others asked after three years and some days."""
    with app.test_request_context():
        clinic = make_clinic()
        with clinic_scope(clinic.id), Session(db.engine) as session:
            study = Study(session, clinic.id, "spine")
            for number in range(26):
                _disc_injection(study, number)
            session.commit()
            yield build(session, SPINE, Filters("spine"), now=LATER)


def _disc_injection(study: Study, number: int) -> None:
    form = Reply({"events": {"spine_operation": 0, "new_problem": 0}}, days_after_opening=63)
    operated = number < len(OPERATED_AFTER)
    facts = {
        "enrolled_on": TREATED_ON - timedelta(days=10),
        "treatments": ((TREATED_ON, "bone_marrow_concentrate"),),
        "replies": {} if operated else {"y3": form},
    }
    episode = study.add(life(number, "treated", **facts))
    if operated:
        day = TREATED_ON + timedelta(days=OPERATED_AFTER[number])
        own = {"clinic_id": study.clinic_id, "episode_id": episode.id, "recorded_at": LATER}
        study.session.add(Endpoint(**own, kind="surgery", on_date=day, details={}))


def rows(board: Dashboard, code: str) -> list[dict[str, Cell]]:
    figure = board.figure(code)
    assert figure is not None
    return [dict(zip([column.code for column in figure.table.columns], row, strict=True)) for row in figure.table.rows]


def test_every_way_to_treat_the_missing_gives_what_one_lost_patient_of_forty_makes_of_it(board: Dashboard) -> None:
    found = {(row["method"], row["arm"]): (row["responders"], row["n"]) for row in rows(board, "sensitivity")}
    assert [found["complete_case", arm] for arm in ("bmc", "conventional")] == [(26, 39), (3, 39)]
    assert [found["non_responder", arm] for arm in ("bmc", "conventional")] == [(26, 40), (3, 40)]
    assert [found["worst_case", arm] for arm in ("bmc", "conventional")] == [(26, 40), (4, 40)]
    assert [found["best_case", arm] for arm in ("bmc", "conventional")] == [(27, 40), (3, 40)]


def test_imputed_rates_lie_between_the_worst_and_the_best(board: Dashboard) -> None:
    found = {row["arm"]: row["rate"] for row in rows(board, "sensitivity") if row["method"] == "multiple_imputation"}
    assert 26 / 40 - ROUNDING <= float(found["bmc"] or 0) <= 27 / 40 + ROUNDING
    assert 3 / 40 - ROUNDING <= float(found["conventional"] or 0) <= 4 / 40 + ROUNDING


def test_the_frame_around_a_rate_is_what_the_missing_leave_possible(board: Dashboard) -> None:
    rate = next(rate for rate in board.headline if rate.arm == "bmc")
    assert rate.envelope == (26 / 40, 27 / 40)
    assert rate.missing_answers == 1


def test_the_arms_compared(board: Dashboard) -> None:
    row = next(row for row in rows(board, "rates-compared") if row["timepoint"] == "m12")
    assert (row["responders"], row["evaluable"], row["reference_responders"]) == (26, 39, 3)
    assert row["risk_difference"] == pytest.approx(23 / 39)
    assert row["nnt"] == pytest.approx(39 / 23)
    assert row["nnt_low"] == pytest.approx(1 / float(row["newcombe_high"] or 0))


def test_no_interval_of_a_number_needed_to_treat_where_the_difference_may_be_none(app: Flask) -> None:
    with app.test_request_context():
        board = _board(_people({"bmc": (5, 10), "conventional": (4, 10)}))
        row = next(row for row in rows(board, "rates-compared") if row["timepoint"] == "m12")
    assert row["nnt"] == pytest.approx(10)
    assert (row["nnt_low"], row["nnt_high"]) == (None, None)
    assert "includes 0" in str(row["note"])


def test_mean_changes_differ_as_the_published_means_do(board: Dashboard) -> None:
    """46.1 to 29.9 against 44.3 to 48.9 at six months, of nearly the same people."""
    row = next(row for row in rows(board, "difference") if row["timepoint"] == "m6")
    assert row["difference"] == pytest.approx((46.1 - 29.9) - (44.3 - 48.9), abs=1.0)


def test_without_operations_both_strategies_agree(board: Dashboard) -> None:
    found = [row for row in rows(board, "strategies") if row["timepoint"] == "m12"]
    assert [(row["responders"], row["composite_responders"]) for row in found] == [(26, 26), (3, 3)]


def test_the_published_thresholds_of_the_scale_stand_side_by_side(board: Dashboard) -> None:
    found = {(row["threshold"], row["arm"]): row for row in rows(board, "thresholds")}
    assert (found["odi change >= 10", "bmc"]["responders"], found["odi change >= 10", "bmc"]["evaluable"]) == (26, 39)
    stricter = [found[f"odi change >= {amount}", "bmc"]["responders"] for amount in (10, "12.8", 15, 18)]
    assert stricter == sorted(stricter, key=lambda count: -int(count or 0))


def test_every_course_is_counted_once(board: Dashboard) -> None:
    found = [row for row in rows(board, "trajectories") if row["arm"] == "bmc"]
    assert sum(int(row["patients"] or 0) for row in found) == found[0]["n"]
    better = sum(int(row["patients"] or 0) for row in found if row["course"] in ("early", "late"))
    assert better == 26


def test_subgroups_add_up_to_the_arms(app: Flask) -> None:
    """26/39 and 3/39 parted by opioids at enrolment, one of unknown use."""
    opioids = np.array([1.0, 0.0, 0.0] * 26)
    opioids[0] = np.nan
    with app.test_request_context():
        board = _board(_people({"bmc": (26, 39), "conventional": (3, 39)}, opioid_use=opioids))
        parts = [row for row in rows(board, "subgroups") if row["variable"] == "opioid_use"]
    assert [row["level"] for row in parts] == ["no", "yes"]
    assert sum(int(row["responders_bmc"] or 0) for row in parts) == 25
    assert sum(int(row["evaluable_conventional"] or 0) for row in parts) == 39
    assert all(row["interaction_p"] is not None or row["note"] for row in parts)


def test_everything_that_can_be_drawn_is_drawn_in_both_sizes(board: Dashboard, series: Dashboard) -> None:
    drawn = [figure for each in (board, series) for figure in each.figures if figure.chart]
    assert {"responders-1", "rates-compared", "sensitivity", "thresholds", "trajectories", "survival"} <= {
        figure.code for figure in drawn
    }
    for figure in drawn:
        assert figure.svg().startswith("<svg")
        assert figure.svg(narrow=True).startswith("<svg")


def test_without_surgery_as_published(series: Dashboard) -> None:
    found = {row["months"]: row for row in rows(series, "survival")}
    assert [(found[months]["without"], found[months]["of"]) for months in (12, 24, 36)] == [
        (24, 26),
        (21, 26),
        (20, 26),
    ]
    assert [round(100 * float(found[months]["survival"] or 0)) for months in (12, 24, 36)] == [92, 81, 77]
    assert [round(100 * float(found[36][end] or 0)) for end in ("wilson_low", "wilson_high")] == [58, 89]


def test_every_patient_has_a_bar_and_the_largest_gain_stands_first(board: Dashboard) -> None:
    found = [row for row in rows(board, "waterfall") if row["arm"] == "bmc"]
    changes = [float(row["change"] or 0) for row in found]
    assert len(found) == 39
    assert changes == sorted(changes, reverse=True)
    assert sum(1 for row in found if row["met"] == "yes") == 26
    assert sum(1 for change in changes if change >= 10) == 26
    figure = board.figure("waterfall")
    assert figure is not None
    assert {group.code: len(group) for group in figure.groups}["better-bmc"] == sum(1 for each in changes if each > 0)


def test_a_waterfall_of_many_is_thinned_at_even_steps_and_says_so(app: Flask) -> None:
    with app.test_request_context():
        board = _board(_people({"bmc": (200, 400)}))
        found, figure = rows(board, "waterfall"), board.figure("waterfall")
    assert [found[0]["rank"], found[-1]["rank"], len(found)] == [1, 400, 150]
    assert 74 <= sum(1 for row in found if row["met"] == "yes") <= 76
    assert figure is not None
    assert "More than" not in figure.rule
    assert "more than 150 patients" in figure.rule


def test_mean_per_cent_says_which_mean_it_is_and_who_is_in_it(app: Flask) -> None:
    """Of 7, nine fell to 3: 57 %; one stayed. Mean of ratios and ratio of means agree where all begin alike."""
    with app.test_request_context():
        found = rows(_board(_people({"bmc": (9, 10)})), "percent-improved")
    assert [row["who"] for row in found] == ["all", "without_operated", "same"]
    assert [row["mean_of_ratios"] for row in found] == pytest.approx([100 * 0.9 * 4 / 7] * 3)
    assert [row["ratio_of_means"] for row in found] == pytest.approx([100 * 0.9 * 4 / 7] * 3)


def test_the_same_patients_stand_beside_the_available(board: Dashboard) -> None:
    found = {(row["timepoint"], row["who"]): row for row in rows(board, "same-patients") if row["arm"] == "bmc"}
    assert (found["m12", "available"]["responders"], found["m12", "available"]["evaluable"]) == (26, 39)
    same = {row["evaluable"] for (_when, who), row in found.items() if who == "same"}
    assert len(same) == 1
    assert same < {38, 39, 40}


def test_everyone_expected_stands_under_one_step(board: Dashboard) -> None:
    for row in rows(board, "funnel"):
        parts = ("finished", "late", "started_only", "opened_only", "sent_only", "not_sent")
        assert sum(int(row[part] or 0) for part in parts) == row["expected"]


def test_the_arms_stand_against_each_other_in_one_line(board: Dashboard) -> None:
    """26/39 less 3/39 with Newcombe's interval of the published counts; the means with Welch's."""
    (line,) = board.contrasts
    assert (line.points, line.ends) == ("+59", "+39 to +73")
    assert line.interval == pytest.approx((0.3886, 0.7266), abs=0.001)
    row = next(row for row in rows(board, "difference") if row["timepoint"] == "m12")
    assert line.mean == f"{float(row['difference'] or 0):+.1f}"


def test_every_number_that_can_be_traced_leads_to_patients(board: Dashboard) -> None:
    for figure in board.figures:
        if figure.chart:
            assert figure.rates or figure.groups, figure.code
        codes = [group.code for group in figure.groups]
        assert len(codes) == len(set(codes)), figure.code


def test_one_arm_is_compared_with_nothing(series: Dashboard) -> None:
    assert rows(series, "rates-compared") == []
    figure = series.figure("rates-compared")
    assert figure is not None
    assert figure.chart is None
    assert "nothing to compare" in figure.why_not


def test_the_number_of_statements_is_fixed(app: Flask) -> None:
    with app.test_request_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, list(replica.lives(BEGIN))[:3])
        asked: list[str] = []
        with clinic_scope(clinic.id), Session(db.engine) as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
            read(session, bundled_protocols()["trial"], Filters("trial"), now=LATER)
    assert len([each for each in asked if each.startswith("SELECT")]) == 8


def _people(counts: dict[str, tuple[int, int]], fewest: int = 0, **facts: object) -> Cohort:
    """By arm: so many responders of so many, pain from 7 to 3 or staying at 7, all windows over."""
    arms = [arm for arm, (_k, n) in counts.items() for _one in range(n)]
    after = [3.0 if at < k else 7.0 for k, n in counts.values() for at in range(n)]
    size, nobody = len(arms), np.zeros(len(arms), dtype=np.bool_)
    answered = ~nobody
    readings: dict[tuple[str, Key], Reading] = {
        ("baseline", ("nrs_active", None)): Reading(np.full(size, 7.0), answered, nobody, nobody),
        ("m12", ("nrs_active", None)): Reading(np.array(after), answered, nobody, nobody),
    }
    trial = bundled_protocols()["trial"]
    empty = Cohort(trial, Filters("trial", fewest=fewest), LATER, (), (), nobody, {}, {}).standing("m12")
    closed = {name: (answered if name == "closed" else nobody) for name in empty.__slots__}
    known: Facts = replace(unknown(size), **facts)  # type: ignore[arg-type]
    ids = tuple(uuid7() for _one in arms)
    standings = {"m12": type(empty)(**closed)}
    return Cohort(trial, Filters("trial", fewest=fewest), LATER, ids, tuple(arms), nobody, standings, readings, known)


def _board(cohort: Cohort, rule: str = "nrs_active change >= 2") -> Dashboard:
    return describe(cohort, Rule.parse(rule), SECTIONS)


def test_survival_by_the_worked_values(app: Flask) -> None:
    with (PUBLISHED / "survival_input.csv").open(encoding="utf-8", newline="") as file:
        patients = [row for row in csv.DictReader(file) if row["arm"] == "bmc"]
    expected = json.loads((PUBLISHED / "longitudinal_expected.json").read_text(encoding="utf-8"))
    days = np.array([float(row["months"]) for row in patients]) * DAYS_A_MONTH
    operated = np.array([row["surgery"] == "1" for row in patients])
    facts: dict[str, Any] = {
        "treated_on": np.zeros(len(days)),
        "operated_on": np.where(operated, days, np.nan),
        "last_form": np.where(operated, np.nan, days),
    }
    with app.test_request_context():
        board = _board(_people({"bmc": (0, len(days))}, **facts))
        found = {row["months"]: row for row in rows(board, "survival")}
    for months, worked in expected["survival_surgery_free"]["bmc"].items():
        row = found[int(months)]
        assert row["at_risk"] == worked["n_risk"]
        assert row["survival"] == pytest.approx(worked["survival"], abs=1e-6)
        assert [row["low"], row["high"]] == pytest.approx(worked["ci"], abs=1e-6)


def test_never_asked_is_not_free_of_operations(app: Flask) -> None:
    with app.test_request_context():
        board = _board(_people({"bmc": (0, 5)}, treated_on=np.zeros(5)))
        assert rows(board, "survival") == []
        figure = board.figure("survival")
    assert figure is not None
    assert figure.chart is None
    assert "Treated and never asked: 5" in figure.rule


def test_events_stand_over_the_time_at_risk(app: Flask) -> None:
    """Ten events in a hundred patient-years: 4.795 to 18.390 (Garwood)."""
    today = float(LATER.date().toordinal())
    began = np.full(100, today - 12 * DAYS_A_MONTH)
    told = [(True, "possible"), (True, "unrelated"), (False, "definite"), *[(None, None)] * 7]
    events = tuple(AdverseEvent(place, today - 30, 2, *told[place]) for place in range(10))
    with app.test_request_context():
        row = rows(_board(_people({"bmc": (50, 100)}, treated_on=began, events=events)), "adverse-events")[0]
    assert (row["events"], row["affected"], row["treated"]) == (10, 10, 100)
    assert (row["severe"], row["serious"], row["related"]) == (0, 2, 2)
    assert row["patient_years"] == pytest.approx(100)
    assert [row["rate"], row["low"], row["high"]] == pytest.approx([10, 4.795, 18.390], abs=0.001)


def test_opioid_doses_by_arm_with_their_change(app: Flask) -> None:
    """30, 60 and 0 MME a day become 15, 30 and 0; a fourth dose cannot be evaluated, a fifth is unknown."""
    unknown_of = np.array([False, False, False, True, False])
    doses = {
        "baseline": Opioids(np.array([30.0, 60.0, 0.0, np.nan, np.nan]), unknown_of),
        "m12": Opioids(np.array([15.0, 30.0, 0.0, np.nan, np.nan]), ~unknown_of & False),
    }
    with app.test_request_context():
        found = rows(_board(_people({"bmc": (2, 5)}, opioids=doses)), "opioid-dose")
    assert [(row["timepoint"], row["n"], row["mean"], row["median"], row["none"]) for row in found] == [
        ("baseline", 3, 30, 30, 1),
        ("m12", 3, 15, 15, 1),
    ]
    assert [row["not_evaluable"] for row in found] == [1, 0]
    assert (found[1]["change_n"], found[1]["change"]) == (3, -15)
    assert found[0]["factors"] == "cdc-2022"


def test_whoever_reads_without_names_sees_no_arm_or_subgroup_of_a_handful(app: Flask) -> None:
    """Four of the conventional arm are not shown; nor two women of the treated, nor who is left when they are known."""
    sexes = np.array(["female"] * 2 + ["male"] * 10 + ["other"] * 8 + ["male"] * 4)
    cohort = _people({"bmc": (10, 20), "conventional": (2, 4)}, fewest=5, sex=sexes)
    with app.test_request_context():
        board = _board(cohort)
        told = {row["level"]: row.get("responders_bmc") for row in rows(board, "subgroups")}
        for figure in board.figures:
            assert "conventional" not in _arms_of(figure), figure.code
    assert told["female"] is None
    assert sum(1 for count in told.values() if count is None) >= 2


def _arms_of(figure: Figure) -> set[Cell]:
    codes = [column.code for column in figure.table.columns]
    if any("conventional" in code for code in codes):
        return {"conventional"}
    return {row[codes.index("arm")] for row in figure.table.rows} if "arm" in codes else set()


@pytest.mark.parametrize(
    ("counts", "rule", "said"),
    [
        ({}, "nrs_active change >= 2", "No patient fits"),
        ({"bmc": (1, 1)}, "nrs_active change >= 2", "One patient is chosen"),
        ({"bmc": (2, 9)}, "nrs_active change >= 2", "in one arm"),
        ({"bmc": (2, 9), "conventional": (1, 9)}, "nrs_back change >= 3", "asks for"),
        ({"bmc": (2, 9), "conventional": (1, 9)}, "odi change >= 10", "Nobody has answered"),
    ],
)
def test_what_speaks_against_reading_is_said_and_nothing_misleading_drawn(
    app: Flask, counts: dict[str, tuple[int, int]], rule: str, said: str
) -> None:
    with app.test_request_context():
        board = _board(_people(counts), rule)
        assert said in " ".join(board.notices)
        drawn = {figure.code for figure in board.figures if figure.chart}
    assert ("responders-1" in drawn) == (said == "in one arm")
    assert not drawn & {"rates-compared", "difference"}
