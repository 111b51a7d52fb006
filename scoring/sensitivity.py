"""How much a responder rate owes to its threshold and to proration."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scoring.errors import ScoringError
from scoring.instrument import find_instrument, find_scale
from scoring.odi import odi
from scoring.presets import Preset, presets
from scoring.responder import Rule
from scoring.two_arms import Proportion
from scoring.types import FloatArray
from scoring.verdict import Reason, ResponderResult


@dataclass(frozen=True, slots=True)
class PresetRow:
    """One cohort under one preset; the not evaluable beside the rate, each reason apart."""

    preset: Preset
    proportion: Proportion
    no_baseline: int
    unattainable: int
    no_follow_up: int


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """The rate of ``scale change >= amount`` over amounts, all of shape (k,), as fractions.

    ``n``: evaluable at each amount: patients whose baseline leaves no room for it drop out, so n can fall.
    ``low`` and ``high``: pointwise Wilson 95 % limits, not a band for the whole curve. NaN where n is 0.
    """

    scale: str
    amount: FloatArray
    n: FloatArray
    rate: FloatArray
    low: FloatArray
    high: FloatArray


def preset_table(
    scale: str, baseline: FloatArray, follow_up: FloatArray, value_set: str | None = None
) -> tuple[PresetRow, ...]:
    """The same n patients under every published threshold of a scale, missing follow-up left out.

    Scores of shape (n,), NaN where missing. Raises ScoringError where nothing is published for the scale.
    """
    found = presets(scale, value_set)
    if not found:
        raise ScoringError(f"No threshold is published for {scale}, so there is nothing to compare.")
    return tuple(_row(preset, preset.rule.classify(baseline, follow_up)) for preset in found)


def threshold_curve(
    scale: str, baseline: FloatArray, follow_up: FloatArray, amounts: Sequence[Decimal], value_set: str | None = None
) -> ThresholdCurve:
    """The rate at each amount, with its Wilson band; scores of shape (n,), NaN where missing."""
    rules = [Rule(scale, ">=", amount, value_set=value_set) for amount in amounts]
    found = [_proportion(rule.classify(baseline, follow_up)) for rule in rules]
    limits = np.array([each.wilson or (np.nan, np.nan) for each in found], dtype=np.float64).reshape(-1, 2)
    return ThresholdCurve(
        scale,
        amount=np.array([float(amount) for amount in amounts]),
        n=np.array([float(each.n) for each in found]),
        rate=np.array([np.nan if each.rate is None else each.rate for each in found]),
        low=limits[:, 0],
        high=limits[:, 1],
    )


def common_sections(baseline: FloatArray, follow_up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """ODI at two visits from the sections answered at both, so that proration cannot pose as change.

    Levels of shape (n, 10), 0 to 5, NaN where unanswered. Returns two scores of shape (n,), 0 to 100 %. A visit
    that has no score of its own, more sections missing than the instrument allows, leaves both NaN.
    """
    if baseline.shape != follow_up.shape:
        raise ScoringError(f"Two visits of the same patients are needed, found {baseline.shape} and {follow_up.shape}.")
    allowed = find_instrument("odi").max_missing
    scored = np.isfinite(odi(baseline, max_missing=allowed)) & np.isfinite(odi(follow_up, max_missing=allowed))
    common = np.isfinite(baseline) & np.isfinite(follow_up) & scored[:, None]
    first, second = (np.where(common, levels, np.nan) for levels in (baseline, follow_up))
    return odi(first, max_missing=2 * allowed), odi(second, max_missing=2 * allowed)


def amounts_up_to(scale: str, largest: Decimal, step: Decimal) -> list[Decimal]:
    """Amounts step, 2 step, … up to ``largest``, which lies within the scale."""
    found = find_scale(scale)
    if not 0 < step <= largest <= Decimal(repr(found.maximum - found.minimum)):
        raise ScoringError(f"Amounts of {scale} lie above 0 and up to {found.maximum - found.minimum:g}.")
    return [step * count for count in range(1, int(largest / step) + 1)]


def _row(preset: Preset, result: ResponderResult) -> PresetRow:
    reasons = (Reason.NO_BASELINE, Reason.UNATTAINABLE, Reason.NO_FOLLOW_UP)
    return PresetRow(preset, _proportion(result), *(result.count(reason) for reason in reasons))


def _proportion(result: ResponderResult) -> Proportion:
    return Proportion(result.responders, result.evaluable)
