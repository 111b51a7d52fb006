"""The responder dashboard: one protocol at a time, filtered by a form that works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from wtforms import DateField, Form, SelectField
from wtforms.validators import Optional

from surveys.access import policy
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.models import Clinic, Episode, ProtocolVersion
from surveys.models.episode import PAIN_GENERATORS
from surveys.outcomes.dashboard import Dashboard, build
from surveys.outcomes.figure import Figure
from surveys.outcomes.filters import Filters
from surveys.outcomes.words import interval_words, percent, timepoint_words
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.words import words

bp = Blueprint("dashboard", __name__)
FEWEST = 5  # patients of an arm, for whoever may not single anybody out


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


class FilterForm(Form):
    """What to look at; an empty choice is everything."""

    protocol = SelectField()
    arm = SelectField()
    timepoint = SelectField()
    pain_generator = SelectField()
    enrolled_from = DateField(validators=[Optional()])
    enrolled_to = DateField(validators=[Optional()])


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
    shown = {"percent": percent, "interval_words": interval_words, "query": query, "at": at}
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


def filter_form(protocols: Sequence[Protocol]) -> FilterForm:
    """Read the filters; what is not on offer is refused with a sentence."""
    form = FilterForm(request.args)
    by_code = {protocol.code: protocol for protocol in protocols}
    form.protocol.data = request.args.get("protocol") or protocols[0].code
    chosen = by_code.get(form.protocol.data) or _refuse()
    everything = [("", _("All"))]
    form.protocol.choices = [(code, protocol.title) for code, protocol in by_code.items()]
    form.arm.choices = everything + [(arm.code, arm.label) for arm in chosen.arms]
    form.timepoint.choices = everything + [
        (timepoint.code, timepoint_words(timepoint)) for timepoint in chosen.timepoints if not timepoint.is_baseline
    ]
    form.pain_generator.choices = everything + [(code, words(code)) for code in PAIN_GENERATORS]
    for field in (form.arm, form.timepoint, form.pain_generator):
        field.data = field.data or ""
    if not form.validate():
        _refuse()
    first, last = form.enrolled_from.data, form.enrolled_to.data
    if first and last and first > last:
        abort(422, _("The first day of enrolment is after the last. Change one of them."))
    return form


def _refuse() -> NoReturn:
    abort(422, _("This filter is not one of those on offer. Go to the dashboard and choose again."))


def _board(form: FilterForm, protocols: Sequence[Protocol]) -> Dashboard:
    chosen = next(protocol for protocol in protocols if protocol.code == form.protocol.data)
    session = db.session()
    return build(session, chosen, chosen_filters(form), now=app_now(session))


def chosen_filters(form: FilterForm) -> Filters:
    """What the form chooses; whoever reads without names sees no arm of a handful.

    Outside the clinic only those are counted who allow research.
    """
    return Filters(
        protocol=form.protocol.data,
        arm=form.arm.data or None,
        timepoint=form.timepoint.data or None,
        pain_generator=form.pain_generator.data or None,
        enrolled_from=form.enrolled_from.data,
        enrolled_to=form.enrolled_to.data,
        fewest=FEWEST if identity().role in policy.NAMELESS else 0,
        permitted="research" if identity().role in policy.REGISTRY else None,
    )
