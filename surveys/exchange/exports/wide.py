"""From rows per result to a row per episode: a batch of episodes at a time, since no episode is in two."""

from __future__ import annotations

import polars as pl

from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.reading import schema


def widened(results: pl.DataFrame, episodes: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Every column of the sheet, empty where nothing was answered."""
    frame = episodes
    for part in (_values(results), *_per_instrument(results)):
        if part.height:
            frame = frame.join(_pivoted(part), on="episode", how="left")
    wanted = schema(sheet.columns)
    missing = [pl.lit(None, dtype=kind).alias(code) for code, kind in wanted.items() if code not in frame.columns]
    return frame.with_columns(missing).select([pl.col(code).cast(kind) for code, kind in wanted.items()])


def _values(results: pl.DataFrame) -> pl.DataFrame:
    scored = pl.concat_str("code", "timepoint", separator="_")
    answered = pl.concat_str("instrument", "code", "timepoint", separator="_")
    key = pl.when(pl.col("kind") == "score").then(scored).otherwise(answered)
    return results.filter(pl.col("value").is_not_null()).select("episode", key.alias("key"), "value")


def _per_instrument(results: pl.DataFrame) -> list[pl.DataFrame]:
    place = pl.concat_str("instrument", "timepoint", separator="_")
    one = results.unique(["episode", "instrument", "timepoint"], maintain_order=True)
    named = (("in_window", "in_window"), ("day", "day"), ("mode", "mode"))
    return [
        one.select("episode", pl.concat_str(place, pl.lit(f"_{ending}")).alias("key"), pl.col(column).alias("value"))
        for column, ending in named
    ]


def _pivoted(part: pl.DataFrame) -> pl.DataFrame:
    return part.pivot(on="key", index="episode", values="value", aggregate_function="first")
