"""The data-quality page: how the screens were used and what the answers look like. No patient is named on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, abort, render_template, request

from surveys.access import policy
from surveys.db import app_now, db
from surveys.outcomes.figure import Figure
from surveys.outcomes.quality.page import Quality, build
from surveys.protocols.model import Protocol
from surveys.views.dashboard import CSV, SVG, Place, enrolled_protocols
from surveys.views.filter_form import FEWEST, FilterForm, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, identity, staff_page

bp = Blueprint("quality", __name__)
HERE = Place("quality.show", "quality.table", "quality.drawing")


@bp.get("/quality")
@staff_page
def show() -> Reply:
    """Show how good one protocol's data are."""
    protocols = enrolled_protocols(db.session())
    if not protocols:
        return render_template("clinician/dashboard_empty.html")
    form = filter_form([protocol for protocol, _count in protocols], baseline=True)
    board = _board(form, [protocol for protocol, _count in protocols])
    query = {name: value for name, value in request.args.items() if value} | {"protocol": board.protocol.code}
    shown = {"board": board, "form": form, "protocols": protocols, "query": query, "at": HERE, "saved": saved_cohort()}
    return render_template("clinician/quality.html", fewest=_fewest(), **shown)


@bp.get("/quality/<code>.csv")
@staff_page
def table(code: str) -> Reply:
    """The rows of one figure."""
    return _file(code, *CSV)


@bp.get("/quality/<code>.svg")
@staff_page
def drawing(code: str) -> Reply:
    """The drawing of one figure."""
    return _file(code, *SVG)


def _file(code: str, kind: str, ending: str, content: Callable[[Figure], str]) -> Reply:
    protocols = [protocol for protocol, _count in enrolled_protocols(db.session())] or abort(404)
    board = _board(filter_form(protocols, baseline=True), protocols)
    figure = board.figure(code) or abort(404)
    name = f"{board.protocol.code}-quality-{figure.code}-{board.as_of:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content(figure.of(board.filters_words)), content_type=f"{kind}; charset=utf-8", headers=headers)


def _board(form: FilterForm, protocols: Sequence[Protocol]) -> Quality:
    chosen = next(protocol for protocol in protocols if protocol.code == form.protocol.data)
    session = db.session()
    return build(session, chosen, chosen_filters(form), now=app_now(session))


def _fewest() -> int:
    """Whoever reads without names sees no row about a handful of people."""
    return FEWEST if identity().role in policy.NAMELESS else 0
