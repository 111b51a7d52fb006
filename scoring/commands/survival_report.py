"""Survival curves as a report."""

from collections.abc import Mapping, Sequence

from scoring.commands.report import Report, Section
from scoring.log_rank import LogRank
from scoring.survival import Curve, Survival


def survival_report(curves: Mapping[str, Curve], test: LogRank, times: Sequence[float], unknown: int) -> Report:
    """Print each arm at the times asked for, with the numbers at risk, the medians and the test."""
    document = {
        "interval": next(iter(curves.values())).label,
        "arms": {name: _arm(curve, times) for name, curve in curves.items()},
        "not_asked": unknown,
        "log_rank": {"chi2": test.chi2, "df": test.df, "p": test.p, "note": test.note},
    }
    return Report(document, _sections(curves, test, times, unknown))


def _key(time: float) -> str:
    return f"{time:g}"


def _wilson(found: Survival) -> tuple[float, float] | None:
    return found.share[2] if found.share else None


def _at(found: Survival) -> dict[str, object]:
    return {
        "n_risk": found.at_risk,
        "events": found.events,
        "survival": found.survival,
        "ci": found.interval,
        "ci_method": found.method if found.interval else None,
        "wilson": _wilson(found),
        "note": found.note,
    }


def _arm(curve: Curve, times: Sequence[float]) -> dict[str, object]:
    return {
        "n": curve.n,
        "events": curve.events,
        "median": curve.median,
        "median_ci": curve.median_interval,
        **{_key(time): _at(curve.at(time)) for time in times},
    }


def _sections(curves: Mapping[str, Curve], test: LogRank, times: Sequence[float], unknown: int) -> list[Section]:
    shares = [{"arm": name, "time": time, **_at(curve.at(time))} for name, curve in curves.items() for time in times]
    medians = [
        {
            "arm": name,
            "n": curve.n,
            "events": curve.events,
            "median time": curve.median,
            "ci": curve.median_interval,
            "expected events": test.expected[name],
        }
        for name, curve in curves.items()
    ]
    notes = [
        f"Kaplan–Meier; n_risk is counted just before the time. Never asked, left out: {unknown}.",
        "wilson: interval of the plain share, where nobody's follow-up ended before the time.",
    ]
    return [
        Section("Share without the event", shares, notes),
        Section("Arms", medians),
        Section("Log-rank test", [{"chi2": test.chi2, "df": test.df, "p": test.p, "note": test.note}]),
    ]
