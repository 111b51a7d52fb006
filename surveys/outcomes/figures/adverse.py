"""Adverse events over the time in which they could have happened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.exposure import EventRate, event_rate
from scoring.proportions import wilson
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.facts import DAYS_A_MONTH, AdverseEvent
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, colour_of, draw_forest, joined, not_randomised, printed
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.pathway.adverse import RELATED

SEVERE = 3
DAYS_A_YEAR = 12 * DAYS_A_MONTH
PER = 100  # patient-years


@dataclass(frozen=True, slots=True)
class Exposure:
    """One arm: who was treated, for how long they were followed, and what was recorded in that time.

    ``serious`` and ``related``: events told to be so; of others it is not so, or not told. ``rate``: events per 100
    patient-years. ``affected``: patients with one event or more; ``flags``: who they are.
    """

    arm: str
    label: str
    treated: int
    years: float
    events: int
    severe: int
    serious: int
    related: int
    affected: int
    rate: EventRate
    flags: BoolArray


def adverse_figure(look: Look) -> Figure:
    """Adverse events that staff recorded, per 100 patient-years since the first treatment."""
    arms = [each for each in exposures(look) if each.treated]
    drawn = [_estimate(look, each) for each in arms if each.rate.rate is not None]
    end = followed_until(look)
    events = [repr(event) for event in look.cohort.known.events]
    data_hash = joined([arrays_hash(look.cohort, look.cohort.shown(), look.cohort.known.treated_on, end), *events])
    highest = max((each.interval[1] for each in drawn if each.interval), default=1.0)
    options = {"percent": False, "line": None, "domain": (0.0, 1.05 * highest)}
    title = [_("Adverse events per 100 patient-years")]
    return Figure(
        code="adverse-events",
        title=_("Adverse events"),
        description=_("Events per 100 patient-years by arm with their intervals; the values are in the table."),
        rule=_(
            "As staff recorded them, from the first treatment to death, leaving or today; exact 95 % interval "
            "(Poisson). No event recorded is not proof that none happened: the upper limit stands beside it."
        )
        + (" " + not_randomised() if look.treated else ""),
        table=printed(_columns(), [_cells(each) for each in arms], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, {}, title, options) if drawn else None,
        groups=_behind(look, arms),
        why_not="" if drawn else _("Nobody has been treated yet."),
    )


def followed_until(look: Look) -> FloatArray:
    """The last day on which an event would have been recorded: death, leaving, or today."""
    facts = look.cohort.known
    return np.fmin(np.fmin(facts.died_on, facts.left_on), float(look.cohort.now.date().toordinal()))


def exposures(look: Look) -> list[Exposure]:
    """Count every arm that is looked at."""
    facts, end = look.cohort.known, followed_until(look)
    time = np.clip(end - facts.treated_on, 0, None)
    counting = [event for event in facts.events if facts.treated_on[event.place] <= event.day <= end[event.place]]
    return [_exposure(look, arm, time, counting) for arm in look.arms]


def _exposure(look: Look, arm: str, time: FloatArray, events: list[AdverseEvent]) -> Exposure:
    own = look.cohort.in_arm(arm)
    mine = [event for event in events if own[event.place]]
    flags = np.zeros(len(own), dtype=np.bool_)
    flags[[event.place for event in mine]] = True
    years = float(np.nansum(time[own])) / DAYS_A_YEAR
    severe = sum(1 for event in mine if (event.severity or 0) >= SEVERE)
    serious = sum(1 for event in mine if event.serious)
    related = sum(1 for event in mine if event.related in RELATED)
    treated = int((own & np.isfinite(time)).sum())
    rate = event_rate(len(mine), years / PER)
    label = look.protocol.arm(arm).label
    counts = (treated, years, len(mine), severe, serious, related, int(flags.sum()))
    return Exposure(arm, label, *counts, rate, flags)


def _estimate(look: Look, each: Exposure) -> Estimate:
    value, interval = each.rate.rate or 0.0, each.rate.interval
    ends = _("%(low)s to %(high)s", low=f"{interval[0]:.1f}", high=f"{interval[1]:.1f}") if interval else "–"
    years, rate = f"{each.years:.1f}", f"{value:.1f}"
    words = _("%(n)d in %(years)s patient-years, %(rate)s", n=each.events, years=years, rate=rate)
    return Estimate("", each.label, value, interval, f"{words} ({ends})", colour_of(look.cohort, each.arm))


def _behind(look: Look, arms: list[Exposure]) -> tuple[Group, ...]:
    return tuple(
        Group(f"affected-{each.arm}", _("%(arm)s: with an event", arm=each.label), look.cohort, each.flags)
        for each in arms
    )


def _columns() -> tuple[Column, ...]:
    return (
        *of_arm(),
        Column("treated", _("Treated")),
        Column("patient_years", _("Patient-years"), digits=1),
        Column("events", _("Events")),
        Column("severe", _("of these severe (3 to 5)")),
        Column("serious", _("of these serious")),
        Column("related", _("of these possibly, probably or definitely related")),
        Column("rate", _("per 100 patient-years"), digits=1),
        *ends(digits=1),
        Column("affected", _("Patients with an event")),
        Column("share", _("Share of the treated"), percent=True),
        *ends("share", percent=True),
    )


def _cells(each: Exposure) -> tuple[Cell, ...]:
    low, high = each.rate.interval or (None, None)
    first, last = wilson(each.affected, each.treated) or (None, None)
    share = each.affected / each.treated if each.treated else None
    counted = (each.treated, each.years, each.events, each.severe, each.serious, each.related)
    return (each.arm, each.label, *counted, each.rate.rate, low, high, each.affected, share, first, last)
