"""Rates within subgroups, the arms against each other, and the test of whether subgroups differ."""

from __future__ import annotations

from functools import partial

from scoring.two_arms import Proportion
from surveys.enrolment.fields import label
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar, Estimate
from surveys.outcomes.common_columns import ends
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import each_by_arm
from surveys.outcomes.figures.parts import (
    between,
    colour_of,
    draw_bars,
    draw_forest,
    not_randomised,
    printed,
    signed_percent,
)
from surveys.outcomes.figures.scores import Judged, judged
from surveys.outcomes.figures.subgroup_rows import SubgroupRow, levels_of, subgroup_rows
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words, timepoint_words


def subgroups_figure(look: Look) -> Figure:
    """Every subgroup of every variable that is known of anybody; exploratory, and said so."""
    found = judged(look)
    rows, heads = subgroup_rows(look, found), variable_words()
    told = not_randomised() if look.treated else _("One arm only: rates by subgroup, and nothing to compare.")
    return Figure(
        code="subgroups",
        title=_("Subgroups at %(when)s: %(rule)s", when=timepoint_words(look.focus), rule=rule_words(look.rule)),
        description=_("Each subgroup with its interval; the values and the interaction tests are in the table."),
        rule=_(
            "Complete cases. Subgroups are exploratory: read the interaction test, not the intervals side by side, and "
            "expect a false finding among many."
        )
        + " "
        + told,
        table=printed(_columns(look), [_cells(look, row, heads) for row in rows], look, found.data_hash),
        as_of=look.cohort.now,
        data_hash=found.data_hash,
        chart=_chart(look, rows, heads),
        groups=_behind(look, found, rows, heads),
        why_not="" if rows else _("Nothing is recorded that would tell patients apart."),
    )


def _behind(look: Look, found: Judged, rows: list[SubgroupRow], heads: dict[str, str]) -> tuple[Group, ...]:
    """Who can be judged in each subgroup that is shown, and who of them responded."""
    levels = levels_of(look)
    groups: list[Group] = []
    for at, row in enumerate((row for row in rows if not row.hidden), start=1):
        own = levels[row.variable] == row.level
        title = f"{heads[row.variable]}, {level_words(row.variable, row.level)}"
        counted = {f"evaluable-{at}": (title, own & found.evaluable)}
        counted[f"responders-{at}"] = (_("%(group)s: responders", group=title), own & found.responded)
        groups += each_by_arm(look.cohort, counted)
    return tuple(groups)


def variable_words() -> dict[str, str]:
    """Each variable as a heading."""
    return {
        "pain_generator": _("Pain generator"),
        "diagnosis": _("Diagnosis, ICD-10"),
        "sex": _("Sex"),
        "age": _("Age at enrolment, years"),
        "bmi": _("Body mass index"),
        "opioid_use": _("Opioids at enrolment"),
        "smoking": _("Smoking at enrolment"),
    }


def level_words(variable: str, level: str) -> str:
    """A level as the page prints it."""
    if variable in ("age", "bmi"):
        return level.partition(": ")[2]
    words = {"yes": _("yes"), "no": _("no"), "female": _("women"), "male": _("men"), "other": _("another sex")}
    return label(level) if variable == "pain_generator" else words.get(level, level)


def _chart(look: Look, rows: list[SubgroupRow], heads: dict[str, str]) -> partial[Chart] | None:
    if look.treated:
        drawn = [each for row in rows for each in _estimate(row)]
        title = [_("Difference in rates, percentage points")]
        title.append(_("%(arm)s minus the reference", arm=look.treated[0].label))
        return partial(draw_forest, drawn, heads, title, {"percent": True, "line": 0.0}) if drawn else None
    bars = [bar for row in rows for bar in _bars(look, row)]
    return partial(draw_bars, bars, heads, [_("Responders, with 95 % interval")]) if bars else None


def _estimate(row: SubgroupRow) -> list[Estimate]:
    found = row.compared
    if found is None or found.risk_difference is None:
        return []
    counts = f"{found.treated.responders}/{found.treated.n}, {found.reference.responders}/{found.reference.n}"
    words = f"{counts}: {signed_percent(found.risk_difference)} ({between(found.newcombe, 0, scale=100)})"
    name = level_words(row.variable, row.level)
    return [Estimate(row.variable, name, found.risk_difference, found.newcombe, words)]


def _bars(look: Look, row: SubgroupRow) -> list[Bar]:
    name = level_words(row.variable, row.level)
    return [
        Bar(row.variable, name, share.responders, share.n, colour_of(look.cohort, arm), share.wilson)
        for arm, share in row.shares.items()
        if share.n
    ]


def _columns(look: Look) -> tuple[Column, ...]:
    arms = [look.protocol.arm(code) for code in look.arms]
    counts = [
        column
        for arm in arms
        for column in (
            Column(f"responders_{arm.code}", _("%(arm)s: responders", arm=arm.label)),
            Column(f"evaluable_{arm.code}", _("of")),
            Column(f"rate_{arm.code}", _("Rate"), percent=True),
        )
    ]
    return (
        Column("variable", _("Variable"), shown=False),
        Column("variable_words", _("Variable")),
        Column("level", _("Subgroup"), shown=False),
        Column("level_words", _("Subgroup")),
        *counts,
        Column("risk_difference", _("Difference"), percent=True),
        *ends(percent=True),
        Column("interaction_p", _("p of the interaction"), digits=3),
        Column("note", _("Note")),
    )


def _cells(look: Look, row: SubgroupRow, heads: dict[str, str]) -> tuple[Cell, ...]:
    named = (row.variable, heads[row.variable], row.level, level_words(row.variable, row.level))
    if row.hidden:
        nothing = [None] * (3 * len(look.arms) + 4)
        return (*named, *nothing, _("fewer than 5 patients: not shown"))
    counts = [cell for arm in look.arms for cell in _three(row.shares[arm])]
    low, high = (row.compared.newcombe if row.compared else None) or (None, None)
    difference = row.compared.risk_difference if row.compared else None
    tested = (row.interaction.p, row.interaction.note) if row.interaction else (None, "")
    return (*named, *counts, difference, low, high, *tested)


def _three(share: Proportion) -> tuple[Cell, ...]:
    return share.responders, share.n, share.rate
