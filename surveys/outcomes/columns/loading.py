"""Reading columns: of everybody, or of some episodes, by the same statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter
from sqlalchemy.orm import Session

from scoring.types import FloatArray
from scoring.value_sets import load_value_sets
from surveys.models.response import MODES
from surveys.outcomes.cohort import Key
from surveys.outcomes.columns.frame import LATE, LEVELS, PROXIED, VALUELESS, Frame, Places, Scores, Visits, no_visits
from surveys.outcomes.columns.statements import (
    TIMELY,
    WORDS,
    Wanted,
    people_of,
    score_columns,
    visit_columns,
    words_of,
)
from surveys.outcomes.columns.wire import fetch, read
from surveys.outcomes.loading import PROXY
from surveys.outcomes.operations import THESE

Only = Sequence[UUID] | None
Words = Mapping[str, tuple[str, ...]]
ScoreColumns = tuple[dict[tuple[str, Key], Scores], dict[Key, FloatArray]]
NO_WORDS: Words = dict.fromkeys(WORDS, ())


def read_frame(
    session: Session, wanted: Wanted, scales: Sequence[str], only: Only = None, words: Words = NO_WORDS
) -> Frame:
    """Everybody's columns, or those of ``only``; ``words``: texts that have their codes already."""
    words = _with_new(words, session, wanted, only)
    people = fetch(session, people_of(wanted.filters, _named(only), tuple(words.items())), only)
    places = Places(people["id"])
    columns = {name: people[name].copy() for name in people.dtype.names or () if name != "id"}
    columns |= {"present": np.ones(len(people), dtype=np.bool_)}
    visits = _visits(session, wanted, only, places, len(people))
    scores, levels = read_scores(session, wanted, scales, only, places, len(people))
    return Frame(people["id"].copy(), columns, visits, scores, levels, words, frozenset(scales))


def _named(only: Only) -> BindParameter[Any] | None:
    return None if only is None else THESE


def _with_new(words: Words, session: Session, wanted: Wanted, only: Only) -> Words:
    found = session.execute(words_of(wanted.filters, _named(only)), {"these": only}).mappings().all()
    new = {name: sorted({row[name] for row in found} - {None, *words[name]}) for name in words}
    return {name: (*known, *new[name]) for name, known in words.items()}


def _visits(session: Session, wanted: Wanted, only: Only, places: Places, size: int) -> dict[str, Visits]:
    visits = {code: no_visits(size) for code in wanted.timepoints}
    for rows in read(session, visit_columns(wanted, _named(only)), only):
        at = places.of(rows["episode_id"])
        for place, code in enumerate(wanted.timepoints, start=1):
            own = (rows["timepoint"] == place) & (at >= 0)
            visits[code].closes[at[own]] = rows["closes_at"][own]
            visits[code].flags[at[own]] = rows["flags"][own]
    return visits


@dataclass(frozen=True, slots=True)
class _Raw:
    values: FloatArray
    kinds: NDArray[np.uint8]


def read_scores(
    session: Session, wanted: Wanted, scales: Sequence[str], only: Only, places: Places, size: int
) -> ScoreColumns:
    """The columns of some scales, for the episodes that have a place."""
    sets = tuple(sorted(load_value_sets()))
    raw: dict[tuple[str, Key], _Raw] = {}
    statement = score_columns(wanted, _named(only), tuple(scales), sets)
    for rows in read(session, statement, only) if scales else ():
        at = places.of(rows["episode_id"])
        which = (rows["timepoint"].astype(np.int64) << 32) | (rows["scale"].astype(np.int64) << 16) | rows["value_set"]
        for kind in np.unique(which[at >= 0]).tolist():
            timepoint, scale, value_set = kind >> 32, kind >> 16 & 0xFFFF, kind & 0xFFFF
            key = (scales[scale - 1], sets[value_set - 1] if value_set else None)
            column = _column(raw, (wanted.timepoints[timepoint - 1], key), size)
            own = (which == kind) & (at >= 0)
            column.values[at[own]], column.kinds[at[own]] = rows["value"][own], rows["kind"][own]
    return _coded(raw)


def _column(raw: dict[tuple[str, Key], _Raw], name: tuple[str, Key], size: int) -> _Raw:
    if name not in raw:
        raw[name] = _Raw(np.full(size, np.nan), np.zeros(size, dtype=np.uint8))
    return raw[name]


def _coded(raw: Mapping[tuple[str, Key], _Raw]) -> ScoreColumns:
    values: dict[Key, list[FloatArray]] = {}
    for (_timepoint, key), column in raw.items():
        values.setdefault(key, []).append(np.unique(column.values[np.isfinite(column.values)]))
    levels = {key: np.unique(np.concatenate(parts)) for key, parts in values.items()}
    return {name: _scores(column, levels[name[1]]) for name, column in raw.items()}, levels


def _scores(column: _Raw, levels: FloatArray) -> Scores:
    modes = (column.kinds & (TIMELY - 1)).astype(np.uint8)
    by_proxy = modes == MODES.index(PROXY) + 1
    late = np.where(column.kinds & TIMELY, VALUELESS, LATE) + PROXIED * by_proxy
    why = np.where(column.kinds, late, 0)
    valued = np.isfinite(column.values)
    cells = np.where(valued, LEVELS + np.searchsorted(levels, column.values), why)
    return Scores(cells.astype(np.min_scalar_type(LEVELS + len(levels) + 255)), modes)
