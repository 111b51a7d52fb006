"""The responder dashboard: one protocol at a time, filtered by a form that works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.db import app_now, db
from surveys.models import Clinic, Episode, ProtocolVersion
from surveys.outcomes.dashboard import Dashboard, build
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.words import interval_words, percent
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.filter_form import FilterForm, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, identity, staff_page

bp = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class Place:
    """Where a dashboard stands: the endpoints of its page, tables and drawings, and those of the patients behind it."""

    show: str
    table: str
    drawing: str
    behind: str | None = None


AT_HOME = Place("dashboard.show", "dashboard.table", "dashboard.drawing", "behind.show")
CSV = ("text/csv", "csv", lambda figure: "\ufeff" + figure.table.csv())
SVG = ("image/svg+xml", "svg", lambda figure: figure.svg_file() if figure.chart else abort(404))


@bp.app_context_processor
def clinic_words() -> dict[str, Callable[[], str]]:
    """Let staff pages name their clinic; it is read only where a page does."""
    return {"clinic_name": _clinic_name}


def _clinic_name() -> str:
    if "clinic_name" not in g:
        g.clinic_name = db.session.scalar(select(Clinic.name).where(Clinic.id == identity().clinic_id))
    return str(g.clinic_name)


@bp.get("/dashboard")
@staff_page
def show() -> Reply:
    """Show one protocol's outcomes."""
    protocols = enrolled_protocols(db.session())
    if not protocols:
        return render_template("clinician/dashboard_empty.html")
    form = filter_form([protocol for protocol, _count in protocols])
    board = _board(form, [protocol for protocol, _count in protocols])
    return dashboard_page(board, form, protocols, AT_HOME)


@bp.get("/dashboard/<code>.csv")
@staff_page
def table(code: str) -> Reply:
    """The rows of one figure."""
    return figure_file(chosen_board(), code, *CSV)


@bp.get("/dashboard/<code>.svg")
@staff_page
def drawing(code: str) -> Reply:
    """The drawing of one figure."""
    return figure_file(chosen_board(), code, *SVG)


def dashboard_page(
    board: Dashboard, form: FilterForm, protocols: Sequence[tuple[Protocol, int]], at: Place, **more: object
) -> str:
    """Draw the page; ``at``: the endpoints that it leads to."""
    query = {name: value for name, value in request.args.items() if value} | {"protocol": board.protocol.code}
    shown = {"percent": percent, "interval_words": interval_words, "query": query, "at": at, "saved": saved_cohort()}
    shown["filters_text"] = print_text(chosen_filters(form))
    template = "clinician/dashboard.html"
    return render_template(template, board=board, form=form, protocols=protocols, **shown, **more)


def figure_file(board: Dashboard, code: str, kind: str, ending: str, content: Callable[[Figure], str]) -> Reply:
    """One figure of the board to take away."""
    figure = board.figure(code) or abort(404)
    name = f"{board.protocol.code}-{figure.code}-{board.as_of:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content(figure), content_type=f"{kind}; charset=utf-8", headers=headers)


def chosen_board() -> Dashboard:
    """The dashboard that the request's filters choose; 404 while nobody is enrolled, 422 for a strange filter."""
    protocols = [protocol for protocol, _count in enrolled_protocols(db.session())]
    if not protocols:
        abort(404)
    return _board(filter_form(protocols), protocols)


def enrolled_protocols(session: Session) -> list[tuple[Protocol, int]]:
    """The newest version of each protocol that anybody is enrolled in, the fullest first."""
    code, enrolled = ProtocolVersion.code, func.count(Episode.id)
    joined = select(code, enrolled).join(Episode, Episode.protocol_id == ProtocolVersion.id).group_by(code)
    counts = dict(session.execute(joined).all())
    rows = [row for row in protocol_store.newest(session) if counts.get(row.code)]
    found = [(protocol_store.protocol_of(row), counts[row.code]) for row in rows]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].code))


def _board(form: FilterForm, protocols: Sequence[Protocol]) -> Dashboard:
    chosen = next(protocol for protocol in protocols if protocol.code == form.protocol.data)
    session = db.session()
    return build(session, chosen, chosen_filters(form), now=app_now(session))
