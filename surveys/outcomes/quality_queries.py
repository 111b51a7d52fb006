"""The one statement behind the data-quality page: the answers are read once, and everything is counted from them.

The database counts, since a clinic has hundreds of thousands of answers, and hands out some hundred rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Select,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, distinct_on
from sqlalchemy.orm import Session

from surveys.models import Answer, Episode, ProtocolVersion, Response, ScreenUse, Visit
from surveys.outcomes.cohort import WHOLE
from surveys.outcomes.filters import Filters

QUARTILES = cast([0.25, 0.5, 0.75], ARRAY(Float))
HANDHELD = 600  # CSS pixels of the shorter side; from there on a touched screen is a tablet's
ROW_HEIGHTS = (44, 48, 56, 72)  # CSS pixels at which a band of row heights begins; 44 is the least we draw
WIDTHS = (360, 414, 600, 1024)  # likewise, of the viewport
TEXT_SIZES = (95, 106, 151)  # likewise, per cent of the usual text
DIMENSIONS = (
    "layout",
    "device",
    "width_band",
    "text_band",
    "orientation",
    "input_path",
    "translated",
    "queued",
    "app_version",
)
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


def _taken(filters: Filters) -> CTE:
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
        .where(ProtocolVersion.code == filters.protocol, *filters.conditions())
    )
    if filters.timepoint:
        statement = statement.where(Visit.timepoint == filters.timepoint)
    return statement.cte("taken")


def _current(taken: CTE) -> CTE:
    """The newest answer of each item, unless it was cleared."""
    newest = select(taken).ext(distinct_on(taken.c.response_id, taken.c.item))
    found = newest.order_by(taken.c.response_id, taken.c.item, taken.c.id.desc()).subquery()
    return select(found).where(found.c.status != "cleared").cte("standing")


def _counts(of: Any) -> list[Any]:
    return [func.count().label("answers"), func.count(distinct(of.c.patient_id)).label("patients")]


def _of_screens(taken: CTE) -> list[Any]:
    """What is counted of the screens that patients confirmed; quartiles are in milliseconds."""
    return [
        *_counts(taken),
        func.count(taken.c.viewport_width).label("measured"),
        func.count(taken.c.confirmed_ms).label("timed"),
        func.percentile_cont(QUARTILES).within_group(taken.c.confirmed_ms).label("quartiles"),
        func.count(taken.c.changes).label("watched"),
        func.count().filter(taken.c.changes > 0).label("changed"),
        func.count().filter(taken.c.backs > 0).label("returned"),
        func.count(taken.c.slips).filter(taken.c.row_height.is_not(None)).label("on_rows"),
        func.count().filter(taken.c.slips > 0, taken.c.row_height.is_not(None)).label("slipped"),
    ]


def _sources(taken: CTE) -> Select[Any]:
    """How the answers came: how many at all, on an item screen, there by patients, and those with scripts."""
    screens = func.count(taken.c.answer_id)
    by_patients = func.count().filter(taken.c.own_screen)
    scripts = func.count().filter(taken.c.own_screen, taken.c.viewport_width.is_not(None))
    return select(*_counts(taken), screens.label("screens"), by_patients.label("own"), scripts.label("scripts"))


def _items(taken: CTE) -> Select[Any]:
    """One row per item."""
    key = (taken.c.instrument, taken.c.item)
    columns: list[Any] = [*key, *_of_screens(taken)]
    return select(*columns).where(taken.c.own_screen).group_by(*key)


def _dimensions(taken: CTE) -> Select[Any]:
    """One row per value of each of ``DIMENSIONS``; ``which`` tells the dimension by its place, see ``grouped_by``."""
    keys = [taken.c[name] for name in DIMENSIONS]
    sets = func.grouping_sets(*(tuple_(key) for key in keys))
    columns: list[Any] = [*keys, func.grouping(*keys).label("which"), *_of_screens(taken)]
    return select(*columns).where(taken.c.own_screen).group_by(sets)


def grouped_by(which: int) -> str:
    """The dimension of a row: the one whose bit is not set, the first one's being the highest."""
    size = len(DIMENSIONS)
    return next(name for at, name in enumerate(DIMENSIONS) if not which >> (size - 1 - at) & 1)


