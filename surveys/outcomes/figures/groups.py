"""Patients behind a figure's numbers, by arm: from any number of a drawing to the people it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from scoring.change import signed_change
from scoring.instrument import find_scale
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.figure import Group


def by_arm(cohort: Cohort, code: str, title: str, flags: BoolArray) -> tuple[Group, ...]:
    """Those for whom ``flags`` hold, parted by arm; ``code`` names them in addresses, ``title`` in words."""
    return tuple(
        Group(
            f"{code}-{arm}",
            _titled(cohort, title, arm),
            cohort,
            flags & cohort.in_arm(arm),
        )
        for arm in cohort.shown_arms()
    )


def each_by_arm(cohort: Cohort, parts: Mapping[str, tuple[str, BoolArray]]) -> tuple[Group, ...]:
    """Several such groups; ``parts``: title and flags by code."""
    return tuple(group for code, (title, flags) in parts.items() for group in by_arm(cohort, code, title, flags))


def told_by_arm(
    cohort: Cohort, alike: Cohort, parts: Mapping[str, tuple[str, Callable[[Cohort], BoolArray]]]
) -> tuple[Group, ...]:
    """The same, flagged only where somebody looks; until then counted in ``alike``, where those alike are one."""
    return tuple(
        Group(f"{code}-{arm}", _titled(cohort, title, arm), cohort, partial(_in_arm, who, arm), alike)
        for code, (title, who) in parts.items()
        for arm in cohort.shown_arms()
    )


def _in_arm(who: Callable[[Cohort], BoolArray], arm: str, cohort: Cohort) -> BoolArray:
    return who(cohort) & cohort.in_arm(arm)


def _titled(cohort: Cohort, title: str, arm: str) -> str:
    return _("%(what)s, %(arm)s", what=title, arm=cohort.protocol.arm(arm).label)


def directions(cohort: Cohort, key: Key, timepoint: str) -> dict[str, tuple[str, Callable[[Cohort], BoolArray]]]:
    """Who improved, stayed and got worse from the baseline to a timepoint; without both scores nobody did."""
    ways: dict[str, tuple[str, Callable[[FloatArray], BoolArray]]] = {
        "better": (_("Improved"), lambda change: change > 0),
        "same": (_("Unchanged"), lambda change: change == 0),
        "worse": (_("Worse"), lambda change: change < 0),
    }
    scale, baseline = find_scale(key[0]), cohort.baseline

    def moved(those: Cohort, way: Callable[[FloatArray], BoolArray]) -> BoolArray:
        before, after = (those.reading(code, key).value for code in (baseline, timepoint))
        return way(signed_change(scale, before, after))

    return {code: (title, partial(moved, way=way)) for code, (title, way) in ways.items()}
