"""Freezing rows: what a claim stands on, read through the cohort that every figure is counted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import Goal, GoalRating, Visit
from surveys.outcomes.claims.facts import plain, read_facts
from surveys.outcomes.claims.frame import FLAGS, KEY, header, write_rows
from surveys.outcomes.claims.specification import DOSE, GOAL, Specification
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.filter_text import parse
from surveys.outcomes.loading import load_cohort
from surveys.outcomes.opioids import Doses, Stated, doses_at, opioid_statements
from surveys.protocols import store as protocol_store

EVER = datetime(9999, 1, 1, tzinfo=UTC)  # a dose recorded since, of a day in a window that was over, changes the rows


@dataclass(frozen=True, slots=True)
class Frozen:
    """Canonical CSV, and which episode each pseudonymous number is."""

    rows: str
    episodes: Mapping[str, UUID]


def freeze(session: Session, specification: Specification) -> Frozen:
    """Read the rows as they stand now, of those episodes and windows that there were at the specification's moment."""
    as_of = datetime.fromisoformat(specification.as_of)
    filters = replace(parse(specification.cohort), permitted=specification.permitted)
    row = protocol_store.find(session, specification.protocol)
    assert row is not None  # noqa: S101 - a specification is of a protocol that is loaded
    scales = [code for code, _value_set in specification.scales if code not in (GOAL, DOSE)]
    cohort = load_cohort(session, protocol_store.protocol_of(row), filters, scales, now=as_of)
    facts = read_facts(session, filters, as_of=as_of)
    apart = {code for code, _value_set in specification.scales} - set(scales)
    goals = _goals(session, as_of) if GOAL in apart else {}
    stated = opioid_statements(session, filters, as_of=EVER) if DOSE in apart else {}
    columns = _columns(cohort, specification, goals, stated)
    rows, episodes = [], {}
    for at, episode_id in enumerate(cohort.ids):
        number, nth, known = facts.get(episode_id, (None, 0, {}))
        if number is None or specification.patient not in (None, number):
            continue
        key = f"{number}-{nth}"
        episodes[key] = episode_id
        own = {name: known[name] for name in specification.facts}
        rows.append({KEY: key, "arm": cohort.arms[at], **own, **{name: column[at] for name, column in columns.items()}})
    return Frozen(write_rows(header(specification), rows), episodes)


Goals = Mapping[tuple[str, UUID], int]


def _columns(cohort: Cohort, specification: Specification, goals: Goals, stated: Stated) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for point in specification.timepoints:
        standing = cohort.standing(point.code)
        columns[point.code] = _standing(standing)
        shown = standing.closed | point.baseline
        for code, value_set in specification.scales:
            if code == GOAL:
                read = [plain(goals.get((point.code, episode_id))) for episode_id in cohort.ids]
            elif code == DOSE:
                read = _dose_words(doses_at(cohort, stated, point.code))
            else:
                read = _words(cohort.reading(point.code, (code, value_set)))
            columns[f"{point.code}.{code}"] = [text if shown[at] else "" for at, text in enumerate(read)]
    return columns


def _standing(standing: Standing) -> list[str]:
    """How each stood once the window was over; nothing before."""
    flags = [getattr(standing, name) for name in FLAGS]
    return [
        "+".join(name for name, flag in zip(FLAGS, flags, strict=True) if flag[at]) if standing.closed[at] else ""
        for at in range(len(standing.closed))
    ]


def _words(reading: Reading) -> list[str]:
    """A score, or why there is none."""
    late = np.where(reading.proxy, "late_proxy", "late")
    timely = np.where(reading.proxy, "proxy", "not_scorable")
    absent = np.select([reading.late, reading.answered], [late, timely], "")
    finite = np.isfinite(reading.value)
    return [plain(float(reading.value[at])) if finite[at] else str(absent[at]) for at in range(len(finite))]


def _dose_words(doses: Doses) -> list[str]:
    """MME a day, or that what was recorded gives none."""
    absent = np.where(doses.not_evaluable, "not_scorable", "")
    finite = np.isfinite(doses.mme)
    return [plain(float(doses.mme[at])) if finite[at] else str(absent[at]) for at in range(len(finite))]


def _goals(session: Session, as_of: datetime) -> Goals:
    """The newest rating of each episode at each timepoint, of the goal that stood last."""
    rated = select(Visit.timepoint, Goal.episode_id, GoalRating.rating).join(Visit, Visit.id == GoalRating.visit_id)
    rated = rated.join(Goal, Goal.id == GoalRating.goal_id).where(GoalRating.recorded_at <= as_of)
    rows = session.execute(rated.order_by(GoalRating.on_date, GoalRating.recorded_at, GoalRating.id))
    return {(row.timepoint, row.episode_id): row.rating for row in rows}
