"""No figure for readers outside the clinics, and no two of them together, tell of one to nine patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import combinations, product
from random import Random

import numpy as np
import pytest
from flask import Flask

from scoring.responder import Rule
from surveys.db import uuid7
from surveys.outcomes.cohort import Cohort, Key, Reading, Standing
from surveys.outcomes.facts import unknown
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.dose import dose_figure
from surveys.outcomes.figures.rates import rates_figure
from surveys.outcomes.figures.survival import survival_figure
from surveys.outcomes.filters import Filters
from surveys.outcomes.look import Look
from surveys.outcomes.notices import notices
from surveys.outcomes.rate import rate_of
from surveys.outcomes.registry.choices import KINDS, Cells, open_arms, refused
from surveys.outcomes.registry.narrowing import narrowed
from surveys.outcomes.registry.pooling import Part, left_out, together
from surveys.outcomes.registry.screening import screened
from surveys.outcomes.registry.telling import OTHERS, may_be_said
from surveys.outcomes.table import Column, Table
from surveys.protocols.loading import bundled_protocols

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARMS = ("bmc", "conventional")
PAIN: Key = ("nrs_active", None)


def safe(number: int) -> bool:
    return number == 0 or number >= 10


def cohort_of(arms: list[str], sites: list[int] | None = None) -> Cohort:
    size, protocol = len(arms), bundled_protocols()["trial"]
    ids = tuple(uuid7() for _each in arms)
    places = None if sites is None else np.array(sites, dtype=np.int64)
    filters = Filters("trial", fewest=10)
    return Cohort(protocol, filters, NOW, ids, tuple(arms), np.zeros(size, dtype=np.bool_), {}, {}, sites=places)


def followed(operated: int) -> Cohort:
    """Forty treated patients whose pain falls from 7 to 3; so many of them, the first, were operated on."""
    whole = cohort_of(["bmc"] * 40)
    no, yes = np.zeros(40, dtype=np.bool_), np.ones(40, dtype=np.bool_)
    standing = Standing(yes, no, no, np.arange(40) < operated, yes, yes, yes, yes, no)
    readings = {(at, PAIN): Reading(np.full(40, level), yes, no, no) for at, level in (("baseline", 7.0), ("m12", 3.0))}
    return replace(whole, standings={"m12": standing}, readings=readings)


@pytest.mark.parametrize(("operated", "told"), [(0, (0, 40, 40)), (9, None), (12, (12, 28, 40))])
def test_what_few_operated_answered_is_not_told_by_the_other_rate(operated: int, told: tuple[int, ...] | None) -> None:
    rule = Rule.parse("nrs_active change >= 2")
    narrow = narrowed(followed(operated), [rule])
    rate = rate_of(narrow, rule, "bmc", narrow.protocol.timepoint("m12"))
    assert (rate.responders, rate.evaluable) == (40, 40)
    composite = rate.composite
    assert (composite and (composite.operated, composite.responders, composite.evaluable)) == told


def asked_after_operations(operated: int, late: int = 0) -> Cohort:
    """Forty treated patients, the first of them operated on after half a year; so many were last asked after two years.

    The rest were last asked after one. Three, at the end, were never asked.
    """
    days = np.full(40, 365.0)
    days[40 - late :] = 730.0
    days[37:] = np.nan
    after = np.where(np.arange(40) < operated, 182.0, np.nan)
    known = replace(unknown(40), treated_on=np.full(40, 0.0), told_operation=after, last_form=days)
    return replace(followed(0), facts=known)


@pytest.mark.parametrize("operated", [0, 4, 9, 10, 12])
def test_operations_under_ten_are_not_told_by_the_curve(app: Flask, operated: int) -> None:
    rule = Rule.parse("nrs_active change >= 2")
    with app.test_request_context():
        built = survival_figure(Look(asked_after_operations(operated), rule))
        figure = screened(built, alone=True)
        inside = survival_figure(Look(whole_clinic(asked_after_operations(operated)), rule))
    counts = {row[place] for row in figure.table.rows for place in places(figure, "operated")}
    assert all(isinstance(count, int) and safe(count) for count in counts)
    assert bool(figure.chart) == safe(operated)
    assert "never asked: fewer than 10." in built.rule
    assert bool(figure.rule) == safe(operated)  # a test of two curves would tell how many there were
    assert "never asked: 3." in inside.rule
    assert inside.chart


@pytest.mark.parametrize("without", [0, 1, 9, 10])
def test_words_beside_figures_tell_of_no_few_patients(app: Flask, without: int) -> None:
    rule, dose = Rule.parse("nrs_active change >= 2"), np.linspace(100.0, 900.0, 40)
    dose[:without] = np.nan
    whole = replace(followed(0), facts=replace(unknown(40), dose=dose))
    told = str(without) if safe(without) else "fewer than 10"
    with app.test_request_context():
        assert f"Dose not recorded: {told}." in dose_figure(Look(whole, rule)).rule
        inside = dose_figure(Look(whole_clinic(whole), rule)).rule
    assert f"Dose not recorded: {without}." in inside


def test_no_trend_is_told_of_groups_that_are_not(app: Flask) -> None:
    rule, dose = Rule.parse("nrs_active change >= 2"), np.full(40, 100.0)
    dose[37:] = 900.0
    after = np.full(40, 3.0)
    after[30:] = 7.0
    whole = replace(followed(0), facts=replace(unknown(40), dose=dose))
    reading = replace(whole.readings["m12", PAIN], value=after)
    whole = replace(whole, readings=dict(whole.readings) | {("m12", PAIN): reading})
    with app.test_request_context():
        assert "Trend" in dose_figure(Look(whole_clinic(whole), rule)).rule
        assert "Trend" not in dose_figure(Look(whole, rule)).rule


def test_a_curve_ends_where_fewer_than_ten_are_followed(app: Flask) -> None:
    with app.test_request_context():
        look = Look(asked_after_operations(0, late=8), Rule.parse("nrs_active change >= 2"))
        figure = screened(survival_figure(look), alone=True)
    found = {row[places(figure, "months")[0]]: row[places(figure, "at_risk")[0]] for row in figure.table.rows}
    assert found
    assert all(isinstance(number, int) and safe(number) for number in found.values())
    assert max(int(months or 0) for months in found) <= 12
    assert figure.chart


def whole_clinic(cohort: Cohort) -> Cohort:
    """As somebody of the clinic sees it."""
    return replace(cohort, filters=replace(cohort.filters, fewest=0))


def places(figure: Figure, code: str) -> list[int]:
    return [at for at, column in enumerate(figure.table.columns) if column.code == code]


def test_a_timepoint_that_is_kept_back_is_said_to_be_and_not_to_be_empty(app: Flask) -> None:
    """Nine of forty answered at 12 months: the page stands on 6 months and says why, or says that nothing is shown."""
    whole, rule = followed(0), Rule.parse("nrs_active change >= 2")
    nine, no = np.arange(40) < 9, np.zeros(40, dtype=np.bool_)
    few = Reading(np.where(nine, 3.0, np.nan), nine, no, no)
    both = replace(
        whole,
        standings={"m6": whole.standings["m12"], "m12": whole.standings["m12"]},
        readings=dict(whole.readings) | {("m6", PAIN): whole.readings["m12", PAIN], ("m12", PAIN): few},
    )
    one = replace(both, standings={"m12": both.standings["m12"]})
    with app.test_request_context():
        said, alone = (Look(narrowed(each, [rule]), rule) for each in (both, one))
        assert said.focus.code == "m6"
        assert notices(said)[0].startswith("12 months is not shown, because a part of it is about fewer than 10")
        assert notices(alone)[0].startswith("Not shown")
        later = replace(both.standings["m12"], closed=no, finished=no)
        open_at_12 = Look(replace(both, standings=dict(both.standings) | {"m12": later}), rule)
        assert [rate.timepoint for rate in open_at_12.rates] == ["m6", "m6"]
        assert "over yet at: 12 months." in rates_figure(open_at_12, rule, 1).rule


def test_whoever_reads_without_names_inside_the_clinic_needs_fewer() -> None:
    """Four operated are kept from an analyst, five are not; and nobody's answers but four's are."""
    rule = Rule.parse("nrs_active change >= 2")
    for operated, unsaid in ((4, True), (5, False)):
        cohort = followed(operated)
        narrow = narrowed(replace(cohort, filters=Filters("trial", fewest=5)), [rule])
        assert bool(narrow.operations_unsaid) is unsaid
    four, no = np.arange(40) < 4, np.zeros(40, dtype=np.bool_)
    few = Reading(np.where(four, 3.0, np.nan), four, no, no)
    cohort = replace(followed(0), filters=Filters("trial", fewest=5))
    narrow = narrowed(replace(cohort, readings=dict(cohort.readings) | {("m12", PAIN): few}), [rule])
    assert narrow.unsaid == ("m12",)
    assert Look(narrow, rule).rates == ()
    assert Look(cohort, rule).rates != ()


def test_parts_of_an_arm_that_differ_by_few_are_not_told_beside_each_other() -> None:
    columns = tuple(Column(code, code) for code in ("timepoint", "arm", "who", "n_ratios", "n"))
    numbers = (("all", 40), ("without_operated", 39), ("same", 28))
    table = Table(columns, tuple(("m12", "bmc", who, n, n) for who, n in numbers))
    shown = screened(replace(figure("percent-improved", 40), table=table), alone=False).table.rows
    assert [row[2] for row in shown] == ["all", "same"]


def part_of(rng: Random) -> Part:
    """A site whose patients are of three kinds, of which one is chosen."""
    people = [(rng.choice(ARMS), rng.choice((0, 1, 1, 2))) for _each in range(rng.choice((3, 9, 25, 60, 120)))]
    chosen = [arm for arm, kind in people if kind == 0]
    return Part(cohort_of(chosen), Counter((arm, (kind,)) for arm, kind in people))


@pytest.mark.parametrize("seed", range(60))
def test_the_whole_less_the_sites_that_can_be_read_is_no_small_group(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - not for secrets
    parts = [part_of(rng) for _site in range(rng.randint(1, 6))]
    whole = together(parts)
    for arm in ARMS:
        alone = [int(part.alone().in_arm(arm).sum()) for part in parts if arm in part.alone().shown_arms()]
        assert all(map(safe, alone))
        rest = int(whole.in_arm(arm).sum()) - sum(alone)
        assert rest >= 0
        assert safe(rest)
        counted = sum(n for part in parts for (own, _kind), n in part.cells.items() if own == arm and arm in part.open)
        named = sum(n for part in parts for (own, kind), n in part.cells.items() if own == arm and kind == (0,))
        assert sum(alone) <= min(counted, named)


def test_small_sites_are_counted_together_or_told_to_be_left_out() -> None:
    small = [Part(cohort_of(["bmc"] * 6), Counter({("bmc", ()): 6})) for _site in range(2)]
    large = Part(cohort_of(["bmc"] * 12), Counter({("bmc", ()): 12}))
    assert len(together([large, small[0]]).ids) == 12
    assert left_out([large, small[0]]) == 1
    assert len(together([large, *small]).ids) == 24
    assert left_out([large, *small]) == 0
    assert small[0].alone().withheld_arms() == ("bmc",)
    assert small[0].alone().shown_arms() == ("conventional",)


def test_a_group_is_said_where_the_rest_of_the_sites_tells_nothing_either() -> None:
    sites = [0] * 20 + [1] * 6 + [2] * 14
    whole = cohort_of(["bmc"] * 40, sites)
    everybody = np.ones(40, dtype=np.bool_)
    assert not may_be_said(whole, everybody)  # the second site is not read alone: the whole less the others is six
    assert may_be_said(whole, everybody & (np.array(sites) != 1))
    assert not may_be_said(whole, np.array(sites) == 1)
    assert may_be_said(whole, ~everybody)
    two = cohort_of(["bmc"] * 40, [0] * 20 + [1] * 6 + [OTHERS] * 14)
    assert may_be_said(two, everybody)  # six and fourteen cannot be told apart
    assert not may_be_said(cohort_of(["bmc"] * 9), np.ones(9, dtype=np.bool_))


@dataclass(frozen=True)
class Person:
    """As a row of the database has it."""

    arm: str
    sex: str
    pain_generator: str
    age: int
    enrolled_on: date


def people(rng: Random, size: int) -> list[Person]:
    days = [date(year, 6, 1) for year in (2023, 2024)]
    return [
        Person(
            "bmc",
            rng.choice(("female", "male", "male", "other" if rng.random() < 0.05 else "female")),
            rng.choice(("facet", "disc")),
            rng.randint(40, 80),
            rng.choice(days),
        )
        for _each in range(size)
    ]


def choices() -> Iterator[Filters]:
    """Every choice by three kinds that a reader outside may make."""
    ends = [(None, None), (50, None), (65, None), (None, 49), (None, 64), (50, 64)]
    for sex, generator, (low, high) in product((None, "female", "male", "other"), (None, "facet", "disc"), ends):
        yield Filters("trial", sex=sex, pain_generator=generator, age_from=low, age_to=high)


def fits(person: Person, filters: Filters) -> bool:
    same = filters.sex in (None, person.sex) and filters.pain_generator in (None, person.pain_generator)
    return same and (filters.age_from or 0) <= person.age <= (filters.age_to or 999)


def answered(everybody: list[Person], filters: Filters) -> bool:
    asked = [KINDS[name] for name in ("sex", "pain_generator") if getattr(filters, name) is not None]
    asked += [KINDS["age"]] if (filters.age_from, filters.age_to) != (None, None) else []
    cells: Cells = Counter((one.arm, tuple(kind(one) for kind in asked)) for one in everybody)  # type: ignore[arg-type]
    return "bmc" in open_arms(cells)


@pytest.mark.parametrize("seed", range(20))
def test_two_choices_that_are_answered_never_differ_by_a_few(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - not for secrets
    everybody = people(rng, rng.choice((60, 150, 400)))
    groups = {
        frozenset(at for at, one in enumerate(everybody) if fits(one, filters))
        for filters in choices()
        if answered(everybody, filters)
    }
    assert all(safe(len(group)) for group in groups)
    nested = [(one, other) for one, other in combinations(groups, 2) if one < other or other < one]
    assert all(safe(abs(len(one) - len(other))) for one, other in nested)


def test_spans_have_few_ends_outside_the_clinic() -> None:
    assert refused(Filters("trial", sex="female", age_from=50, age_to=64, bmi_to=24.9, diagnosis="M51", nth=2)) is None
    assert refused(Filters("trial", enrolled_from=date(2024, 1, 1), enrolled_to=date(2025, 12, 31))) is None
    for fine in (
        Filters("trial", age_from=51),
        Filters("trial", age_to=65),
        Filters("trial", bmi_from=24.9),
        Filters("trial", enrolled_to=date(2025, 12, 30)),
        Filters("trial", diagnosis="M5"),
        Filters("trial", dose_from=10.0),
        Filters("trial", mode="phone"),
    ):
        assert refused(fine)


def figure(code: str, evaluable: int) -> Figure:
    table = Table((Column("arm", "Arm"), Column("evaluable", "Evaluable")), (("bmc", evaluable),))
    return Figure(code, "Title", "It tells", "Rule", table, NOW, "hash", lambda _width: "<svg/>")


def test_the_last_look_keeps_back_what_speaks_of_few() -> None:
    assert screened(figure("strategies", 10), alone=True).table.rows
    few = screened(figure("strategies", 9), alone=False)
    assert (few.table.rows, few.chart, few.description) == ((), None, "")
    assert "fewer than 10" in few.why_not
    assert screened(figure("subgroups", 40), alone=False).table.rows
    assert not screened(figure("subgroups", 40), alone=True).table.rows
    assert not screened(figure("waterfall", 40), alone=False).table.rows
