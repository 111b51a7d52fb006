"""Events over the time in which they could have happened."""

from dataclasses import dataclass

from scipy.special import gammaincinv

from scoring.errors import ScoringError


@dataclass(frozen=True, slots=True)
class EventRate:
    """``events`` in ``time`` of observation; ``rate`` per unit of time with its exact 95 % interval, or None."""

    events: int
    time: float
    rate: float | None
    interval: tuple[float, float] | None


def event_rate(events: int, time: float, level: float = 0.95) -> EventRate:
    """Rate of events that may come more than once to a patient; no event still has an upper limit.

    ``time``: 0 or above, in the unit that the rate is per; 0 gives no rate. The interval takes events as independent
    (Poisson). Source: Garwood, Biometrika 1936;28:437-442.

    >>> low, high = event_rate(10, 1.0).interval
    >>> round(low, 3), round(high, 3)
    (4.795, 18.39)
    """
    if events < 0 or not 0 <= time < float("inf"):
        raise ScoringError(f"{events} events in {time:g} is no rate.")
    if not time:
        return EventRate(events, time, None, None)
    tail = (1 - level) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    high = float(gammaincinv(events + 1, 1 - tail))
    return EventRate(events, time, events / time, (low / time, high / time))
