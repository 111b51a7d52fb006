"""The filter language: what it reads it prints, and what it cannot read it explains."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.models.response import MODES
from surveys.outcomes.filter_text import FilterError, chosen_fields, hash_of, parse, print_text
from surveys.outcomes.filters import Filters

CODES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


def spans(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    ordered = st.lists(values, min_size=2, max_size=2).map(lambda both: tuple(sorted(both)))
    return st.one_of(st.just((None, None)), ordered, ordered.map(lambda both: (both[0], None)))


@st.composite
def choices(draw: st.DrawFn) -> Filters:
    def maybe(values: st.SearchStrategy[Any]) -> Any:
        return draw(st.none() | values)

    dose, age = draw(spans(st.floats(0, 1e6))), draw(spans(st.integers(0, 120)))
    bmi, enrolled = draw(spans(st.floats(10, 90))), draw(spans(st.dates(date(1990, 1, 1))))
    return Filters(
        protocol=draw(CODES),
        arm=maybe(CODES),
        timepoint=maybe(CODES),
        diagnosis=maybe(st.from_regex(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", fullmatch=True)),
        pain_generator=maybe(st.sampled_from(PAIN_GENERATORS)),
        product=maybe(st.sampled_from(PRODUCTS)),
        dose_from=dose[0],
        dose_to=dose[1],
        age_from=age[0],
        age_to=age[1],
        sex=maybe(st.sampled_from(("female", "male", "other"))),
        bmi_from=bmi[0],
        bmi_to=bmi[1],
        opioid_use=maybe(st.booleans()),
        clinician=maybe(st.uuids()),
        nth=maybe(st.integers(1, 100)),
        mode=maybe(st.sampled_from(MODES)),
        enrolled_from=enrolled[0],
        enrolled_to=enrolled[1],
    )


@given(choices())
def test_what_is_printed_is_read_as_the_same_choice(filters: Filters) -> None:
    assert parse(print_text(filters)) == filters


@given(choices(), st.randoms())
def test_the_order_of_words_changes_neither_text_nor_hash(filters: Filters, chance: Random) -> None:
    words = print_text(filters).split()
    chance.shuffle(words)
    assert hash_of(parse(" ".join(words))) == hash_of(filters)


def test_every_choice_can_be_said() -> None:
    assert chosen_fields() == {each.name for each in fields(Filters)} - {"fewest", "permitted"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "protocol=spine"),
        ("age=50..64", "protocol=spine"),
        ("protocol=spine height=180", "height=180 is no filter"),
        ("protocol=spine age", "age is no filter"),
        ("protocol=spine age=..", "no span"),
        ("protocol=spine age=64..50", "no span"),
        ("protocol=spine age=old", "old is no value for age"),
        ("protocol=spine age=-1", "-1 is no value for age"),
        ("protocol=spine bmi=nan", "nan is no value for bmi"),
        ("protocol=spine dose=inf", "inf is no value for dose"),
        ("protocol=spine opioid=maybe", "yes or no"),
        ("protocol=spine generator=elbow", "facet"),
        ("protocol=spine enrolled=2024-02-30", "2024-02-30 is no value"),
        ("protocol=spine sex=male sex=female", "twice"),
        ("protocol=spine clinician=Smith", "Smith is no value"),
        ("protocol=spine diagnosis=back", "M51.1"),
        ("protocol=Spine", "Spine is no value"),
    ],
)
def test_what_cannot_be_read_is_explained(text: str, told: str) -> None:
    with pytest.raises(FilterError, match=told.replace(".", r"\.")):
        parse(text)


def test_a_span_may_be_one_value() -> None:
    assert parse("protocol=spine age=50") == Filters("spine", age_from=50, age_to=50)


def test_a_clinician_is_named_by_id() -> None:
    assert parse(f"protocol=spine clinician={UUID(int=7)}").clinician == UUID(int=7)
