"""Every acknowledged answer of the chosen visits, with its screen where one is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, cast, distinct, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from surveys.models import Answer, Episode, ProtocolVersion, Response, ScreenUse, Visit
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filters import Filters

HANDHELD = 600  # CSS pixels of the shorter side; from there on a touched screen is a tablet's
ROW_HEIGHTS = (44, 48, 56, 72)  # CSS pixels at which a band of row heights begins; 44 is the least we draw
WIDTHS = (360, 414, 600, 1024)  # likewise, of the viewport
TEXT_SIZES = (95, 106, 151)  # likewise, per cent of the usual text
MEASURED = (
    ScreenUse.answer_id,
    ScreenUse.layout,
    ScreenUse.app_version,
    ScreenUse.confirmed_ms,
    ScreenUse.changes,
    ScreenUse.slips,
    ScreenUse.backs,
    ScreenUse.viewport_width,
    ScreenUse.row_height,
    ScreenUse.orientation,
    ScreenUse.input_path,
    ScreenUse.translated,
    ScreenUse.queued,
)
Row = Mapping[str, Any]


def _device() -> ColumnElement[str | None]:
    """A screen that is touched is a phone's or, from ``HANDHELD`` on, a tablet's; any other a computer's."""
    touched = ScreenUse.pointer.in_(("touch", "pen"))
    shorter = func.least(ScreenUse.viewport_width, ScreenUse.viewport_height)
    return case(
        (and_(touched, shorter < HANDHELD), "phone"),
        (and_(touched, shorter >= HANDHELD), "tablet"),
        (ScreenUse.pointer.in_(("mouse", "keyboard")), "computer"),
    )


def _band(value: ColumnElement[Any], starts: Sequence[int]) -> ColumnElement[int | None]:
    return func.width_bucket(value, cast(list(starts), ARRAY(value.type)))


def _columns() -> list[Any]:
    return [
        Episode.patient_id,
        Visit.id.label("visit_id"),
        Response.id.label("response_id"),
        Response.instrument,
        Response.mode.label("entered"),
        Answer.id,
        Answer.item,
        Answer.status,
        Answer.level,
        and_(ScreenUse.answer_id.is_not(None), Answer.author_id.is_(None)).label("own_screen"),
        *MEASURED,
        _device().label("device"),
        _band(ScreenUse.row_height.expression, ROW_HEIGHTS).label("row_band"),
        _band(ScreenUse.viewport_width.expression, WIDTHS).label("width_band"),
        _band(ScreenUse.text_size.expression, TEXT_SIZES).label("text_band"),
    ]


def taken_answers(filters: Filters) -> CTE:
    """Every acknowledged answer of the chosen visits, with its screen where one is known."""
    visits = and_(Visit.clinic_id == Response.clinic_id, Visit.id == Response.visit_id)
    statement = (
        select(*_columns())
        .select_from(Answer)
        .join(Response, and_(Response.clinic_id == Answer.clinic_id, Response.id == Answer.response_id))
        .join(Visit, visits)
        .join(Episode, and_(Episode.clinic_id == Visit.clinic_id, Episode.id == Visit.episode_id))
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .outerjoin(ScreenUse, and_(ScreenUse.clinic_id == Answer.clinic_id, ScreenUse.answer_id == Answer.id))
        .where(ProtocolVersion.code == filters.protocol, *conditions(filters))
    )
    if filters.mode:
        statement = statement.where(Response.mode == filters.mode)
    if filters.timepoint:
        statement = statement.where(Visit.timepoint == filters.timepoint)
    return statement.cte("taken")


def standing_answers(taken: CTE) -> CTE:
    """The newest answer of each item, unless it was cleared."""
    newest = select(taken).ext(distinct_on(taken.c.response_id, taken.c.item))
    found = newest.order_by(taken.c.response_id, taken.c.item, taken.c.id.desc()).subquery()
    return select(found).where(found.c.status != "cleared").cte("standing")


def counts(of: Any) -> list[Any]:
    """How many rows, and how many patients behind them."""
    return [func.count().label("answers"), func.count(distinct(of.c.patient_id)).label("patients")]
