"""Change between two visits, signed so that positive is improvement."""

from scoring.errors import RuleError
from scoring.instrument import Scale
from scoring.types import FloatArray


def improvement_sign(scale: Scale) -> int:
    """1 where a higher score is better, -1 where it is worse; refused where neither end is better."""
    if scale.direction == "none":
        raise RuleError(f"{scale.code} has no better end, so it has no change.")
    return 1 if scale.direction == "higher_is_better" else -1


def signed_change(scale: Scale, baseline: FloatArray, follow_up: FloatArray) -> FloatArray:
    """Improvement from baseline to follow-up in the scale's unit; NaN where either is missing."""
    return improvement_sign(scale) * (follow_up - baseline)
