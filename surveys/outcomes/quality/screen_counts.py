"""What is counted of the screens on which patients gave their answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Float, Select, and_, case, cast, distinct, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from surveys.outcomes.quality.taken import counts

QUARTILES = cast([0.25, 0.5, 0.75], ARRAY(Float))
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


def _of_screens(taken: CTE) -> list[Any]:
    """What is counted of the screens that patients confirmed; quartiles are in milliseconds."""
    return [
        *counts(taken),
        func.count(taken.c.confirmed_ms).label("timed"),
        func.percentile_cont(QUARTILES).within_group(taken.c.confirmed_ms).label("quartiles"),
        func.count(taken.c.changes).label("watched"),
        func.count().filter(taken.c.changes > 0).label("changed"),
        func.count().filter(taken.c.backs > 0).label("returned"),
    ]


def sources(taken: CTE) -> Select[Any]:
    """How the answers came: how many at all, on an item screen, there by patients, and those with scripts."""
    screens = func.count(taken.c.answer_id)
    by_patients = func.count().filter(taken.c.own_screen)
    scripts = func.count().filter(taken.c.own_screen, taken.c.viewport_width.is_not(None))
    return select(*counts(taken), screens.label("screens"), by_patients.label("own"), scripts.label("scripts"))


def items(taken: CTE) -> Select[Any]:
    """One row per item."""
    key = (taken.c.instrument, taken.c.item)
    columns: list[Any] = [*key, *_of_screens(taken)]
    return select(*columns).where(taken.c.own_screen).group_by(*key)


def dimensions(taken: CTE) -> Select[Any]:
    """One row per value of each of ``DIMENSIONS``; ``which`` tells the dimension by its place, see ``grouped_by``."""
    keys = [taken.c[name] for name in DIMENSIONS]
    sets = func.grouping_sets(*(tuple_(key) for key in keys))
    columns: list[Any] = [*keys, func.grouping(*keys).label("which"), *_of_screens(taken)]
    return select(*columns).where(taken.c.own_screen).group_by(sets)


def grouped_by(which: int) -> str:
    """The dimension of a row: the one whose bit is not set, the first one's being the highest."""
    size = len(DIMENSIONS)
    return next(name for at, name in enumerate(DIMENSIONS) if not which >> (size - 1 - at) & 1)


def slips(taken: CTE) -> Select[Any]:
    """One row per class of device and band of row heights, of answers given on rows."""
    key = (taken.c.device, taken.c.row_band)
    known = (taken.c.device.is_not(None), taken.c.row_band.is_not(None), taken.c.slips.is_not(None))
    statement = select(*key, *counts(taken), func.count().filter(taken.c.slips > 0).label("slipped"))
    return statement.where(taken.c.own_screen, *known).group_by(*key)


def questionnaires(taken: CTE) -> Select[Any]:
    """One row per instrument: the time that its screens took together, where every one of them is known."""
    key = (taken.c.instrument, taken.c.response_id, taken.c.patient_id)
    whole = func.count() == func.count(taken.c.confirmed_ms)
    spent = case((and_(whole, func.bool_and(taken.c.own_screen)), func.sum(taken.c.confirmed_ms)))
    each = select(*key, spent.label("spent")).group_by(*key).subquery()
    quartiles = func.percentile_cont(QUARTILES).within_group(each.c.spent).label("quartiles")
    columns = (each.c.instrument, *counts(each), func.count(each.c.spent).label("timed"), quartiles)
    return select(*columns).group_by(each.c.instrument)


def switches(taken: CTE) -> Select[Any]:
    """Visits with answers on a known class of device, and how many of them saw more than one."""
    key = (taken.c.visit_id, taken.c.patient_id)
    devices = func.count(distinct(taken.c.device)).label("devices")
    each = select(*key, devices).where(taken.c.own_screen).group_by(*key).having(devices > 0).subquery()
    return select(*counts(each), func.count().filter(each.c.devices > 1).label("switched"))
