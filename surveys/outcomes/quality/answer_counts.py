"""What is counted of the answers themselves, however they came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Select, case, func, select, tuple_

from surveys.outcomes.quality.taken import counts


def levels(current: CTE) -> Select[Any]:
    """One row per item, status and level of the answers that stand, and one per item, without a status."""
    item = (current.c.instrument, current.c.item)
    key = (*item, current.c.status, current.c.level)
    sets = func.grouping_sets(tuple_(*item), tuple_(*key))
    return select(*key, *counts(current)).group_by(sets)


def straight_lines(current: CTE, sizes: dict[str, int]) -> Select[Any]:
    """One row per instrument of ``sizes`` (items of each): complete ones, and those with one row throughout."""
    key = (current.c.instrument, current.c.response_id, current.c.patient_id)
    answered = func.count(current.c.level)
    spread = (func.max(current.c.level) - func.min(current.c.level)).label("spread")
    each = select(*key, spread, func.max(current.c.level).label("level")).group_by(*key)
    of_size = case(sizes, value=current.c.instrument)
    lines = each.where(current.c.instrument.in_(sizes)).having(answered == of_size).subquery()
    same = func.count().filter(lines.c.spread == 0)
    lowest = func.count().filter(lines.c.spread == 0, lines.c.level == 0)
    columns = (lines.c.instrument, *counts(lines), same.label("same"), lowest.label("lowest"))
    return select(*columns).group_by(lines.c.instrument)


def modes(taken: CTE) -> Select[Any]:
    """One row per mode: questionnaires that anybody began."""
    each = select(taken.c.response_id, taken.c.entered, taken.c.patient_id).distinct().subquery()
    return select(each.c.entered, *counts(each)).group_by(each.c.entered)
