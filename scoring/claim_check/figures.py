"""Percentages that cannot be, counts that contradict them, and intervals that can be computed."""

from collections.abc import Iterator
from decimal import Decimal

from scoring.claim_check.arithmetic import counts, cut_counts, fits, neighbours, possible_sizes
from scoring.claim_check.findings import ABSENT, IMPOSSIBLE, NOTE, Finding
from scoring.claim_check.statement import Share, Statement
from scoring.proportions import wilson

EVERYBODY = Decimal(100)


def figures(statement: Statement) -> Iterator[Finding]:
    """Look at each percentage by itself, against its own count or every group size that is given."""
    for share in statement.shares:
        if share.percent > EVERYBODY:
            yield Finding("over_100", IMPOSSIBLE, {"percent": str(share.percent)})
        elif share.of is not None:
            yield from _counted(share)
        elif not _is_mean(statement):
            yield from _against(share, statement.sizes)
    yield from _interval(statement)
    yield from _span(statement)


def _is_mean(statement: Statement) -> bool:
    """Whether the percentages are how much less, not how many: no count has to fit those."""
    return "stated_improvement" in statement.measures


def _counted(share: Share) -> Iterator[Finding]:
    count, of = share.count or 0, share.of or 0
    values = {"count": str(count), "n": str(of), "percent": str(share.percent)}
    if of < 1 or count > of or not fits(share.percent, count, of):
        exact = f"{100 * count / of:.1f}" if of else "–"
        yield Finding("count_contradicts", IMPOSSIBLE, values | {"exact": exact})
    elif interval := wilson(count, of):
        low, high = (f"{100 * end:.0f}" for end in interval)
        yield Finding("wilson", NOTE, values | {"low": low, "high": high})


def _against(share: Share, sizes: tuple[int, ...]) -> Iterator[Finding]:
    for of in dict.fromkeys(size for size in sizes if size > 0):
        if not counts(share.percent, of):
            yield _impossible(share.percent, of)
            yield from _cut(share.percent, of)


def _impossible(percent: Decimal, of: int) -> Finding:
    (low, low_percent), (high, high_percent) = neighbours(percent, of)
    fitting = ", ".join(f"{count}/{size}" for count, size in possible_sizes(percent, of)) or "–"
    values = {"low": low, "low_percent": low_percent, "high": high, "high_percent": high_percent}
    shown = {name: str(value) for name, value in values.items()}
    return Finding("impossible", IMPOSSIBLE, shown | {"percent": str(percent), "n": str(of), "fitting": fitting})


def _cut(percent: Decimal, of: int) -> Iterator[Finding]:
    for count in cut_counts(percent, of):
        exact = f"{100 * count / of:.2f}"
        yield Finding("only_cut", NOTE, {"percent": str(percent), "n": str(of), "count": str(count), "exact": exact})


def _interval(statement: Statement) -> Iterator[Finding]:
    if statement.interval and statement.shares:
        low, high = statement.interval
        percent = statement.shares[-1].percent
        if not any(low <= share.percent <= high for share in statement.shares):
            values = {"low": str(low), "high": str(high), "percent": str(percent)}
            yield Finding("interval_misses", IMPOSSIBLE, values)


def _span(statement: Statement) -> Iterator[Finding]:
    """Two percentages for one thing: neither two arms, nor two times, nor two counts."""
    several = statement.arms or len(statement.times) > 1 or any(share.of for share in statement.shares)
    if len(statement.shares) == 2 and not several:
        low, high = (share.percent for share in statement.shares)
        yield Finding("span", ABSENT, {"low": str(low), "high": str(high)})
