"""Figures worked out a second time from the long export and nothing else, by formulas of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt

import polars as pl
from scipy import stats

SCALE = "nrs_active"
WORST = 10
MONTH = 365.25 / 12
Z = float(stats.norm.ppf(0.975))
Span = tuple[float, float]


@dataclass(frozen=True)
class Rule:
    """``amount`` points, or per cent of the baseline; ``worse``: looks for those who got worse by as much."""

    amount: int
    percent: bool = False
    strict: bool = False
    worse: bool = False
    least: int = 0  # baseline below which nobody is judged

    @property
    def text(self) -> str:
        sign = {(False, False): ">=", (False, True): ">", (True, False): "<=", (True, True): "<"}
        floor = f" with baseline >= {self.least}" if self.least else ""
        amount = f"{'-' if self.worse else ''}{self.amount}{'%' if self.percent else ''}"
        return f"{SCALE} change {sign[self.worse, self.strict]} {amount}{floor}"

    def met(self, before: int, after: int) -> bool:
        gain = Fraction(after - before if self.worse else before - after)
        wanted = Fraction(self.amount * before, 100) if self.percent else Fraction(self.amount)
        return gain > wanted if self.strict else gain >= wanted

    def judges(self, before: int) -> bool:
        """Whether anybody of this baseline could meet it at all."""
        if before < self.least or (self.percent and before == 0):
            return False
        return self.met(before, WORST if self.worse else 0)


class Cohort:
    """The chosen episodes of an export with the scores that count."""

    def __init__(self, sheets: Mapping[str, pl.DataFrame], chosen: pl.Expr, mode: str | None) -> None:
        self.people = sheets["episodes"].filter(chosen)
        own = sheets["results"].join(self.people.select("episode"), on="episode", how="semi")
        own = own.filter((pl.col("kind") == "score") & pl.col("value").is_not_null())
        self.forms = own.filter(pl.col("code") == "spine_operation")  # however and whenever it was asked
        timely = (pl.col("in_window") == 1) & ((pl.col("before_treatment") == 1) | (pl.col("timepoint") != "baseline"))
        counted = own.filter(timely & (pl.col("mode") != "proxy"))
        self.counted = counted.filter(pl.col("mode") == mode) if mode else counted

    def scores(self, timepoint: str) -> dict[str, int]:
        rows = self.counted.filter((pl.col("code") == SCALE) & (pl.col("timepoint") == timepoint))
        return {episode: int(value) for episode, value in rows.select("episode", "value").iter_rows()}

    def arm(self, code: str) -> list[str]:
        return self.people.filter(pl.col("arm") == code)["episode"].to_list()

    def pairs(self, arm: str, timepoint: str) -> list[tuple[int, int]]:
        before, after = self.scores("baseline"), self.scores(timepoint)
        return [(before[each], after[each]) for each in self.arm(arm) if each in before and each in after]

    def responders(self, rule: Rule, arm: str, timepoint: str) -> tuple[int, int]:
        judged = [pair for pair in self.pairs(arm, timepoint) if rule.judges(pair[0])]
        return sum(rule.met(*pair) for pair in judged), len(judged)

    def operations(self, arm: str) -> list[tuple[float, bool]]:
        """Months from the first treatment to an operation, or to the last form that asked after one."""
        found = []
        days = self.people.filter(pl.col("arm") == arm).select("episode", "surgery_day").iter_rows()
        for episode, recorded in days:
            own = self.forms.filter(pl.col("episode") == episode)
            told = own.filter((pl.col("value") == 1) & (pl.col("day") >= 0))["day"].to_list()  # of since the treatment
            event = min([*told, *([recorded] if recorded is not None else [])], default=None)
            day = event if event is not None else max(own["day"].to_list(), default=None)
            if day is not None and day >= 0:
                found.append((day / MONTH, event is not None))
        return found


def wilson(hits: int, n: int) -> Span | None:
    """Wilson, J Am Stat Assoc 1927;22:209-212."""
    if not n:
        return None
    share, spread = hits / n, Z * Z / n
    half = Z * sqrt(share * (1 - share) / n + spread / (4 * n))
    return (share + spread / 2 - half) / (1 + spread), (share + spread / 2 + half) / (1 + spread)


def newcombe(own: tuple[int, int], other: tuple[int, int]) -> Span | None:
    """Newcombe, Stat Med 1998;17:873-890, method 10."""
    first, second = wilson(*own), wilson(*other)
    if first is None or second is None:
        return None
    one, two = own[0] / own[1], other[0] / other[1]
    low = one - two - sqrt((one - first[0]) ** 2 + (second[1] - two) ** 2)
    return low, one - two + sqrt((first[1] - one) ** 2 + (two - second[0]) ** 2)


def moments(values: list[int]) -> tuple[float, float]:
    """Mean and variance with n - 1."""
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def t_interval(values: list[int]) -> Span | None:
    """Student's, of a mean."""
    if len(values) < 2:
        return None
    mean, variance = moments(values)
    half = float(stats.t.ppf(0.975, len(values) - 1)) * sqrt(variance / len(values))
    return mean - half, mean + half


def welch(own: list[int], other: list[int]) -> tuple[float, float, float] | None:
    """Difference of means with Welch's interval; None where it cannot be estimated."""
    if min(len(own), len(other)) < 2:
        return None
    (one, first), (two, second) = moments(own), moments(other)
    parts = first / len(own), second / len(other)
    if not sum(parts):
        return None
    free = sum(parts) ** 2 / (parts[0] ** 2 / (len(own) - 1) + parts[1] ** 2 / (len(other) - 1))
    half = float(stats.t.ppf(0.975, free)) * sqrt(sum(parts))
    return one - two, one - two - half, one - two + half


def kaplan_meier(told: list[tuple[float, bool]], month: float) -> tuple[float, Span | None]:
    """Share without the event just after a month, with the log-log band (Kalbfleisch & Prentice 1980)."""
    share, spread = 1.0, 0.0
    for at in sorted({time for time, happened in told if happened and time <= month}):
        risk = sum(time >= at for time, _happened in told)
        fell = sum(time == at and happened for time, happened in told)
        share *= 1 - fell / risk
        spread += fell / (risk * (risk - fell)) if risk > fell else 0.0
    if not 0 < share < 1:
        return share, None
    width = Z * sqrt(spread) / log(share)
    return share, (share ** exp(-width), share ** exp(width))
