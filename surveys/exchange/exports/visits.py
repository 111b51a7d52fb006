"""The rows of visits of one batch: what is said of an episode once is spread over them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from surveys.exchange.exports import arrays
from surveys.exchange.exports.labels import labelled

DAYS = ("due_day", "closes_day", "submitted_day")
FLAGS = ("window_over", "in_window", "cancelled")


def joined(people: pl.DataFrame, sent: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Every column of the visits, in the order of episode and timepoint."""
    came = sent["visits"]
    numbers = {"place": arrays.column(came["place"], arrays.LARGE)}
    days = {name: arrays.numbers(came[name]) for name in DAYS}
    flags = {name: arrays.column(came[name], arrays.FLAG) for name in FLAGS}
    parts = [pl.DataFrame({**numbers, **days, **flags}), labelled(came["label"], ("timepoint",), ("timepoint",))]
    frame = pl.concat(parts, how="horizontal").sort("place", "rank")
    return pl.concat([people[frame["place"]], frame.drop("place", "rank")], how="horizontal")
