"""Timepoints, windows and numbers in words."""

from __future__ import annotations

from scoring.instrument import Scale, find_scale
from scoring.responder import Rule
from scoring.value_sets import find_value_set
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.protocols.model import Timepoint

WEEKS_PER_MONTH = 365.25 / 12 / 7


def timepoint_words(timepoint: Timepoint) -> str:
    """A timepoint's name as a reader says it."""
    if timepoint.months:
        years, rest = divmod(timepoint.months, 12)
        if years > 1 and not rest:
            return _("%(years)d years", years=years)
        return ngettext("%(num)d month", "%(num)d months", timepoint.months)
    if timepoint.weeks:
        return ngettext("%(num)d week", "%(num)d weeks", timepoint.weeks)
    return _("Baseline")


def months_of(timepoint: Timepoint) -> float:
    """Months from the index date; the baseline stands at 0."""
    return (timepoint.months or 0) + (timepoint.weeks or 0) / WEEKS_PER_MONTH


def window_words(timepoint: Timepoint) -> str:
    """The window in which an answer counts."""
    if timepoint.is_baseline:
        return _("before the first treatment")
    return _(
        "%(when)s after the index date, from %(before)d days before to %(after)d days after",
        when=timepoint_words(timepoint),
        before=timepoint.opens_days_before,
        after=timepoint.closes_days_after,
    )


def digits_of(scale: Scale) -> int:
    """Decimals with which the scale's means are printed: three for an index, one for points."""
    return 3 if scale.maximum - scale.minimum <= 2 else 1


def change_unit(scale: Scale) -> str:
    """What a change is counted in: of a scale in per cent points, for per cent would be read as a share of baseline."""
    return _("points") if scale.unit == "%" else scale.unit


def percent(fraction: float | None) -> str:
    """A fraction as whole per cent, or a dash."""
    return "–" if fraction is None else f"{100 * fraction:.0f} %"


def interval_words(interval: tuple[float, float] | None, *, scale: float = 100, digits: int = 0) -> str:
    """An interval's two ends, or a dash."""
    if interval is None:
        return "–"
    low, high = interval
    return f"{scale * low:.{digits}f} to {scale * high:.{digits}f}"


def rule_words(rule: Rule) -> str:
    """A rule as a sentence part, operator included: ODI improved by 10 points or more."""
    scale = find_scale(rule.scale)
    amount = f"{abs(rule.amount):f}".rstrip("0").rstrip(".") if "." in f"{rule.amount:f}" else f"{abs(rule.amount):f}"
    unit = _("% of baseline") if rule.percent else _("points")
    words = {
        ">=": _("%(scale)s improved by %(amount)s %(unit)s or more", scale=scale.label, amount=amount, unit=unit),
        ">": _("%(scale)s improved by more than %(amount)s %(unit)s", scale=scale.label, amount=amount, unit=unit),
        "<=": _("%(scale)s worsened by %(amount)s %(unit)s or more", scale=scale.label, amount=amount, unit=unit),
        "<": _("%(scale)s worsened by more than %(amount)s %(unit)s", scale=scale.label, amount=amount, unit=unit),
    }
    return words[rule.operator] + (f" ({rule.value_set})" if rule.value_set else "")


def value_set_words(value_set: str | None) -> str:
    """A sentence on what speaks against a value set, to follow another; empty where nothing does."""
    caution = find_value_set(value_set, force=True).caution if value_set else ""
    return " " + _("Value set %(id)s: %(caution)s", id=value_set, caution=caution) if caution else ""
