"""Who got better early, late, for a while, not at all, or worse: classes by rule, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from scoring.responder import Rule
from scoring.trajectories import CLASSES, Share, Trajectories, TrajectoryRules, not_evaluable, shares, trajectories
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, colour_of, draw_bars, headings, printed, told_number
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words, timepoint_words
from surveys.protocols.model import Timepoint

EARLY_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Classes of everyone whose last window is over or who answered then, and their shares by arm."""

    rules: TrajectoryRules
    classes: Trajectories
    chosen: BoolArray
    by_arm: dict[str, tuple[Share, ...]]
    unknown: dict[str, int]


def trajectories_figure(look: Look) -> Figure:
    """Classes up to the look's timepoint, by arm; the rule of each class stands under its heading."""
    found = classes_of(look)
    cohort = look.cohort
    data_hash = arrays_hash(cohort, found.chosen, found.classes.classes) if found else ""
    rows = [(arm, share) for code in CLASSES for arm, share in _of_class(found, code)] if found else []
    heads, labels = class_words(), {code: look.protocol.arm(code).label for code in look.arms}
    bars = [Bar(s.code, labels[arm], s.k, s.n, colour_of(cohort, arm), s.interval) for arm, s in rows if s.n]
    cells = [_cells(found, arm, share, heads, labels) for arm, share in rows] if found else []
    return Figure(
        code="trajectories",
        title=_("Courses"),
        description=_("Share of each course by arm with its interval; the values are in the table."),
        rule=_legend(look, found),
        table=printed(_columns(), cells, look, data_hash),
        as_of=cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, heads, [_("Share of those who can be classed,"), _("with 95 % interval")])
        if bars
        else None,
        groups=_behind(look, found) if found else (),
        why_not=_why_not(found),
    )


def class_words() -> dict[str, str]:
    """Each class as a heading."""
    return {
        "early": _("Better early, and still"),
        "late": _("Better late"),
        "relapse": _("Better for a while"),
        "stable": _("Not better"),
        "worse": _("Worse"),
    }


def rules_of(look: Look) -> TrajectoryRules | None:
    """The look's rule turned round for worse, over the follow-ups up to its timepoint; None for a rule on worsening.

    Early is up to three months; where nothing is asked so early, the first follow-up.
    """
    points = _asked_before(look)
    if look.rule.worsening or len(points) < 2:
        return None
    worse = replace(look.rule, operator="<=" if look.rule.operator == ">=" else "<", amount=-look.rule.amount)
    early = [point.code for point in points[:-1] if (point.months or 0) <= EARLY_MONTHS]
    codes = tuple(point.code for point in points)
    return TrajectoryRules(look.rule, _without_floor(worse), codes, tuple(early or codes[:1]))


def _without_floor(rule: Rule) -> Rule:
    return replace(rule, minimum_baseline=None)


def _asked_before(look: Look) -> list[Timepoint]:
    """Every follow-up of the scale up to the look's timepoint, whichever one was chosen to look at."""
    everything = replace(look.cohort, filters=replace(look.cohort.filters, timepoint=None))
    points = replace(look, cohort=everything).asked(look.rule)
    codes = [point.code for point in points]
    return list(points[: codes.index(look.focus.code) + 1]) if look.focus.code in codes else []


def classes_of(look: Look) -> Found | None:
    """Class everyone of the arms that are looked at; None where there is no rule for it."""
    rules, cohort = rules_of(look), look.cohort
    if rules is None:
        return None
    before = cohort.reading(cohort.baseline, look.key).value
    later = np.column_stack([cohort.reading(code, look.key).value for code in rules.timepoints])
    chosen = cohort.shown() & cohort.standing(look.focus.code).closed
    whole = trajectories(rules, before, later)
    own = {arm: chosen & cohort.in_arm(arm) for arm in look.arms}
    counted = {arm: shares(_those(whole, flags)) for arm, flags in own.items()}
    return Found(rules, whole, chosen, counted, not_evaluable(_those(whole, chosen)))


def _those(whole: Trajectories, flags: BoolArray) -> Trajectories:
    return Trajectories(whole.classes[flags], whole.reason[flags])


def _of_class(found: Found, code: str) -> list[tuple[str, Share]]:
    return [(arm, share) for arm, own in found.by_arm.items() for share in own if share.code == code]


def _legend(look: Look, found: Found | None) -> str:
    """What each class means, the first that fits first; the table has the exact rules."""
    if found is None:
        return _("Courses need a rule on improvement and two follow-ups or more.")
    heads = headings(look.cohort)
    return _(
        "Met: %(rule)s. Worse: as much worse at %(last)s. Better for a while: met before, and not at %(last)s. Better "
        "early, and still: met at %(early)s, and at %(last)s. Better late: met at %(last)s, and not at %(early)s. Not "
        "better: met at no follow-up, and not worse. Of several that fit, the first holds. Cannot be classed: %(n)s.",
        rule=rule_words(look.rule),
        last=timepoint_words(look.focus),
        early=(" " + _("or") + " ").join(heads[code] for code in found.rules.early),
        n=told_number(look.cohort, _lost(found)),
    )


def _lost(found: Found) -> int:
    return sum(found.unknown.values())


def _why_not(found: Found | None) -> str:
    if found is None:
        return _("Courses need a rule on improvement and two follow-ups or more.")
    judged = sum(own[0].n for own in found.by_arm.values())
    return "" if judged else _("Nobody can be classed yet.")


def _behind(look: Look, found: Found) -> tuple[Group, ...]:
    words, labels = class_words(), {code: look.protocol.arm(code).label for code in look.arms}
    flags: Sequence[tuple[str, str, BoolArray]] = [
        (code, arm, found.chosen & (found.classes.classes == code) & look.cohort.in_arm(arm))
        for code in CLASSES
        for arm in look.arms
    ]
    return tuple(Group(f"{code}-{arm}", f"{words[code]}, {labels[arm]}", look.cohort, own) for code, arm, own in flags)


def _columns() -> tuple[Column, ...]:
    return (
        Column("course", _("Course"), shown=False),
        Column("course_words", _("Course")),
        Column("course_rule", _("Rule")),
        *of_arm(),
        Column("patients", _("Patients")),
        Column("n", _("of")),
        Column("share", _("Share"), percent=True),
        *ends(percent=True),
    )


def _cells(found: Found, arm: str, share: Share, heads: dict[str, str], labels: dict[str, str]) -> tuple[Cell, ...]:
    text = {each.code: each.text for each in found.rules.classes}[share.code]
    low, high = share.interval or (None, None)
    return (share.code, heads[share.code], text, arm, labels[arm], share.k, share.n, share.rate, low, high)
