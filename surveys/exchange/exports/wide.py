"""From rows per result to a row per episode: cells gathered from whole columns, for so many episodes at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np
import polars as pl

from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.reading import schema
from surveys.models.response import MODES

CELLS = 500_000  # of one frame, at most
ENDINGS = ("in_window", "day", "mode")  # what is said once for each instrument at a timepoint


def widened(batches: Iterable[Mapping[str, pl.DataFrame]], sheet: Sheet, most: int) -> Iterator[pl.DataFrame]:
    """Every column of the sheet, empty where nothing was answered, for at most so many episodes at a time."""
    page = _Page(sheet)
    for batch in batches:
        if 0 < page.height > most - batch["episodes"].height:
            yield page.frame()
            page = _Page(sheet)
        page.add(batch["results"], batch["episodes"])
    if page.height:
        yield page.frame()


def most_of(sheet: Sheet) -> int:
    """How many episodes a frame may have."""
    return max(1, CELLS // len(sheet.columns))


class _Page:
    """Episodes, and which row, column and value each result of theirs has."""

    def __init__(self, sheet: Sheet) -> None:
        self._wanted, self.height = schema(sheet.columns), 0
        self._places = {code: place for place, code in enumerate(self._wanted)}
        self._episodes: list[pl.DataFrame] = []
        self._cells: list[pl.DataFrame] = []

    def add(self, results: pl.DataFrame, episodes: pl.DataFrame) -> None:
        """Put a batch below what is there."""
        rows = episodes.select("episode").with_row_index("row", self.height)
        found = results.join(rows, on="episode", how="left", maintain_order="left")
        for part in chain([_values(found)], _said_once(found)):
            column = pl.col("key").replace_strict(self._places, default=None, return_dtype=pl.Int32)
            self._cells.append(
                part.select("row", column.alias("column"), pl.col("value").cast(pl.Float64)).drop_nulls()
            )
        self._episodes.append(episodes)
        self.height += episodes.height

    def frame(self) -> pl.DataFrame:
        """Every column; of two values for one cell the first."""
        cells = pl.concat(self._cells).reverse()
        whole = np.full((len(self._wanted), self.height), np.nan)
        whole[cells["column"].to_numpy(), cells["row"].to_numpy()] = cells["value"].to_numpy()
        known = pl.concat(self._episodes)
        own = set(known.columns)
        columns = [pl.col(code) if code in own else _gathered(code, kind) for code, kind in self._wanted.items()]
        gathered = pl.DataFrame(whole, schema=list(self._wanted), orient="col").drop(own)
        return known.hstack(gathered).select(columns)


def _values(results: pl.DataFrame) -> pl.DataFrame:
    scored = pl.concat_str("code", "timepoint", separator="_")
    answered = pl.concat_str("instrument", "code", "timepoint", separator="_")
    return results.select(
        "row", pl.when(pl.col("kind") == "score").then(scored).otherwise(answered).alias("key"), "value"
    )


def _said_once(results: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The first row of each response, in which is what all of its rows say."""
    place = pl.concat_str("instrument", "timepoint", separator="_")
    changes = [pl.col(name) != pl.col(name).shift() for name in ("row", "instrument", "timepoint")]
    one = results.filter(pl.any_horizontal(changes).fill_null(value=True))
    one = one.with_columns(pl.col("mode").replace_strict(MODES, range(len(MODES)), return_dtype=pl.Int32))
    for ending in ENDINGS:
        yield one.select("row", pl.concat_str(place, pl.lit(f"_{ending}")).alias("key"), pl.col(ending).alias("value"))


def _gathered(code: str, kind: type[pl.DataType]) -> pl.Expr:
    """The column as the sheet has it; how something was answered was gathered as a place in the list of modes."""
    column = pl.col(code).fill_nan(None)
    if kind is pl.String:
        return column.replace_strict(range(len(MODES)), MODES, return_dtype=pl.String)
    return column.cast(kind)
