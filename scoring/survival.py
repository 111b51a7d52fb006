"""Time to an event: Kaplan–Meier curves with named intervals, the number at risk and the median."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from scoring.errors import ModelError
from scoring.proportions import upper_limit_zero, wilson
from scoring.types import BoolArray, FloatArray, IntArray

Interval = Literal["log-log", "greenwood"]

SURVIVAL_VERSION = "survival-1"
_SAME = 1e-9  # a product of fractions nearer to one half than this is one half


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Times of those whose events are known. ``rows``: which records they are; ``unknown``: how many are not."""

    time: FloatArray
    event: BoolArray
    rows: IntArray
    unknown: int


def follow_up(event_time: FloatArray, last_form: FloatArray) -> FollowUp:
    """Turn n records into follow-up times, censored at the last completed events form.

    ``event_time``: when the event happened, NaN where none is known. ``last_form``: when the events form was last
    completed, NaN where it never was. Both in the same unit since the first treatment. Whoever has neither was never
    asked: not asked is not "none", so they are left out and counted. An event counts whenever it was reported.
    """
    if event_time.shape != last_form.shape:
        raise ModelError("Event times and last forms are not of the same patients.")
    happened = np.isfinite(event_time)
    time = np.where(happened, event_time, last_form)
    known = np.isfinite(time)
    rows = np.flatnonzero(known)
    return FollowUp(time[known], happened[known], rows, int((~known).sum()))


@dataclass(frozen=True, slots=True)
class Step:
    """The curve from one event time on: ``at_risk`` just before it, ``events`` at it."""

    time: float
    at_risk: int
    events: int
    survival: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Survival:
    """Share without the event by a time, 0 to 1; ``at_risk``: still followed just before it.

    ``method`` names the interval. ``share``: n without the event of N with its Wilson interval, where nobody was
    censored before the time, so that the curve is a plain proportion. ``note``: what has to be said beside it.
    """

    time: float
    at_risk: int
    events: int
    survival: float | None
    interval: tuple[float, float] | None
    method: str
    share: tuple[int, int, tuple[float, float]] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Kaplan–Meier curve of n patients. ``steps``: one per event time, in order.

    ``median``: the time by which half had the event, nothing where fewer did; ``median_interval`` holds nothing
    on the side the curve's band never reaches.
    """

    n: int
    events: int
    level: float
    method: Interval
    steps: tuple[Step, ...]
    times: FloatArray
    event: BoolArray

    @property
    def label(self) -> str:
        """How the interval is called."""
        name = "log-log" if self.method == "log-log" else "Greenwood"
        return f"{name} {100 * self.level:g} %"

    @property
    def median(self) -> float | None:
        """Where the curve is exactly one half for a while, the middle of that while, as R's ``survfit`` has it."""
        return _crossing([step.time for step in self.steps], [step.survival for step in self.steps])

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """Brookmeyer & Crowley, Biometrics 1982;38:29-41: where the band's limits cross one half."""
        known = [step for step in self.steps if step.interval is not None]
        times = [step.time for step in known]
        lows = [step.interval[0] for step in known if step.interval]
        highs = [step.interval[1] for step in known if step.interval]
        return _crossing(times, lows), _crossing(times, highs)

    def at(self, time: float) -> Survival:
        """Read the curve at a time: the survival just after it, the number at risk just before it."""
        at_risk = int((self.times >= time).sum())
        events = int((self.event & (self.times <= time)).sum())
        censored = int((~self.event & (self.times < time)).sum())
        share = None if censored else _share(self.n - events, self.n, self.level)
        done = [step for step in self.steps if step.time <= time]
        if at_risk == 0 and not (done and done[-1].survival == 0):
            note = f"not estimable, because nobody was followed to {time:g}"
            return Survival(time, at_risk, events, None, None, self.label, note=note)
        if not done:
            return self._none_yet(time, at_risk, share)
        last = done[-1]
        note = "" if last.interval else "no interval, because everybody at risk had the event"
        return Survival(time, at_risk, events, last.survival, last.interval, self.label, share, note)

    def _none_yet(self, time: float, at_risk: int, share: tuple[int, int, tuple[float, float]] | None) -> Survival:
        """No event of those followed to the time: the upper limit of the events' share stands in the interval."""
        upper = upper_limit_zero(at_risk, self.level) or 1.0
        note = f"0 events of {at_risk} followed to {time:g}: up to {100 * upper:.1f} % may have had one"
        label = f"Wilson {100 * self.level:g} % of 0 events"
        return Survival(time, at_risk, 0, 1.0, (1 - upper, 1.0), label, share, note)


def _share(k: int, n: int, level: float) -> tuple[int, int, tuple[float, float]] | None:
    interval = wilson(k, n, level)
    return None if interval is None else (k, n, interval)


def _crossing(times: list[float], heights: list[float]) -> float | None:
    """First time at which a falling curve is one half or less; the middle of a flat stretch on one half."""
    for place, (time, height) in enumerate(zip(times, heights, strict=True)):
        if height < 0.5 - _SAME:
            return time
        if height <= 0.5 + _SAME:
            following = [later for later, under in zip(times, heights, strict=True) if under < 0.5 - _SAME]
            return (time + following[0]) / 2 if following else times[place]
    return None


def _check(time: FloatArray, event: BoolArray) -> None:
    if time.ndim != 1 or time.shape != event.shape:
        raise ModelError("Times and events are not of the same patients.")
    if not len(time):
        raise ModelError("There is nobody to follow: no patient has a time.")
    if not np.isfinite(time).all() or (time < 0).any():
        raise ModelError("A time is missing, infinite or negative. Times run from 0, the first treatment.")


def _limits(survival: float, spread: float, z: float, method: Interval) -> tuple[float, float] | None:
    """Interval of one step; ``spread``: Greenwood's sum, the variance of the logarithm of the survival."""
    if survival <= 0:
        return None
    if method == "greenwood":
        half = z * survival * spread**0.5
        return max(0.0, survival - half), min(1.0, survival + half)
    half = z * spread**0.5 / abs(np.log(survival))
    return float(survival ** np.exp(half)), float(survival ** np.exp(-half))


def kaplan_meier(time: FloatArray, event: BoolArray, *, interval: Interval = "log-log", level: float = 0.95) -> Curve:
    """Estimate the share without the event over time.

    ``time``: shape (n,), from 0, when the event happened or the follow-up ended; ``event``: shape (n,), whether it
    happened. Who is censored at a time is at risk at it. ``interval``: "log-log" (Kalbfleisch & Prentice, 1980) or
    "greenwood" (plain, cut at 0 and 1; Greenwood 1926). Raises ``ModelError`` on an empty cohort and on times that
    are missing or negative. Source: Kaplan & Meier, J Am Stat Assoc 1958;53:457-481.

    >>> curve = kaplan_meier(np.array([3.0, 8.0, 9.0, 12.0]), np.array([True, False, True, False]))
    >>> curve.at(9).survival
    0.375
    """
    _check(time, event)
    if interval not in ("log-log", "greenwood"):
        raise ModelError(f"There is no interval {interval!r}: it is log-log or greenwood.")
    z = float(ndtri((1 + level) / 2))
    steps = []
    survival, spread = 1.0, 0.0
    for at in np.unique(time[event]).tolist():
        risk, fell = int((time >= at).sum()), int((event & (time == at)).sum())
        survival *= (risk - fell) / risk
        spread += fell / (risk * (risk - fell)) if risk > fell else 0.0
        steps.append(Step(at, risk, fell, survival, _limits(survival, spread, z, interval)))
    return Curve(len(time), int(event.sum()), level, interval, tuple(steps), time, event)
