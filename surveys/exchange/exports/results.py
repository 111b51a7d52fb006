"""The rows of results of one batch: what is said of an episode and of a response once is spread over its rows here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from surveys.exchange.exports import arrays
from surveys.exchange.exports.labels import labelled

Sent = Mapping[str, Any]
OF_RESPONSE = ("timepoint", "instrument", "mode", "finality", "language")
OF_ROW = ("kind", "code", "value_set", "status", "rule_version")
SAME = ("kind", "code", "value_set")  # of what there is one row for each response: the newest
RANKS = 1 << 20  # more than there are labels in a batch
SIGN = np.uint64(1 << 63)


def joined(people: pl.DataFrame, sent: Mapping[str, Sent]) -> pl.DataFrame:
    """Every column of the results, in the order of episode, timepoint, instrument, kind, code and value set."""
    responses, where = responses_of(sent["responses"])
    scores, answers = values_of(sent["scores"], where), values_of(sent["answers"], where)
    rows = newest(pl.concat([answers, scores.with_columns(pl.col("rank") + RANKS // 2)]))
    response = responses[rows["response"]]
    parts = [people[response["place"]], response.drop("place"), rows.drop("response")]
    day = pl.col("answered_on")
    return pl.concat(parts, how="horizontal").with_columns(
        (day - pl.col("index_date")).dt.total_days().alias("day"),
        (day - pl.col("enrolled_on")).dt.total_days().alias("day_since_enrolment"),
    )


def newest(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each response and rank, in their order: of several the newest, unless it clears the answer."""
    key = pl.col("response").cast(pl.UInt64) * RANKS + pl.col("rank")
    ordered = rows.with_columns(key.alias("key")).sort("key", "first", "second")
    last = (pl.col("key") != pl.col("key").shift(-1)).fill_null(value=True)
    return ordered.filter(last & (pl.col("status") != "cleared")).drop("key", "rank", "first", "second")


def responses_of(sent: Sent) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The responses in their order, and where in it the response of an id stands."""
    numbers = pl.DataFrame(
        {
            "place": arrays.column(sent["place"], arrays.LARGE),
            "answered_on": arrays.days(sent["answered_on"]),
            "in_window": arrays.column(sent["in_window"], arrays.FLAG),
            "before_treatment": arrays.column(sent["before_treatment"], arrays.FLAG),
        }
    )
    parts = [numbers, labelled(sent["label"], OF_RESPONSE, OF_RESPONSE[:2]), arrays.ids(sent["id"])]
    frame = pl.concat(parts, how="horizontal").sort("place", "rank", "high", "low")
    return frame.drop("rank", "high", "low"), frame.select("high", "low").with_row_index("response")


def values_of(sent: Sent, where: pl.DataFrame) -> pl.DataFrame:
    """Scores or answers with the place of their response; several of one scale or item may be among them."""
    numbers = pl.DataFrame(
        {
            **_measured(sent),
            "amendment": arrays.column(sent["amendment"], arrays.COUNT),
            **_ages(sent),
        }
    )
    found = arrays.ids(sent["response_id"]).join(where, on=("high", "low"), how="left", maintain_order="left")
    parts = [numbers, labelled(sent["label"], OF_ROW, SAME), found.select("response")]
    return pl.concat(parts, how="horizontal")


def _measured(sent: Sent) -> dict[str, Any]:
    """Scores may be fractions, and say of how many items; answers are levels."""
    if "answered_items" in sent:
        value = pl.Series(arrays.column(sent["value"], arrays.FLOAT)).fill_nan(None)
        return {"value": value, "answered_items": arrays.numbers(sent["answered_items"])}
    value = arrays.numbers(sent["value"]).cast(pl.Float64)
    return {"value": value, "answered_items": pl.repeat(None, value.len(), dtype=pl.Int32, eager=True)}


def _ages(sent: Sent) -> dict[str, Any]:
    """Two numbers, of which the first that differs is higher in the newer row."""
    if "id" in sent:
        both = arrays.ids(sent["id"])
        return {"first": both["high"], "second": both["low"]}
    scored = arrays.column(sent["scored_at"], arrays.LARGE).view("u8") ^ SIGN
    return {"first": arrays.column(sent["amendment"], arrays.COUNT).astype("u8"), "second": scored}
