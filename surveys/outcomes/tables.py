"""The figures' tables: columns of the page and of the file, from the same objects that are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.i18n import gettext as _
from surveys.outcomes.common_columns import ends, of_arm, of_place
from surveys.outcomes.distribution import Step
from surveys.outcomes.funnel import FunnelRow
from surveys.outcomes.judging import REASONS
from surveys.outcomes.means import MeanPoint
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Cell, Column, Table

COUNTS = ("enrolled", "not_yet_due", "died", "expected", "withdrawn", "answered", "late", "early")


def rates_table(rates: Sequence[Rate], headings: Mapping[str, str]) -> Table:
    """One row per rate with every denominator; the file also names rule, window, population and data."""
    return Table(_rate_columns(), tuple(_rate_row(rate, headings) for rate in rates))


def reason_words() -> dict[str, str]:
    """Why somebody cannot be judged, in words, by code."""
    return {
        "no_baseline": _("No baseline"),
        "below_minimum_baseline": _("Baseline too low"),
        "unattainable": _("Cannot be reached"),
        "no_follow_up": _("No answer"),
        "late": _("Answered late"),
        "proxy": _("Proxy"),
        "not_scorable": _("Not scorable"),
    }


def _rate_columns() -> tuple[Column, ...]:
    reasons = reason_words()
    counts = {
        "enrolled": _("Enrolled"),
        "not_yet_due": _("Not yet due"),
        "died": _("Died"),
        "expected": _("Expected"),
        "withdrawn": _("of these withdrawn"),
        "answered": _("Answered in window"),
        "late": _("Late"),
        "early": _("Answered, window open"),
    }
    return (
        *of_place(),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("rate", _("Rate"), percent=True),
        *ends("wilson", percent=True),
        Column("completeness", _("Completeness"), percent=True),
        Column("operated", _("Operated")),
        Column("composite_responders", _("Operation as no response: responders")),
        Column("composite_evaluable", _("of")),
        Column("composite_rate", _("Rate"), percent=True),
        *(Column(code, counts[code]) for code in COUNTS),
        *(Column(f"not_evaluable_{code}", reasons[code]) for code in REASONS),
        *(Column(code, code, shown=False) for code in _SMALL_PRINT),
    )


_SMALL_PRINT = ("rule", "window", "population", "missing_data", "events", "data_as_of", "data_sha256")


def _rate_row(rate: Rate, headings: Mapping[str, str]) -> tuple[Cell, ...]:
    low, high = rate.interval or (None, None)
    named = (rate.timepoint, headings[rate.timepoint], rate.arm, rate.arm_label)
    figures = (rate.responders, rate.evaluable, rate.rate, low, high, rate.completeness)
    told = rate.composite
    composite = (told.operated, told.responders, told.evaluable, told.rate) if told else (None,) * 4
    counts = tuple(getattr(rate.counts, code) for code in COUNTS)
    reasons = tuple(number for _reason, number in rate.not_evaluable)
    meaning = (rate.rule, rate.window, rate.population, rate.missing, rate.events)
    return (*named, *figures, *composite, *counts, *reasons, *meaning, rate.as_of.isoformat(), rate.data_hash)


def means_table(points: Sequence[MeanPoint], headings: Mapping[str, str], digits: int = 1) -> Table:
    """One row per arm and timepoint; ``digits``: decimals on the page."""
    columns = (
        Column("timepoint", _("Timepoint"), shown=False),
        Column("when", _("Timepoint")),
        Column("months", _("Months"), digits=1),
        *of_arm(),
        Column("n", _("n")),
        Column("mean", _("Mean"), digits=digits),
        Column("sd", _("SD"), digits=digits),
        *ends(digits=digits),
    )
    return Table(columns, tuple(_mean_row(point, headings) for point in points))


def _mean_row(point: MeanPoint, headings: Mapping[str, str]) -> tuple[Cell, ...]:
    low, high = point.mean.interval or (None, None)
    named = (point.timepoint, headings[point.timepoint], point.months, point.arm, point.arm_label)
    return (*named, point.mean.n, point.mean.mean, point.mean.sd, low, high)


def steps_table(steps: Sequence[Step], digits: int = 1) -> Table:
    """One row per arm and observed change."""
    columns = (
        *of_arm(),
        Column("change", _("Improved by at least"), digits=digits),
        Column("reached", _("Patients")),
        Column("n", _("of")),
        Column("share", _("Share"), percent=True),
    )
    return Table(columns, tuple((s.arm, s.arm_label, s.change, s.reached, s.n, s.share) for s in steps))


def funnel_table(rows: Sequence[FunnelRow], headings: Mapping[str, str]) -> Table:
    """One row per arm and timepoint."""
    columns = (
        *of_place(),
        Column("expected", _("Expected")),
        Column("sent", _("Sent")),
        Column("opened", _("Opened")),
        Column("started", _("Started")),
        Column("finished", _("Finished in window")),
        Column("late", _("Late")),
        Column("declined", _("No more reminders")),
        Column("withdrawn", _("Withdrawn")),
        Column("started_only", _("Started, not finished")),
        Column("opened_only", _("Opened, not started")),
        Column("sent_only", _("Sent, not opened")),
        Column("not_sent", _("Not sent")),
    )
    return Table(columns, tuple(_funnel_row(row, headings) for row in rows))


def _funnel_row(row: FunnelRow, headings: Mapping[str, str]) -> tuple[Cell, ...]:
    named = (row.timepoint, headings[row.timepoint], row.arm, row.arm_label)
    reached = (row.expected, row.sent, row.opened, row.started, row.finished, row.late)
    return (*named, *reached, row.declined, row.withdrawn, *row.furthest[2:])
