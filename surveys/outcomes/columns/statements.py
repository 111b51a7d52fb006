"""The figures' statements with every column a number of fixed width, as the columns are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Select,
    SmallInteger,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import distinct_on

from surveys.models import Episode, Patient, Treatment
from surveys.models.episode import PRODUCTS
from surveys.models.response import MODES
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import PROXY
from surveys.outcomes.operations import narrowed
from surveys.outcomes.queries import chosen_episodes, scores_of, visits_of
from surveys.protocols.model import Protocol

FLAGS = ("died", "left", "operated", "sent", "opened", "started", "finished", "late")  # bits of a visit, lowest first
TIMELY = 8  # added to the place of the mode, from 1
MADE = 32  # statements of a kind that are kept: making one takes longer than reading an episode by it
UNKNOWN = -1  # a number that is not known, and opioid use
Only = BindParameter[Any] | None  # those of ``THESE``, or everybody
Words = tuple[tuple[str, tuple[str, ...]], ...]  # texts by column
WORDS: Mapping[str, Any] = {
    "arm": Episode.arm,
    "pain_generator": Episode.pain_generator,
    "diagnosis": Episode.diagnosis,
    "clinician": cast(Episode.clinician_id, String),
    "sex": Patient.sex,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose columns are kept: the protocol's episodes, of these timepoints."""

    code: str
    timepoints: tuple[str, ...]
    baseline: str

    @classmethod
    def of(cls, protocol: Protocol) -> Wanted:
        """What the protocol's figures are counted from."""
        codes = tuple(timepoint.code for timepoint in protocol.timepoints)
        return cls(protocol.code, codes, next(point.code for point in protocol.timepoints if point.is_baseline))

    @property
    def filters(self) -> Filters:
        """Everybody of the protocol who may be counted."""
        return Filters(self.code)


@lru_cache(maxsize=MADE)
def words_of(filters: Filters, only: Only) -> Select[Any]:
    """Every combination of texts that some chosen episode has."""
    chosen = _chosen(filters, only)
    columns = [column.label(name) for name, column in WORDS.items()]
    statement = select(*columns).select_from(Episode).join(chosen, chosen.c.id == Episode.id)
    return statement.join(Patient, Patient.id == Episode.patient_id).distinct()


@lru_cache(maxsize=MADE)
def people_of(filters: Filters, only: Only, words: Words) -> Select[Any]:
    """One row per chosen episode, in the order of their ids; ``words``: texts by column, coded by place from 1."""
    codes = dict(words)
    chosen, done, first = _chosen(filters, only), _done(only), _first_dose(only)
    columns: tuple[Any, ...] = (
        Episode.id,
        *(_code(column, codes[name]).label(name) for name, column in WORDS.items()),
        _small(func.coalesce(cast(Episode.opioid_use, Integer), UNKNOWN)).label("opioid_use"),
        _small(func.coalesce(Episode.age, UNKNOWN)).label("age"),
        _number(Episode.bmi).label("bmi"),
        type_coerce(Episode.enrolled_on, Date).label("enrolled_on"),
        chosen.c.declined.label("declined"),
        _small(func.coalesce(done.c.products, 0)).label("products"),
        _small(func.coalesce(done.c.number, 0)).label("treatments"),
        _number(first.c.dose).label("dose"),
    )
    statement = select(*columns).select_from(Episode).join(chosen, chosen.c.id == Episode.id)
    statement = statement.join(Patient, Patient.id == Episode.patient_id)
    statement = statement.outerjoin(done, done.c.episode_id == Episode.id)
    return statement.outerjoin(first, first.c.episode_id == Episode.id).order_by(Episode.id)


@lru_cache(maxsize=MADE)
def visit_columns(wanted: Wanted, only: Only) -> Select[Any]:
    """One row per visit at one of the timepoints: whose, which by its place from 1, end of the window, what is true."""
    rows = visits_of(wanted.filters, only).subquery()
    flags: ColumnElement[Any] = literal(0)
    for bit, name in enumerate(FLAGS):
        flags = flags + case((rows.c[name], 1 << bit), else_=0)
    return select(
        rows.c.episode_id,
        _code(rows.c.timepoint, wanted.timepoints).label("timepoint"),
        type_coerce(rows.c.closes_at, DateTime(timezone=True)).label("closes_at"),
        _small(flags).label("flags"),
    ).where(rows.c.timepoint.in_(wanted.timepoints))


@lru_cache(maxsize=MADE)
def score_columns(wanted: Wanted, only: Only, scales: tuple[str, ...], sets: tuple[str, ...]) -> Select[Any]:
    """One row per score at one of the timepoints; ``kind``: the mode's place from 1, and ``TIMELY`` where it is.

    ``sets``: the value sets there are.
    """
    rows = scores_of(wanted.filters, scales, only).subquery()
    timely = and_(rows.c.in_window, or_(rows.c.before_treatment, rows.c.timepoint != wanted.baseline))
    counted = and_(timely, rows.c.mode != PROXY)
    kind = _code(rows.c.mode, MODES) + case((timely, TIMELY), else_=0)
    return select(
        rows.c.episode_id,
        _code(rows.c.timepoint, wanted.timepoints).label("timepoint"),
        _code(rows.c.scale, scales).label("scale"),
        _code(rows.c.value_set_id, sets).label("value_set"),
        _small(kind).label("kind"),
        _number(case((counted, rows.c.value))).label("value"),
    ).where(rows.c.timepoint.in_(wanted.timepoints))


def _chosen(filters: Filters, only: Only) -> Subquery:
    return chosen_episodes(filters, only).order_by(None).subquery()


def _done(only: Only) -> Subquery:
    """How many treatments of each episode were done, and a bit for each product given."""
    bits = case(*((Treatment.product == code, 1 << bit) for bit, code in enumerate(PRODUCTS)), else_=0)
    done = select(Treatment.episode_id, func.count().label("number"), func.bit_or(bits).label("products"))
    done = done.where(Treatment.state == "done", *narrowed(Treatment.episode_id, only))
    return done.group_by(Treatment.episode_id).subquery()


def _first_dose(only: Only) -> Subquery:
    order = (Treatment.episode_id, Treatment.on_date, Treatment.id)
    first = select(Treatment.episode_id, Treatment.total_nucleated_cells.label("dose"))
    first = first.where(Treatment.state == "done", *narrowed(Treatment.episode_id, only))
    return first.ext(distinct_on(Treatment.episode_id)).order_by(*order).subquery()


def _code(column: ColumnElement[Any], words: Sequence[str]) -> ColumnElement[int]:
    """The place of a text among the words, from 1; 0 where it is none of them."""
    return _small(func.coalesce(func.array_position(cast(list(words), ARRAY(String)), cast(column, String)), 0))


def _small(column: Any) -> ColumnElement[int]:
    return cast(column, SmallInteger)


def _number(column: Any) -> ColumnElement[float]:
    return func.coalesce(cast(column, Double), cast(literal("NaN"), Double))
