"""Shares of those who answered, by arm over time: perceived effect, opioids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.proportions import wilson
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, colour_of, draw_bars, headings, joined, printed
from surveys.outcomes.look import Look, asks
from surveys.outcomes.table import Cell, Column
from surveys.protocols.model import Timepoint

Meets = Callable[[FloatArray], BoolArray]


@dataclass(frozen=True, slots=True)
class Share:
    """``k`` of the ``n`` of an arm who answered at a timepoint, of ``expected`` whose window is over."""

    timepoint: str
    arm: str
    k: int
    n: int
    expected: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was asked: values per timepoint over the whole cohort, and which of them count."""

    values: dict[str, FloatArray]
    meets: Meets


def perceived_figure(look: Look) -> Figure:
    """Who calls themselves completely recovered or much improved, up to the last year that was asked."""
    return _figure(
        look,
        _answers(look, "gpe", lambda levels: levels <= 2),
        code="perceived",
        title=_("Global perceived effect: completely recovered or much improved"),
        rule=_("Of those who answered in the window. Success: the first two of seven levels (Austevoll 2019)."),
        empty=_("Nobody was asked for the global perceived effect, or nobody has answered yet."),
    )


def opioids_figure(look: Look) -> Figure:
    """Who takes opioids: at enrolment as recorded, later as answered."""
    told = _answers(look, "daily_opioid", lambda flags: flags == 1)
    recorded = look.cohort.known.opioid_use
    if np.isfinite(recorded[look.cohort.shown()]).any():
        told.values[look.cohort.baseline] = recorded
        told = Told({code: told.values[code] for code in headings(look.cohort) if code in told.values}, told.meets)
    return _figure(
        look,
        told,
        code="opioids",
        title=_("Daily opioid use by arm"),
        rule=_(
            "At enrolment as staff recorded it, later as patients answered; not the same people throughout. Not "
            "asked is not “none”."
        ),
        empty=_("Nothing is known of opioid use."),
    )


def _answers(look: Look, scale: str, meets: Meets) -> Told:
    asked = [point for point in look.planned if asks(point, scale)]
    return Told({point.code: look.cohort.reading(point.code, (scale, None)).value for point in asked}, meets)


def shares_of(look: Look, told: Told) -> list[Share]:
    """A share per timepoint and arm at which anybody answered."""
    found = [
        _share(look, told, look.protocol.timepoint(code), values, arm)
        for code, values in told.values.items()
        for arm in look.arms
    ]
    return [share for share in found if share.n]


def _share(look: Look, told: Told, point: Timepoint, values: FloatArray, arm: str) -> Share:
    own = look.cohort.in_arm(arm)
    known = own & np.isfinite(values)
    standing = look.cohort.standing(point.code)
    expected = own if point.is_baseline else own & standing.closed & ~standing.died | known
    return Share(point.code, arm, _n(known & told.meets(values)), _n(known), _n(expected))


def _n(flags: BoolArray) -> int:
    return int(np.count_nonzero(flags))


def _figure(look: Look, told: Told, *, code: str, title: str, rule: str, empty: str) -> Figure:
    cohort, heads, shares = look.cohort, headings(look.cohort), shares_of(look, told)
    labels = {arm: look.protocol.arm(arm).label for arm in look.arms}
    bars = [_bar(look, share, labels[share.arm]) for share in shares]
    data_hash = joined([arrays_hash(cohort, cohort.shown(), values) for values in told.values.values()])
    axis = [_("Share of those who answered,"), _("with 95 % interval")]
    return Figure(
        code=code,
        title=title,
        description=_("Shares by arm and timepoint with their intervals; the values are in the table."),
        rule=rule,
        table=printed(_columns(), [_cells(share, heads, labels) for share in shares], look, data_hash),
        as_of=cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, heads, axis) if bars else None,
        groups=_behind(look, told, shares, labels),
        why_not="" if bars else empty,
    )


def _bar(look: Look, share: Share, label: str) -> Bar:
    limits = wilson(share.k, share.n)
    return Bar(share.timepoint, label, share.k, share.n, colour_of(look.cohort, share.arm), limits)


def _behind(look: Look, told: Told, shares: Sequence[Share], labels: dict[str, str]) -> tuple[Group, ...]:
    heads = headings(look.cohort)
    return tuple(
        Group(
            f"{share.timepoint}-{share.arm}",
            f"{heads[share.timepoint]}, {labels[share.arm]}",
            look.cohort,
            look.cohort.in_arm(share.arm) & told.meets(told.values[share.timepoint]),
        )
        for share in shares
    )


def _columns() -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("patients", _("Patients")),
        Column("answered", _("of those who answered")),
        Column("share", _("Share"), percent=True),
        *ends(percent=True),
        Column("expected", _("Expected")),
    )


def _cells(share: Share, heads: dict[str, str], labels: dict[str, str]) -> tuple[Cell, ...]:
    low, high = wilson(share.k, share.n) or (None, None)
    named = (share.timepoint, heads[share.timepoint], share.arm, labels[share.arm])
    return (*named, share.k, share.n, share.k / share.n, low, high, share.expected)
