"""The data-quality page: how the screens were used and what the answers look like. No patient is named on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, abort, render_template, request
from wtforms import DateField, Form, SelectField
from wtforms.validators import Optional

from surveys.access import policy
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.outcomes.figure import Figure
from surveys.outcomes.filters import Filters
from surveys.outcomes.quality.page import Quality, build
from surveys.outcomes.words import timepoint_words
from surveys.protocols.model import Protocol
from surveys.views.dashboard import CSV, FEWEST, SVG, Place, enrolled_protocols
from surveys.views.guard import Reply, identity, staff_page

bp = Blueprint("quality", __name__)
HERE = Place("quality.show", "quality.table", "quality.drawing")


class QualityForm(Form):
    """What to look at; an empty choice is everything."""

    protocol = SelectField()
    timepoint = SelectField()
    enrolled_from = DateField(validators=[Optional()])
    enrolled_to = DateField(validators=[Optional()])


@bp.get("/quality")
@staff_page
def show() -> Reply:
    """Show how good one protocol's data are."""
    protocols = enrolled_protocols(db.session())
    if not protocols:
        return render_template("clinician/dashboard_empty.html")
    form = _form([protocol for protocol, _count in protocols])
    board = _board(form, [protocol for protocol, _count in protocols])
    query = {name: value for name, value in request.args.items() if value} | {"protocol": board.protocol.code}
    shown = {"board": board, "form": form, "protocols": protocols, "query": query, "at": HERE}
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
    board = _board(_form(protocols), protocols)
    figure = board.figure(code) or abort(404)
    name = f"{board.protocol.code}-quality-{figure.code}-{board.as_of:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content(figure), content_type=f"{kind}; charset=utf-8", headers=headers)


def _form(protocols: Sequence[Protocol]) -> QualityForm:
    """Read the filters; what is not on offer is refused with a sentence."""
    form = QualityForm(request.args)
    by_code = {protocol.code: protocol for protocol in protocols}
    form.protocol.data = request.args.get("protocol") or protocols[0].code
    form.protocol.choices = [(code, protocol.title) for code, protocol in by_code.items()]
    points = by_code[form.protocol.data].timepoints if form.protocol.data in by_code else ()
    form.timepoint.choices = [("", _("All")), *((point.code, timepoint_words(point)) for point in points)]
    form.timepoint.data = form.timepoint.data or ""
    if not form.validate():
        abort(422, _("This filter is not one of those on offer. Go to the page Data quality and choose again."))
    first, last = form.enrolled_from.data, form.enrolled_to.data
    if first and last and first > last:
        abort(422, _("The first day of enrolment is after the last. Change one of them."))
    return form


def _board(form: QualityForm, protocols: Sequence[Protocol]) -> Quality:
    chosen = next(protocol for protocol in protocols if protocol.code == form.protocol.data)
    filters = Filters(
        protocol=chosen.code,
        timepoint=form.timepoint.data or None,
        enrolled_from=form.enrolled_from.data,
        enrolled_to=form.enrolled_to.data,
        fewest=_fewest(),
    )
    session = db.session()
    return build(session, chosen, filters, now=app_now(session))


def _fewest() -> int:
    """Whoever reads without names sees no row about a handful of people."""
    return FEWEST if identity().role in policy.NAMELESS else 0
