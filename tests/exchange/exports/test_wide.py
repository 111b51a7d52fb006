"""A row per episode, whatever number of episodes comes at once and is written at once."""

from __future__ import annotations

import polars as pl
import pytest

from surveys.exchange.exports.columns import Sheet, flag, integer, named, text
from surveys.exchange.exports.wide import widened

SHEET = Sheet(
    "wide",
    "",
    (
        text("episode", ""),
        integer("age", ""),
        integer("pain_m3", ""),
        integer("nrs_active_m3", ""),
        flag("nrs_m3_in_window", ""),
        integer("nrs_m3_day", ""),
        named("nrs_m3_mode", "", {"self": "", "interview": ""}),
        integer("never_asked_m3", ""),
    ),
)
RESULTS = ("episode", "instrument", "kind", "code", "timepoint", "value", "in_window", "day", "mode")
ROWS = [
    ("a", "nrs", "answer", "active", "m3", 3.0, 1, 91, "self"),
    ("a", "nrs", "score", "pain", "m3", 30.0, 1, 91, "self"),
    ("a", "nrs", "score", "pain", "m3", 99.0, 1, 91, "self"),  # by another value set: the first stands
    ("a", "nrs", "score", "pain", "extra", 7.0, 1, 95, "self"),  # an unscheduled visit has no column
    ("c", "nrs", "answer", "active", "m3", None, 0, None, "interview"),
]
EPISODES = [("a", 40), ("b", 41), ("c", None)]
WIDE = [
    ("a", 40, 30, 3, 1, 91, "self", None),
    ("b", 41, None, None, None, None, None, None),
    ("c", None, None, None, 0, None, "interview", None),
]


def batch(*episodes: str) -> dict[str, pl.DataFrame]:
    results = [row for row in ROWS if row[0] in episodes]
    kinds = (pl.String, pl.String, pl.String, pl.String, pl.String, pl.Float64, pl.Int8, pl.Int32, pl.String)
    people = {"episode": pl.String, "age": pl.Int32}
    return {
        "results": pl.DataFrame(results, schema=dict(zip(RESULTS, kinds, strict=True)), orient="row"),
        "episodes": pl.DataFrame([row for row in EPISODES if row[0] in episodes], schema=people, orient="row"),
    }


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("batches", [["abc"], ["ab", "c"], ["a", "b", "c"]])
def test_every_cut_into_batches_and_frames_makes_the_same_rows(batches: list[str], most: int) -> None:
    made = list(widened((batch(*each) for each in batches), SHEET, most))
    assert [row for frame in made for row in frame.rows()] == WIDE
    assert all(frame.height <= max(most, *map(len, batches)) for frame in made)


def test_nobody_makes_no_frame() -> None:
    assert list(widened(iter(()), SHEET, 5)) == []
