"""Whatever is chosen, a figure's file says what a second computation finds in the long export of the same clinic."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.db import db
from surveys.exchange.exports.order import Order
from tests.exchange.exports.world import make
from tests.factories import make_clinic
from tests.outcomes import recomputed
from tests.outcomes.mixed_study import ARMS, GENERATORS, POINTS, lives, operate
from tests.outcomes.recomputed import Cohort, Rule
from tests.outcomes.study import lay
from tests.staff_browser import SITE, signed_in

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class World:
    """The clinic's export, and a clinician who reads its dashboard."""

    browser: FlaskClient
    sheets: Mapping[str, pl.DataFrame]

    def file(self, code: str, query: Mapping[str, str]) -> Rows:
        reply = self.browser.get(f"/dashboard/{code}.csv", base_url=SITE, query_string=query)
        assert reply.status_code == 200, reply.text
        return list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, lives())
        operate(clinic)
    export = make(app, clinic, Order("protocol=trial"))
    names = ("results", "visits", "episodes")
    sheets = {name: pl.read_csv(export.file(f"{name}.csv"), infer_schema_length=None) for name in names}
    return World(signed_in(app, clinic, "clinician"), sheets)


rules = st.builds(
    Rule,
    amount=st.sampled_from((1, 2, 3, 30, 50)),
    percent=st.booleans(),
    strict=st.booleans(),
    worse=st.booleans(),
    least=st.sampled_from((0, 0, 4)),
).filter(lambda rule: rule.percent == (rule.amount > 10))
CHOICES = {
    "arm": st.sampled_from(ARMS),
    "age_from": st.integers(20, 60).map(str),
    "age_to": st.integers(50, 95).map(str),
    "sex": st.sampled_from(("female", "male")),
    "bmi_to": st.sampled_from(("27", "30")),
    "opioid_use": st.sampled_from(("yes", "no")),
    "pain_generator": st.sampled_from(GENERATORS),
    "mode": st.sampled_from(("self", "tablet")),
}
choices = st.fixed_dictionaries({}, optional=CHOICES).filter(
    lambda made: int(made.get("age_from", 0)) <= int(made.get("age_to", 120))
)


def chosen(made: Mapping[str, str]) -> pl.Expr:
    """The same choice over the rows of the export; who has no value lies in no span."""
    found = pl.lit(value=True)
    for name in ("arm", "sex", "pain_generator"):
        found &= pl.col(name) == made[name] if name in made else pl.lit(value=True)
    if "opioid_use" in made:
        found &= pl.col("opioid_use") == int(made["opioid_use"] == "yes")
    for name, column in (("age_to", "age"), ("bmi_to", "bmi")):
        found &= pl.col(column) <= float(made[name]) if name in made else pl.lit(value=True)
    if "age_from" in made:
        found &= pl.col("age") >= int(made["age_from"])
    return found


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(made=choices, rule=rules, timepoint=st.sampled_from(POINTS))
def test_every_table_is_what_the_export_says(world: World, made: dict[str, str], rule: Rule, timepoint: str) -> None:
    cohort, query = Cohort(world.sheets, chosen(made), made.get("mode")), {**made, "protocol": "trial"}
    _rates(cohort, rule, world.file("responders-1", {**query, "rule": rule.text}))
    _means(cohort, world.file(f"mean-{recomputed.SCALE}", {**query, "rule": rule.text}))
    _distribution(
        cohort,
        timepoint,
        world.file(f"change-{recomputed.SCALE}", {**query, "rule": rule.text, "timepoint": timepoint}),
    )
    _survival(cohort, world.file("survival", query))
    if all(map(cohort.arm, ARMS)):
        _compared(cohort, rule, world.file("rates-compared", {**query, "rule": rule.text}))
        _difference(cohort, world.file("difference", {**query, "rule": rule.text}))


def numbers(row: Mapping[str, str], *names: str) -> tuple[float | None, ...]:
    return tuple(float(row[name]) if row[name] else None for name in names)


def near(*expected: float | None) -> object:
    return tuple(each if each is None else pytest.approx(each, abs=1e-9) for each in expected)


def _rates(cohort: Cohort, rule: Rule, rows: Rows) -> None:
    told = {(row["timepoint"], row["arm"]) for row in rows}
    for row in rows:
        hits, n = cohort.responders(rule, row["arm"], row["timepoint"])
        low, high = recomputed.wilson(hits, n) or (None, None)
        found = numbers(row, "responders", "evaluable", "rate", "wilson_low", "wilson_high")
        assert found == near(hits, n, hits / n if n else None, low, high), (row["timepoint"], row["arm"])
    missing = {(point, arm) for point in POINTS for arm in ARMS if cohort.pairs(arm, point)} - told
    assert not missing


def _means(cohort: Cohort, rows: Rows) -> None:
    expected = {}
    for point in ("baseline", *POINTS):
        scores = cohort.scores(point)
        for arm in ARMS:
            if own := [scores[each] for each in cohort.arm(arm) if each in scores]:
                low, high = recomputed.t_interval(own) or (None, None)
                expected[point, arm] = near(len(own), sum(own) / len(own), low, high)
    assert {(row["timepoint"], row["arm"]): numbers(row, "n", "mean", "low", "high") for row in rows} == expected


def _distribution(cohort: Cohort, timepoint: str, rows: Rows) -> None:
    expected = []
    for arm in ARMS:
        gains = [before - after for before, after in cohort.pairs(arm, timepoint)]
        for gain in sorted(set(gains)):
            reached = sum(each >= gain for each in gains)
            expected.append((arm, near(gain, reached, len(gains), reached / len(gains))))
    assert [(row["arm"], numbers(row, "change", "reached", "n", "share")) for row in rows] == expected


def _survival(cohort: Cohort, rows: Rows) -> None:
    assert {row["arm"] for row in rows} == {arm for arm in ARMS if cohort.operations(arm)}
    for row in rows:
        told, month = cohort.operations(row["arm"]), float(row["months"])
        risk = sum(time >= month for time, _happened in told)
        fell = sum(happened and time <= month for time, happened in told)
        assert numbers(row, "at_risk", "operated") == (risk, fell)
        share, band = recomputed.kaplan_meier(told, month)
        if row["survival"]:
            assert numbers(row, "survival", "low", "high") == near(share, *(band or numbers(row, "low", "high")))
        else:
            assert risk == 0


def _compared(cohort: Cohort, rule: Rule, rows: Rows) -> None:
    assert {row["timepoint"] for row in rows} == set(POINTS)
    for row in rows:
        own, other = (cohort.responders(rule, arm, row["timepoint"]) for arm in ARMS)
        difference = own[0] / own[1] - other[0] / other[1] if own[1] and other[1] else None
        limits = recomputed.newcombe(own, other) or (None, None)
        assert numbers(row, "risk_difference", "newcombe_low", "newcombe_high") == near(difference, *limits)


def _difference(cohort: Cohort, rows: Rows) -> None:
    assert {row["timepoint"] for row in rows} == set(POINTS)
    for row in rows:
        own, other = ([before - after for before, after in cohort.pairs(arm, row["timepoint"])] for arm in ARMS)
        assert numbers(row, "n", "reference_n") == (len(own), len(other))
        if found := recomputed.welch(own, other):
            assert numbers(row, "difference", "low", "high") == near(*found)
