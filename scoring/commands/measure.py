"""Which scale a column holds, and which of its ends is better."""

from dataclasses import dataclass

from scoring.change import improvement_sign
from scoring.errors import ScoringError
from scoring.instrument import Scale, find_scale, load_scales
from scoring.mcid.cohort import Sign


@dataclass(frozen=True, slots=True)
class Measure:
    """``scale``: None where the column is none of ours. ``sign``: 1 where higher is better, -1 where it is worse."""

    scale: Scale | None
    sign: Sign


def find_measure(code: str | None, column: str, direction: str | None) -> Measure:
    """Settle scale and direction: by name, or as ``odi_baseline`` begins with ``odi``. Nothing is assumed."""
    scale = find_scale(code) if code else named_in(column)
    if scale is None:
        sign = _sign(direction) or _family_sign(column)
        if sign is None:
            raise ScoringError(
                f"The name {column!r} tells no scale. Say --scale CODE, or --direction higher_is_worse or "
                "higher_is_better."
            )
        return Measure(None, sign)
    own: Sign = 1 if improvement_sign(scale) > 0 else -1
    if _sign(direction) not in (None, own):
        raise ScoringError(f"{scale.code} has its direction already: {scale.direction}.")
    return Measure(scale, own)


def _sign(direction: str | None) -> Sign | None:
    if direction is None:
        return None
    return 1 if direction == "higher_is_better" else -1


def named_in(column: str) -> Scale | None:
    """Scale a column is named by: ``odi``, ``odi_baseline``; None where it tells none."""
    fitting = [code for code in load_scales() if f"{column}_".startswith(f"{code}_")]
    return load_scales()[max(fitting, key=len)] if fitting else None


def _family_sign(column: str) -> Sign | None:
    """Direction of ``nrs_baseline``: that of all scales whose codes begin with ``nrs_``, where they agree."""
    family = column.partition("_")[0]
    directions = {scale.direction for code, scale in load_scales().items() if code.startswith(f"{family}_")}
    return _sign(directions.pop()) if len(directions) == 1 and directions != {"none"} else None
