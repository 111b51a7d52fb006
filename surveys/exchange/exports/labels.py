"""Texts that many rows share: each label of a batch is taken apart once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from surveys.exchange.exports import arrays


def labelled(sent: str | None, names: Sequence[str], keys: Sequence[str]) -> pl.DataFrame:
    """The parts of each row's label, an empty one as no value, and the label's rank by some of them."""
    which, labels = arrays.labels(sent)
    known = pl.DataFrame(labels, schema=dict.fromkeys(names, pl.String), orient="row")
    key = pl.concat_str(*keys, separator=arrays.PART).rank("dense").cast(pl.Int64)
    whole = known.with_columns(key.alias("rank"), *(pl.col(name).replace("", None) for name in names))
    return whole[which]
