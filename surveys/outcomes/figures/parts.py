"""What the figures share: headings, hashes, bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from scoring.proportions import wilson
from scoring.types import BoolArray, FloatArray, TextArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.bars import bar_chart
from surveys.outcomes.charts.forest import forest_chart
from surveys.outcomes.charts.marks import Bar, Estimate
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.drawing import Chart
from surveys.outcomes.look import Look
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Cell, Column, Table
from surveys.outcomes.words import timepoint_words


def headings(cohort: Cohort) -> dict[str, str]:
    """Every timepoint's name by its code."""
    return {timepoint.code: timepoint_words(timepoint) for timepoint in cohort.protocol.timepoints}


def arm_codes(cohort: Cohort) -> list[str]:
    """The protocol's arms in its order, which decides their colours."""
    return [arm.code for arm in cohort.protocol.arms]


def colour_of(cohort: Cohort, arm: str) -> int:
    """The place of an arm's colour."""
    return arm_codes(cohort).index(arm)


def told_number(cohort: Cohort, number: int) -> str:
    """How many, or that they are too few to be told to whoever reads the cohort."""
    few = 0 < number < cohort.filters.fewest
    return _("fewer than %(n)d", n=cohort.filters.fewest) if few else str(number)


def joined(parts: Sequence[str]) -> str:
    """SHA-256 of the parts."""
    return sha256("\n".join(parts).encode()).hexdigest()


def rate_bars(rates: Sequence[Rate], arms: Sequence[str]) -> list[Bar]:
    """A bar per rate under its timepoint, framed by what the missing could change."""
    return [
        Bar(
            rate.timepoint,
            rate.arm_label,
            rate.responders,
            rate.evaluable,
            arms.index(rate.arm),
            rate.interval,
            rate.envelope,
        )
        for rate in rates
    ]


def share_bar(under: str, label: str, k: int, n: int, colour: int) -> Bar:
    """A bar of k of n with its Wilson interval."""
    return Bar(under, label, k, n, colour, wilson(k, n))


def draw_bars(bars: Sequence[Bar], heads: Mapping[str, str], title: Sequence[str], width: int) -> Chart:
    """Draw bars."""
    return bar_chart(bars, heads, title, width=width)


def draw_forest(
    estimates: Sequence[Estimate],
    heads: Mapping[str, str],
    title: Sequence[str],
    options: Mapping[str, Any],
    width: int,
) -> Chart:
    """Draw estimates; ``options``: percent, line and domain of the chart."""
    return forest_chart(estimates, heads, title, width=width, **options)


def printed(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], look: Look, data_hash: str) -> Table:
    """A table whose file also names the rule, the moment and the data."""
    small = tuple(Column(code, code, shown=False) for code in ("rule", "data_as_of", "data_sha256"))
    told = (look.rule.text, look.cohort.now.isoformat(), data_hash)
    return Table((*columns, *small), tuple((*row, *told) for row in rows))


def arrays_hash(cohort: Cohort, chosen: BoolArray, *arrays: FloatArray | BoolArray | TextArray) -> str:
    """SHA-256 of the chosen episodes and what is known of each."""
    digest = sha256(cohort.keys[chosen].tobytes())
    for column in arrays:
        own = column[chosen]
        digest.update("\n".join(own.tolist()).encode() if own.dtype.kind == "U" else own.astype("<f8").tobytes())
    return digest.hexdigest()


def not_randomised() -> str:
    """The sentence that stands under every comparison."""
    return _("Arms are as recorded, not randomised: differences between them may have other reasons.")


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−")


def signed_percent(value: float) -> str:
    """A difference of fractions in percentage points."""
    return _("%(points)s points", points=signed(100 * value, 0))


def between(interval: tuple[float, float] | None, digits: int = 1, *, scale: float = 1) -> str:
    """The two ends of a difference's interval, signed; a dash where there is none."""
    if interval is None:
        return "–"
    low, high = interval
    return _("%(low)s to %(high)s", low=signed(scale * low, digits), high=signed(scale * high, digits))
