"""Where the report comes from: who asked for it, of which patients, made by which versions, from which rows."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from sqlalchemy.orm import Session

from surveys.i18n import format_whole_day
from surveys.i18n import gettext as _
from surveys.models import Clinic, Staff
from surveys.outcomes.claims.specification import SCORER
from surveys.outcomes.dashboard import Dashboard
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.reports.order import Order
from surveys.version import VERSION


def clinic_name(session: Session, order: Order) -> str:
    """The clinic of whoever asked; a person stands in one clinic."""
    return session.get_one(Clinic, session.get_one(Staff, order.staff_id).clinic_id).name


def moment(board: Dashboard) -> str:
    """When the answers were read."""
    return f"{format_whole_day(board.as_of.date())}, {board.as_of:%H:%M} UTC"


def cover(session: Session, board: Dashboard, order: Order, planned: str) -> list[list[str]]:
    """Names with values, as the first page prints them."""
    cohort = f"{order.saved}: {board.filters_words}" if order.saved else board.filters_words
    protocol = board.protocol
    facts = [
        (_("Patients"), f"{cohort}; {board.enrolled} " + _("enrolled")),
        (_("Responder rule"), f"{board.headline_rule}; {board.focus}"),
        (_("Planned?"), planned),
        (_("Data as of"), moment(board)),
        (_("Asked for by"), session.get_one(Staff, order.staff_id).name),
        (
            _("Protocol"),
            _("%(title)s, version %(version)d", title=protocol.title, version=protocol.version),
        ),
    ]
    return [list(pair) for pair in facts]


def origin(board: Dashboard) -> list[list[str]]:
    """Texts and hashes that a second computation would need."""
    filters = print_text(board.look.cohort.filters)
    facts = [
        (_("Filter"), filters),
        (_("SHA-256 of the filter"), sha256(filters.encode()).hexdigest()),
        (_("Rule"), board.rule.text),
        (_("Protocol"), f"{board.protocol.code} {board.protocol.version}"),
        (_("SHA-256 of the protocol"), board.protocol.source_hash),
        (_("Data as of"), board.as_of.isoformat()),
        (_("Computed by"), f"Backstory {VERSION}; {SCORER}"),
        (_("Set by"), f"Typst, typst {version('typst')}"),
    ]
    return [list(pair) for pair in facts]


def hashes(figures: Sequence[Figure]) -> list[list[Any]]:
    """Each figure with the number of its rows and the hash of the data behind it."""
    return [[figure.title, figure.code, len(figure.table.rows), figure.data_hash] for figure in figures]
