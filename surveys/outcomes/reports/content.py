"""All that a report says, as one document of texts and numbers; the type is set from it and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.outcomes.dashboard import Dashboard, read
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.filters import Filters
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.outcomes.plans.figures import standing_of
from surveys.outcomes.plans.figures import words as plan_words
from surveys.outcomes.plans.store import versions
from surveys.outcomes.plans.verdict import Verdict, Wanted, verdict
from surveys.outcomes.registry.nameless import look_at
from surveys.outcomes.reports.dictionary import dictionary
from surveys.outcomes.reports.figures import Drawing, drawing, printed_figure
from surveys.outcomes.reports.flow_words import flow_words
from surveys.outcomes.reports.labels import labels
from surveys.outcomes.reports.methods import methods
from surveys.outcomes.reports.order import Order
from surveys.outcomes.reports.provenance import clinic_name, cover, hashes, moment, origin
from surveys.outcomes.reports.summary import summary
from surveys.outcomes.sections import SECTIONS, Section
from surveys.protocols.model import Protocol

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Content:
    """``document``: what is printed. ``drawings``: by figure. ``as_of``: the moment of the data, and of the file."""

    document: Mapping[str, Any]
    drawings: Mapping[str, Drawing]
    as_of: datetime


def board_of(session: Session, protocol: Protocol, filters: Filters, rule: Rule, *, now: datetime) -> Dashboard:
    """The dashboard with all its parts."""
    board = look_at(read(session, protocol, filters, rule, now=now), rule, SECTIONS)
    return replace(board, standing=standing_of(session, board.look))


def content(session: Session, board: Dashboard, order: Order, progress: Progress) -> Content:
    """Gather everything. ``progress``: told after each figure, of how many."""
    found, parts = _verdict(session, board), _built(board)
    figures = tuple(figure for part in parts.values() for figure in part)
    planned, drawn = plan_words(found), _drawn(figures, progress)
    document = {
        "language": order.language,
        "labels": labels(),
        "clinic": clinic_name(session, order),
        "title": board.protocol.title,
        "as_of": board.as_of.isoformat(),
        "moment": moment(board),
        "day": [board.as_of.year, board.as_of.month, board.as_of.day],
        "cover": cover(session, board, order, planned),
        "summary": summary(board),
        "flow": flow_words(board.look),
        "parts": [_part(section, own, drawn) for section, own in parts.items() if board.enrolled],
        "methods": methods(board, planned, held=found.planned_on is not None),
        "dictionary": dictionary(board.protocol, order.filters, figures),
        "origin": origin(board),
        "hashes": hashes(figures),
    }
    return Content(document, {code: each for code, each in drawn.items() if each}, board.as_of)


def _verdict(session: Session, board: Dashboard) -> Verdict:
    """Whether a plan holds the rule in charge at its timepoint, of these patients."""
    look = board.look
    filters = print_text(replace(look.cohort.filters, timepoint=None, fewest=0, permitted=None))
    endpoint = endpoint_of(board.protocol, board.rule, look.focus.code).text
    wanted = Wanted(filters, look.focus.code, endpoint=endpoint)
    return verdict(session, versions(session, board.protocol.code), wanted)


def _built(board: Dashboard) -> dict[Section, tuple[Figure, ...]]:
    """The parts of the dashboard with their figures, each built once."""
    return {section: replace(board, sections=(section,)).figures for section in SECTIONS}


def _drawn(figures: Sequence[Figure], progress: Progress) -> dict[str, Drawing | None]:
    found: dict[str, Drawing | None] = {}
    for figure in figures:
        found[figure.code] = drawing(figure)
        progress(len(found), len(figures) + 1)
    return found


def _part(section: Section, figures: Sequence[Figure], drawn: Mapping[str, Drawing | None]) -> dict[str, Any]:
    printed = [printed_figure(figure, drawn[figure.code]) for figure in figures]
    return {"code": section.code, "title": str(section.title), "figures": printed}
