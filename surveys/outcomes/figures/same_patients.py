"""The rate of whoever was available at each visit beside that of the same patients throughout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from scoring.instrument import find_scale
from scoring.means import Mean, mean_interval
from scoring.two_arms import Proportion
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.difference import change_at
from surveys.outcomes.figures.parts import colour_of, draw_bars, headings, joined, printed
from surveys.outcomes.judging import NON_RESPONDER, RESPONDER
from surveys.outcomes.look import Look
from surveys.outcomes.rate import Rate
from surveys.outcomes.same import throughout, visits_up_to_focus
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import digits_of, rule_words, timepoint_words


@dataclass(frozen=True, slots=True)
class SameRow:
    """One arm at one visit; ``who``: available or same; ``change``: mean improvement of those judged, ``own``."""

    rate: Rate
    who: str
    share: Proportion
    change: Mean
    own: BoolArray


def same_figure(look: Look) -> Figure:
    """Both rates at every visit up to the look's timepoint."""
    rows, words, heads = same_rows(look), who_words(), headings(look.cohort)
    data_hash = joined([each.rate.data_hash for each in rows])
    bars = [_bar(look, row, words) for row in rows]
    return Figure(
        code="same-patients",
        title=_("Available patients and the same patients: %(rule)s", rule=rule_words(look.rule)),
        description=_("Rates by visit and arm, both ways; the values are in the table."),
        rule=_(
            "Available: whoever can be judged at that visit. The same: whoever has a score at every visit up to "
            "%(when)s. Where the two differ, those who left were not like those who stayed.",
            when=timepoint_words(look.focus),
        ),
        table=printed(
            _columns(digits_of(find_scale(look.rule.scale))),
            [_cells(row, words, heads) for row in rows],
            look,
            data_hash,
        ),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, heads, [_("Responders of those evaluable,"), _("with 95 % interval")])
        if bars
        else None,
        groups=tuple(_behind(row, words, heads) for row in rows),
    )


def who_words() -> dict[str, str]:
    """Which patients a row is of."""
    return {"available": _("available then"), "same": _("the same patients")}


def same_rows(look: Look) -> list[SameRow]:
    """Two rows per visit and arm at which anybody can be judged."""
    visits, kept = {point.code for point in visits_up_to_focus(look)}, throughout(look)
    found = []
    for rate in look.rates:
        if rate.timepoint in visits and rate.evaluable:
            judged = {
                group: rate.members.judged.chosen & (rate.members.judged.groups == group)
                for group in (RESPONDER, NON_RESPONDER)
            }
            found.append(_row(look, rate, "available", judged))
            found.append(_row(look, rate, "same", {group: flags & kept for group, flags in judged.items()}))
    return found


def _row(look: Look, rate: Rate, who: str, judged: dict[str, BoolArray]) -> SameRow:
    own: BoolArray = judged[RESPONDER] | judged[NON_RESPONDER]
    share = Proportion(int(judged[RESPONDER].sum()), int(own.sum()))
    return SameRow(rate, who, share, mean_interval(change_at(look, rate.timepoint)[own]), own)


def _bar(look: Look, row: SameRow, words: dict[str, str]) -> Bar:
    label, colour = f"{row.rate.arm_label}, {words[row.who]}", colour_of(look.cohort, row.rate.arm)
    return Bar(row.rate.timepoint, label, row.share.responders, row.share.n, colour, row.share.wilson)


def _behind(row: SameRow, words: dict[str, str], heads: dict[str, str]) -> Group:
    title = f"{heads[row.rate.timepoint]}, {row.rate.arm_label}, {words[row.who]}"
    return Group(f"{row.rate.timepoint}-{row.rate.arm}-{row.who}", title, row.rate.members.cohort, row.own)


def _columns(digits: int) -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("who", _("Patients"), shown=False),
        Column("who_words", _("Patients")),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("rate", _("Rate"), percent=True),
        *ends(percent=True),
        Column("mean_change", _("Mean improvement"), digits=digits),
        *ends("change", digits=digits),
    )


def _cells(row: SameRow, words: dict[str, str], heads: dict[str, str]) -> tuple[Cell, ...]:
    named = (row.rate.timepoint, heads[row.rate.timepoint], row.rate.arm, row.rate.arm_label, row.who, words[row.who])
    shares = (row.share.responders, row.share.n, row.share.rate, *(row.share.wilson or (None, None)))
    return (*named, *shares, row.change.mean, *(row.change.interval or (None, None)))
