"""Numbers and rules in the words of a claim: always English, since a signed text is no translation."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import find_scale
from scoring.means import Mean
from scoring.responder import Rule
from scoring.two_arms import Proportion
from surveys.enrolment.fields import LABELS, label
from surveys.i18n import force_language

DASH = "–"
Interval = tuple[float, float]


def decimal(value: float | None, digits: int = 1) -> str:
    """A number with so many digits; never a negative zero.

    >>> decimal(-0.001, 1), decimal(None)
    ('0.0', '–')
    """
    if value is None:
        return DASH
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def percent(fraction: float | None, digits: int = 0) -> str:
    """A fraction as per cent: 67 %."""
    return DASH if fraction is None else f"{decimal(100 * fraction, digits)} %"


def span(interval: Interval | None, *, scale: float = 1, digits: int = 1) -> str:
    """An interval's two ends."""
    return DASH if interval is None else " to ".join(decimal(scale * end, digits) for end in interval)


def rate(share: Proportion) -> str:
    """A rate as it is printed: 26/39 (67 %, 95 % interval 51 to 79 %)."""
    if not share.n:
        return "0/0 (nobody can be judged)"
    limits = span(share.wilson, scale=100, digits=0)
    return f"{share.responders}/{share.n} ({percent(share.rate)}, 95 % interval {limits} %)"


def mean(found: Mean, digits: int = 1) -> str:
    """A mean as it is printed: 29.9 (95 % interval 26.1 to 33.7, n = 38)."""
    if found.mean is None:
        return "none (n = 0)"
    limits = f"95 % interval {span(found.interval, digits=digits)}, " if found.interval else ""
    return f"{decimal(found.mean, digits)} ({limits}n = {found.n})"


def rule(judged: Rule) -> str:
    """A rule as the end of a sentence: improved by 10 points or more on the Oswestry Disability Index."""
    amount = f"{abs(judged.amount).normalize():f}" + (" % of the baseline" if judged.percent else " points")
    verb = "worsened" if judged.worsening else "improved"
    size = f"by {amount} or more" if judged.operator in (">=", "<=") else f"by more than {amount}"
    named = f" ({judged.value_set})" if judged.value_set else ""
    floor = "" if judged.minimum_baseline is None else f", from a baseline of {judged.minimum_baseline} or more"
    return f"{verb} {size} on {find_scale(judged.scale).label}{named}{floor}"


def code(text: str) -> str:
    """A code of a patient's record in its English words: sacroiliac joint."""
    with force_language("en"):
        return str(label(text)).lower() if text in LABELS else text.replace("_", " ")


def listed(parts: Sequence[str], last: str = "and") -> str:
    """One, two and three."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def p_value(p: float | None) -> str:
    """A p value with three digits."""
    return DASH if p is None else "below 0.001" if p < 0.001 else decimal(p, 3)
