"""The one statement behind the page: the answers are read once, and everything is counted from them.

The database counts, since a clinic has hundreds of thousands of answers, and hands out some hundred rows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from surveys.outcomes.filters import Filters
from surveys.outcomes.quality import answer_counts, screen_counts
from surveys.outcomes.quality.taken import Row, standing_answers, taken_answers
from surveys.outcomes.queries import WHOLE

Rows = dict[str, list[Row]]


def read(session: Session, filters: Filters, sizes: dict[str, int]) -> dict[str, list[Row]]:
    """Return the rows of every part by its name; ``sizes``: items of each instrument whose straight lines count."""
    taken = taken_answers(filters)
    current = standing_answers(taken)
    parts = {
        "sources": screen_counts.sources(taken),
        "items": screen_counts.items(taken),
        "dimensions": screen_counts.dimensions(taken),
        "slips": screen_counts.slips(taken),
        "questionnaires": screen_counts.questionnaires(taken),
        "switches": screen_counts.switches(taken),
        "levels": answer_counts.levels(current),
        "straight_lines": answer_counts.straight_lines(current, sizes),
        "modes": answer_counts.modes(taken),
    }
    session.execute(WHOLE)
    found: dict[str, list[Row]] = {name: [] for name in parts}
    for name, row in session.execute(union_all(*(_named(name, part) for name, part in parts.items()))):
        found[name].append(row)
    return found


def _named(name: str, part: Select[Any]) -> Select[Any]:
    whole = func.to_jsonb(literal_column(name), type_=JSONB)
    return select(literal(name).label("part"), whole.label("row")).select_from(part.subquery(name))
