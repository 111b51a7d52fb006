"""Shares of trajectories: early, late, relapse, stable or worse, each by its rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.errors import RuleError
from scoring.responder import Operator, Rule
from scoring.trajectories import TrajectoryRules, not_evaluable, shares, trajectories
from scoring.two_arms import Proportion
from surveys.i18n import gettext as _
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, ClaimError, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.specification import Specification

EARLY_MONTHS = 6  # a follow-up up to then is an early one
MIRRORED: dict[Operator, Operator] = {">=": "<=", ">": "<"}


def find(specification: Specification, frame: Frame) -> Found:
    """Classes by rule in each arm; nothing is estimated, and nobody belongs to two."""
    rules = _rules(specification)
    baseline = frame.value(specification.baseline.code, rules.improvement.scale)
    later = np.column_stack([frame.value(code, rules.improvement.scale) for code in rules.timepoints])
    said, rows, absent = [], [], []
    for arm in specification.arms:
        own = frame.arm == arm.code
        found = trajectories(rules, baseline[own], later[own])
        of_arm = {share.code: Proportion(share.k, share.n) for share in shares(found)}
        said += [f"{words.listed([f'{name} {words.rate(each)}' for name, each in of_arm.items()])} in {arm.label}"]
        rows += [(arm.label, name, *rate_cells(each)) for name, each in of_arm.items()]
        absent += [(arm.label, reason.replace("_", " "), str(n)) for reason, n in not_evaluable(found).items()]
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), "Responders at each follow-up"
    )
    return Found(
        statement=f"Courses up to {specification.point.words}: {'; '.join(said)}. {_defined(specification, rules)}",
        method="Classes by rule, tried in this order; nothing is estimated, and nobody belongs to two: "
        f"{', '.join(each.code for each in rules.classes)}.",
        tables=(
            Table("Shares", ("arm", "course", *RATE_COLUMNS), tuple(rows)),
            table,
            Table("Not evaluable", ("arm", "reason", "patients"), tuple(absent)),
        ),
        figures=figures,
    )


def _rules(specification: Specification) -> TrajectoryRules:
    rule = specification.judged_by.rule
    last = float(specification.point.months)
    points = [point for point in specification.follow_ups if float(point.months) <= last]
    early = tuple(point.code for point in points[:-1] if float(point.months) <= EARLY_MONTHS)
    try:
        return TrajectoryRules(rule, _worse(rule), tuple(point.code for point in points), early)
    except RuleError as problem:
        raise ClaimError(_("No course can be told here: %(why)s", why=problem)) from problem


def _defined(specification: Specification, rules: TrajectoryRules) -> str:
    """What each class means, in words."""
    better, worse, last = words.rule(rules.improvement), words.rule(rules.worsening), specification.point.words
    first = next(point.words for point in specification.timepoints if point.code == rules.early[-1])
    return (
        f"Worse: {worse} at {last}. Relapse: {better} at an earlier follow-up, no longer at {last}. Early: {better} "
        f"by {first} and at {last}. Late: {better} at {last}, not by {first}. Stable: none of these."
    )


def _worse(rule: Rule) -> Rule:
    """The same size in the other direction, whatever the baseline."""
    if rule.worsening:
        raise ClaimError(_("A course starts from a rule on improvement. Choose one with >= or >."))
    return replace(rule, operator=MIRRORED[rule.operator], amount=-rule.amount, minimum_baseline=None)


KIND = Kind("trajectories", "Shares of courses", "the course over time", frozenset({"rule", "timepoint"}), find)
