"""Time from the first treatment to an operation on the spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.log_rank import log_rank
from scoring.proportions import wilson
from scoring.survival import Curve, Survival, follow_up, kaplan_meier
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import AtRisk, CurvePoint
from surveys.outcomes.charts.survival import survival_chart
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arm_codes, arrays_hash, not_randomised, printed, told_number
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column

TIMES = (6, 12, 24, 36, 48, 60, 72)  # months at which the table reads the curve


@dataclass(frozen=True, slots=True)
class Followed:
    """One arm's curve over those who were ever asked about an operation, or had one."""

    arm: str
    label: str
    curve: Curve


def survival_figure(look: Look) -> Figure:
    """Share without an operation on the spine, by arm."""
    cohort, arms = look.cohort, followed(look)
    event, form = _days(look)
    data_hash = arrays_hash(cohort, cohort.shown(), cohort.known.treated_on, event, form)
    times = _times(arms)
    rows = [_cells(each, each.curve.at(time)) for each in arms for time in times]
    points = [point for each in arms for point in _points(each)]
    risk = [AtRisk(each.label, time, each.curve.at(time).at_risk) for each in arms for time in (0, *times)]
    return Figure(
        code="survival",
        title=_("Without an operation on the spine"),
        description=_("Share without an operation over months since the first treatment; the values are in the table."),
        rule=_legend(look, arms),
        table=printed(_columns(), rows, look, data_hash),
        as_of=cohort.now,
        data_hash=data_hash,
        chart=partial(_draw, points, risk, arm_codes(cohort)) if points else None,
        groups=_behind(look, event),
        why_not="" if points else _("Nobody who was treated has yet been asked about an operation."),
    )


def followed(look: Look) -> list[Followed]:
    """The arms in which anybody was followed."""
    event, form = _days(look)
    facts, found = look.cohort.known, []
    for arm in look.arms:
        own = look.cohort.in_arm(arm) & np.isfinite(facts.treated_on)
        told = follow_up(facts.months_to(event)[own], facts.months_to(form)[own])
        kept = told.time >= 0  # a form or an operation before the treatment tells nothing about the time after it
        time, happened = _cut(told.time[kept], told.event[kept], look.cohort.filters.fewest)
        if len(time):
            found.append(Followed(arm, look.protocol.arm(arm).label, kaplan_meier(time, happened)))
    return found


def _cut(time: FloatArray, event: BoolArray, fewest: int) -> tuple[FloatArray, BoolArray]:
    """Followed no longer than ``fewest`` are at risk, for a reader who may be told of no fewer; 0 cuts nothing."""
    if not fewest:
        return time, event
    if len(time) < fewest:
        return time[:0], event[:0]
    until = np.sort(time)[-fewest]
    return np.minimum(time, until), event & (time <= until)


def _days(look: Look) -> tuple[FloatArray, FloatArray]:
    """The day of the operation, and of the last form that asked after one.

    The day that staff recorded, or that of the patient's answer, which came after it: the earlier.
    """
    facts = look.cohort.known
    return np.fmin(facts.operated_on, facts.told_operation), facts.last_form


def _times(arms: Sequence[Followed]) -> list[int]:
    """The times that somebody was followed to, and the last whole month of all."""
    last = max((int(each.curve.times.max()) for each in arms), default=0)
    return sorted({*(time for time in TIMES if time <= last), *([last] if last else [])})


def _points(each: Followed) -> list[CurvePoint]:
    points = [CurvePoint(each.arm, each.label, 0.0, 1.0, None, None)]
    for step in each.curve.steps:
        low, high = step.interval or (None, None)
        points.append(CurvePoint(each.arm, each.label, step.time, step.survival, low, high))
    last = points[-1]
    return [*points, CurvePoint(each.arm, each.label, float(each.curve.times.max()), last.share, last.low, last.high)]


def _legend(look: Look, arms: Sequence[Followed]) -> str:
    facts = look.cohort.known
    only_told = int((look.cohort.shown() & np.isfinite(facts.told_operation) & np.isnan(facts.operated_on)).sum())
    asked = np.isfinite(facts.last_form) | np.isfinite(facts.told_operation) | np.isfinite(facts.operated_on)
    never = int((look.cohort.shown() & np.isfinite(facts.treated_on) & ~asked).sum())
    words = _(
        "Kaplan–Meier with log-log 95 %% band, from the first treatment, censored at the last answered question after "
        "operations: not asked is not “none”. Treated and never asked: %(never)s. Told by patients and not recorded by "
        "staff, dated at the answer: %(told)s.",
        never=told_number(look.cohort, never),
        told=told_number(look.cohort, only_told),
    )
    return f"{words} {_test(arms)}{not_randomised() if look.treated else ''}"


def _test(arms: Sequence[Followed]) -> str:
    if len(arms) < 2:
        return ""
    names = [each.arm for each in arms for _time in each.curve.times]
    times, events = (np.concatenate([getattr(each.curve, name) for each in arms]) for name in ("times", "event"))
    found = log_rank(times, events, names)
    if found.p is None:
        return ""
    return _("Log-rank test: p = %(p)s.", p=f"{found.p:.3f}") + " "


def _behind(look: Look, event: FloatArray) -> tuple[Group, ...]:
    operated: BoolArray = np.isfinite(event)
    return tuple(
        Group(
            f"operated-{arm}",
            _("%(arm)s: operated on", arm=look.protocol.arm(arm).label),
            look.cohort,
            operated & look.cohort.in_arm(arm),
        )
        for arm in look.arms
    )


def _columns() -> tuple[Column, ...]:
    return (
        *of_arm(),
        Column("months", _("Months")),
        Column("at_risk", _("At risk")),
        Column("operated", _("Operated by then")),
        Column("survival", _("Without an operation"), percent=True),
        *ends(percent=True),
        Column("without", _("Patients without, if nobody was lost before")),
        Column("of", _("of")),
        Column("wilson_low", _("Wilson 95 % from"), percent=True),
        Column("wilson_high", _("to"), percent=True),
        Column("note", _("Note")),
    )


def _cells(each: Followed, at: Survival) -> tuple[Cell, ...]:
    low, high = at.interval or (None, None)
    without, of = at.share[:2] if at.share else (None, None)
    wilson_low, wilson_high = (wilson(without, of) if without is not None and of else None) or (None, None)
    plain = (without, of, wilson_low, wilson_high, at.note)
    return (each.arm, each.label, int(at.time), at.at_risk, at.events, at.survival, low, high, *plain)


def _draw(points: Sequence[CurvePoint], risk: Sequence[AtRisk], arms: Sequence[str], width: int) -> Chart:
    return survival_chart(points, risk, _("Without an operation"), arms, width=width)