def _slips(taken: CTE) -> Select[Any]:
    """One row per class of device and band of row heights, of answers given on rows."""
    key = (taken.c.device, taken.c.row_band)
    known = (taken.c.device.is_not(None), taken.c.row_band.is_not(None), taken.c.slips.is_not(None))
    statement = select(*key, *_counts(taken), func.count().filter(taken.c.slips > 0).label("slipped"))
    return statement.where(taken.c.own_screen, *known).group_by(*key)


def _questionnaires(taken: CTE) -> Select[Any]:
    """One row per instrument: the time that its screens took together, where every one of them is known."""
    key = (taken.c.instrument, taken.c.response_id, taken.c.patient_id)
    whole = func.count() == func.count(taken.c.confirmed_ms)
    spent = case((and_(whole, func.bool_and(taken.c.own_screen)), func.sum(taken.c.confirmed_ms)))
    each = select(*key, spent.label("spent")).group_by(*key).subquery()
    quartiles = func.percentile_cont(QUARTILES).within_group(each.c.spent).label("quartiles")
    columns = (each.c.instrument, *_counts(each), func.count(each.c.spent).label("timed"), quartiles)
    return select(*columns).group_by(each.c.instrument)


def _switches(taken: CTE) -> Select[Any]:
    """Visits with answers on a known class of device, and how many of them saw more than one."""
    key = (taken.c.visit_id, taken.c.patient_id)
    devices = func.count(distinct(taken.c.device)).label("devices")
    each = select(*key, devices).where(taken.c.own_screen).group_by(*key).having(devices > 0).subquery()
    return select(*_counts(each), func.count().filter(each.c.devices > 1).label("switched"))


def _levels(current: CTE) -> Select[Any]:
    """One row per item, status and level of the answers that stand, and one per item, without a status."""
    item = (current.c.instrument, current.c.item)
    key = (*item, current.c.status, current.c.level)
    sets = func.grouping_sets(tuple_(*item), tuple_(*key))
    return select(*key, *_counts(current)).group_by(sets)


def _straight_lines(current: CTE, sizes: dict[str, int]) -> Select[Any]:
    """One row per instrument of ``sizes`` (items of each): complete ones, and those with one row throughout."""
    key = (current.c.instrument, current.c.response_id, current.c.patient_id)
    answered = func.count(current.c.level)
    spread = (func.max(current.c.level) - func.min(current.c.level)).label("spread")
    each = select(*key, spread, func.max(current.c.level).label("level")).group_by(*key)
    of_size = case(sizes, value=current.c.instrument)
    lines = each.where(current.c.instrument.in_(sizes)).having(answered == of_size).subquery()
    same = func.count().filter(lines.c.spread == 0)
    lowest = func.count().filter(lines.c.spread == 0, lines.c.level == 0)
    columns = (lines.c.instrument, *_counts(lines), same.label("same"), lowest.label("lowest"))
    return select(*columns).group_by(lines.c.instrument)


def _modes(taken: CTE) -> Select[Any]:
    """One row per mode: questionnaires that anybody began."""
    each = select(taken.c.response_id, taken.c.entered, taken.c.patient_id).distinct().subquery()
    return select(each.c.entered, *_counts(each)).group_by(each.c.entered)


def read(session: Session, filters: Filters, sizes: dict[str, int]) -> dict[str, list[Row]]:
    """Return the rows of every part by its name; ``sizes``: items of each instrument whose straight lines count."""
    taken = _taken(filters)
    current = _current(taken)
    parts = {
        "sources": _sources(taken),
        "items": _items(taken),
        "dimensions": _dimensions(taken),
        "slips": _slips(taken),
        "questionnaires": _questionnaires(taken),
        "switches": _switches(taken),
        "levels": _levels(current),
        "straight_lines": _straight_lines(current, sizes),
        "modes": _modes(taken),
    }
    session.execute(WHOLE)
    found: dict[str, list[Row]] = {name: [] for name in parts}
    for name, row in session.execute(union_all(*(_named(name, part) for name, part in parts.items()))):
        found[name].append(row)
    return found


def _named(name: str, part: Select[Any]) -> Select[Any]:
    whole = func.to_jsonb(literal_column(name), type_=JSONB)
    return select(literal(name).label("part"), whole.label("row")).select_from(part.subquery(name))
