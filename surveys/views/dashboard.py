"""The responder dashboard: one protocol at a time, filtered by a form that works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.db import app_now, db
from surveys.models import Clinic, Episode, ProtocolVersion
from surveys.outcomes.dashboard import Dashboard, read
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.look import protocol_rules
from surveys.outcomes.plans.figures import standing_of
from surveys.outcomes.registry.nameless import look_at
from surveys.outcomes.sections import BY_CODE, OVERVIEW, SECTIONS, Section, section_of
from surveys.outcomes.words import interval_words, percent
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.filter_form import FilterForm, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.rule_form import chosen_rule, rule_choices
from surveys.views.saved_choice import retired_words

bp = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class Place:
    """Where a dashboard stands: the endpoints of its page, parts, tables and drawings, and of the people behind it.

    ``behind``: those of a rate, ``people``: those of another number.
    """

    show: str
    table: str
    drawing: str
    behind: str | None = None
    people: str | None = None
    more: str | None = None


AT_HOME = Place(
    "dashboard.show", "dashboard.table", "dashboard.drawing", "behind.show", "behind.people", "dashboard.more"
)
MOST_COUNTED = 2_000  # patients of a protocol's version
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
    """Show one protocol's outcomes: the rule in charge, and how many were lost."""
    return _page(OVERVIEW)


@bp.get("/dashboard/more/<section>")
@staff_page
def more(section: str) -> Reply:
    """Show a further part of the figures."""
    return _page(section)


@bp.get("/dashboard/<code>.csv")
@staff_page
def table(code: str) -> Reply:
    """The rows of one figure."""
    return figure_file(chosen_board(code), code, *CSV)


@bp.get("/dashboard/<code>.svg")
@staff_page
def drawing(code: str) -> Reply:
    """The drawing of one figure."""
    return figure_file(chosen_board(code), code, *SVG)


def _page(code: str) -> Reply:
    section = BY_CODE.get(code) or abort(404)
    protocols = enrolled_protocols(db.session())
    if not protocols:
        return render_template("clinician/dashboard_empty.html")
    form = filter_form([protocol for protocol, _count in protocols])
    protocol = protocol_of(form, protocols)
    board = _board(form, protocol, chosen_rule(protocol), section)
    return dashboard_page(board, form, protocols, AT_HOME)


def dashboard_page(
    board: Dashboard, form: FilterForm, protocols: Sequence[tuple[Protocol, int]], at: Place, **more: object
) -> str:
    """Draw the page of the board's one part; ``at``: the endpoints that it leads to."""
    section, saved = board.sections[0], saved_cohort()
    shown = {"percent": percent, "interval_words": interval_words, "query": query_of(board), "at": at}
    shown |= {"saved": saved, "retired": bool(retired_words(saved)), "section": section, "sections": SECTIONS}
    shown["rules"] = rule_choices(board.protocol, board.rule)
    shown["filters_text"] = print_text(chosen_filters(form))
    template = "clinician/dashboard.html" if section.code == OVERVIEW else "clinician/dashboard_more.html"
    return render_template(template, board=board, form=form, protocols=protocols, **shown, **more)


def query_of(board: Dashboard) -> dict[str, str]:
    """What the addresses of the board's other pages carry on."""
    query = {name: value for name, value in request.args.items() if value and name != "rule"}
    standard = protocol_rules(board.protocol)[0].text
    own = {} if board.rule.text == standard else {"rule": board.rule.text}
    return query | own | {"protocol": board.protocol.code}


def figure_file(board: Dashboard, code: str, kind: str, ending: str, content: Callable[[Figure], str]) -> Reply:
    """One figure of the board to take away."""
    return file_of(board, board.figure(code) or abort(404), kind, ending, content)


def file_of(board: Dashboard, figure: Figure, kind: str, ending: str, content: Callable[[Figure], str]) -> Reply:
    """A figure that goes with a board, to take away."""
    name = f"{board.protocol.code}-{figure.code}-{board.as_of:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content(figure.of(board.filters_words)), content_type=f"{kind}; charset=utf-8", headers=headers)


def chosen_board(figure: str) -> Dashboard:
    """The part of the dashboard that a figure stands in, as the request's filters and rule choose it.

    404 while nobody is enrolled or where there is no such figure, 422 for a strange filter or rule.
    """
    protocols = enrolled_protocols(db.session())
    if not protocols:
        abort(404)
    form = filter_form([protocol for protocol, _count in protocols])
    protocol = protocol_of(form, protocols)
    rule = chosen_rule(protocol)
    return _board(form, protocol, rule, section_of(figure, rule.scale) or abort(404))


def protocol_of(form: FilterForm, protocols: Sequence[tuple[Protocol, int]]) -> Protocol:
    """The protocol that the form chooses."""
    return next(protocol for protocol, _count in protocols if protocol.code == form.protocol.data)


def enrolled_protocols(session: Session) -> list[tuple[Protocol, int]]:
    """The newest version of each protocol that anybody is enrolled in, the fullest first.

    Nobody is counted beyond ``MOST_COUNTED`` of a version: a page's cost must not follow the number of patients.
    """
    some = select(Episode.id).where(Episode.protocol_id == ProtocolVersion.id).limit(MOST_COUNTED)
    counted = select(func.count()).select_from(some.correlate(ProtocolVersion).subquery().lateral())
    code, enrolled = ProtocolVersion.code, func.sum(counted.scalar_subquery())
    counts = {name: int(number) for name, number in session.execute(select(code, enrolled).group_by(code))}
    rows = [row for row in protocol_store.newest(session) if counts.get(row.code)]
    found = [(protocol_store.protocol_of(row), counts[row.code]) for row in rows]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].code))


def _board(form: FilterForm, protocol: Protocol, rule: Rule, section: Section) -> Dashboard:
    session = db.session()
    cohort = read(session, protocol, chosen_filters(form), rule, (section,), now=app_now(session))
    board = look_at(cohort, rule, (section,))
    return replace(board, standing=standing_of(session, board.look))
