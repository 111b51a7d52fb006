"""Cell dose and response: rates by dose, with the trend over all doses."""

from __future__ import annotations

from scoring.dose_response import DoseResponse, dose_response
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.specification import Specification

UNIT = "million total nucleated cells"


def find(specification: Specification, frame: Frame) -> Found:
    """Thirds of the doses of the first treatment, and the trend on the doses themselves."""
    found = judged_at(specification, frame, specification.point)
    given = frame.number("treatments") > 0  # a decision for conventional care has no dose that could be known
    result = dose_response(frame.number("dose"), found.evaluable & given, found.responded & given)
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    return Found(
        statement=f"Patients who had {rule} at {specification.point.words}, by dose in {UNIT}: {_said(result)}.",
        method="Dose of the first treatment of those who had one, in groups of about equal size; Cochran-Armitage "
        "trend on the doses themselves, two-sided, and an odds ratio per unit. Doses were not assigned by chance.",
        tables=(table, _groups(result), _trend(result)),
        figures=figures,
        notes=(f"Treated, judged, and of unknown dose: {result.unknown_dose}.", *result.notes),
    )


def _said(result: DoseResponse) -> str:
    if not result.groups:
        return "nobody who can be judged has a known dose"
    said = [f"{words.rate(each.proportion)} from {each.low:g} to {each.high:g}" for each in result.groups]
    return f"{words.listed(said)}; p for trend {words.p_value(result.trend_p)}"


def _groups(result: DoseResponse) -> Table:
    rows = [
        (f"{each.low:g} to {each.high:g}", words.decimal(each.median), *rate_cells(each.proportion))
        for each in result.groups
    ]
    return Table(f"By dose in {UNIT}", ("dose", "median", *RATE_COLUMNS), tuple(rows))


def _trend(result: DoseResponse) -> Table:
    slope = result.per_unit
    rows = [("trend, z", words.decimal(result.trend_z, 2), words.DASH)]
    rows.append(("trend, p", words.p_value(result.trend_p), words.DASH))
    if slope:
        rows.append(
            ("odds ratio per million", words.decimal(slope.odds_ratio, 4), words.span(slope.interval, digits=4))
        )
    return Table("Trend", ("measure", "value", "95 % interval"), tuple(rows))


KIND = Kind(
    "dose_response",
    "Cell dose and response",
    "a responder rate by dose",
    frozenset({"rule", "timepoint"}),
    find,
    facts=("dose", "treatments"),
)
