"""The published trial's figures come out of whole answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo import replica
from surveys.outcomes.dashboard import Dashboard, build
from surveys.outcomes.filters import Filters
from surveys.protocols.loading import bundled_protocols
from tests.factories import make_clinic
from tests.outcomes.study import BEGIN, LATER, lay


@pytest.fixture(scope="module")
def board(app: Flask) -> Iterator[Dashboard]:
    with app.test_request_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, replica.lives(BEGIN))
        with clinic_scope(clinic.id), Session(db.engine) as session:
            yield build(session, bundled_protocols()["trial"], Filters("trial"), now=LATER)


def _counts(board: Dashboard, rule: str) -> dict[tuple[object, object], tuple[object, object]]:
    """Responders and evaluable by timepoint and arm, read from the table that the page prints."""
    for figure in board.figures:
        at = {column.code: place for place, column in enumerate(figure.table.columns)}
        rows = [row for row in figure.table.rows if "rule" in at and row[at["rule"]] == rule]
        if rows:
            return {
                (row[at["timepoint"]], row[at["arm"]]): (row[at["responders"]], row[at["evaluable"]]) for row in rows
            }
    raise LookupError(rule)


def test_disability_responders_at_twelve_months_are_those_published(board: Dashboard) -> None:
    counts = _counts(board, "odi change >= 10")
    assert counts["m12", "bmc"] == (26, 39)
    assert counts["m12", "conventional"] == (3, 39)


@pytest.mark.parametrize("rule", ["nrs_active change >= 2", "nrs_active change > 2"])
def test_pain_responders_are_those_published_whichever_way_the_rule_is_read(board: Dashboard, rule: str) -> None:
    counts = _counts(board, rule)
    assert [counts[code, "bmc"] for code in ("m3", "m6", "m12")] == [(29, 39), (25, 38), (22, 39)]


def test_mean_disability_is_that_published(board: Dashboard) -> None:
    figure = board.figure("mean-odi")
    assert figure is not None
    at = {column.code: place for place, column in enumerate(figure.table.columns)}
    means = {(row[at["arm"]], row[at["timepoint"]]): row[at["mean"]] for row in figure.table.rows}
    for arm, published in (("bmc", (46.1, 33.4, 28.8, 29.9)), ("conventional", (44.3, 45.9, 47.3, 48.9))):
        found = [means[arm, code] for code in ("baseline", "m1", "m3", "m6")]
        assert found == pytest.approx(published, abs=0.05)


def test_the_lost_are_expected_and_counted_as_withdrawn_or_missing(board: Dashboard) -> None:
    rate = next(rate for rate in board.headline if rate.arm == "bmc")
    assert (rate.counts.enrolled, rate.counts.expected, rate.counts.answered) == (40, 40, 39)
    assert dict(rate.not_evaluable)["no_follow_up"] == 1
    assert rate.completeness == 39 / 40


def test_the_curve_reaches_the_rate_at_the_threshold(board: Dashboard) -> None:
    figure = board.figure("change-odi")
    assert figure is not None
    at = {column.code: place for place, column in enumerate(figure.table.columns)}
    reached = [row for row in figure.table.rows if row[at["arm"]] == "bmc" and float(row[at["change"]] or 0) >= 10]
    assert reached[0][at["reached"]] == 26
