"""Numeric rating scales of pain, and whatever else is scored as it was answered."""

from collections.abc import Mapping

from scoring.instrument import Instrument
from scoring.types import FloatArray


def nrs(answers: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Each context is a scale of its own, 0 to 10, higher is worse; unanswered stays NaN."""
    return {f"nrs_{context}": values for context, values in answers.items()}


def as_answered(instrument: Instrument, answers: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The answer is the score: GPE, stated improvement, events, a recorded total.

    Items and scales stand in the same order; an item nobody asked yields no scale.
    """
    pairs = zip(instrument.items, instrument.scales, strict=True)
    return {scale.code: answers[item.code] for item, scale in pairs if item.code in answers}
