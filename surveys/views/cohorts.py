"""Saved choices of patients: a list, and saving one. Figures, exports and claims take them by their address."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from surveys.access import policy
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.models import SavedCohort, Staff
from surveys.outcomes import saved_cohorts
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.sites import granted_sites, offered

bp = Blueprint("cohorts", __name__)
LONGEST = 80


@bp.get("/cohorts")
@staff_page
def index() -> Reply:
    """List each choice in words, the newest version first: older ones stay what they were."""
    known, session = _known(), db.session()
    lines = [_line(row, known) for row in saved_cohorts.newest(session)]
    older = {name: [_line(row, known) for row in rows] for name, rows in saved_cohorts.earlier(session).items()}
    return render_template("clinician/cohorts.html", lines=lines, older=older)


def _known() -> dict[str, Protocol]:
    """The protocols by code: the clinic's, or those of the sites that a registry analyst reads."""
    if identity().role in policy.REGISTRY:
        return {protocol.code: protocol for protocol, _count in offered(granted_sites())}
    return {row.code: protocol_store.protocol_of(row) for row in protocol_store.newest(db.session())}


def _line(row: SavedCohort, protocols: dict[str, Protocol]) -> tuple[SavedCohort, str, str]:
    """The choice, in words, and who saved it."""
    filters = parse(row.filters)
    by = db.session.get_one(Staff, row.saved_by).name
    if identity().role in policy.REGISTRY and row.saved_by != identity().staff_id:
        by = _("somebody of your clinic")  # no name of a clinic's staff leaves it
    protocol = protocols.get(filters.protocol)
    return row, words(filters, protocol) if protocol else row.filters, by


@bp.post("/cohorts")
@staff_page
def save() -> Reply:
    """Keep a choice under a name; the same name again makes its next version."""
    name = " ".join(request.form.get("name", "").split())
    if not name or len(name) > LONGEST or not name.isprintable():
        abort(422, _("Give the choice a name of up to %(n)d letters.", n=LONGEST))
    session, who = db.session(), identity()
    filters = _read(request.form.get("filters", ""))
    row, new = saved_cohorts.save(session, who.clinic_id, name, filters, actor=who.actor, now=app_now(session))
    session.commit()
    told = _("Saved as version %(version)d.", version=row.version) if new else _("It stands there already, unchanged.")
    flash(told, "good")
    return redirect(url_for("cohorts.index"), 303)


def _follow_ups(protocol: Protocol) -> set[str]:
    return {point.code for point in protocol.timepoints if not point.is_baseline}


def _read(text: str) -> Filters:
    """The choice; its protocol and arm have to be known here."""
    try:
        filters = parse(text)
    except FilterError as problem:
        abort(422, str(problem))
    protocol = _known().get(filters.protocol)
    if protocol is None or (filters.arm and filters.arm not in {arm.code for arm in protocol.arms}):
        abort(422, _("This choice names a protocol or an arm that there is not here."))
    if filters.timepoint and filters.timepoint not in _follow_ups(protocol):
        abort(422, _("This choice names a timepoint at which the protocol asks nobody again. Leave it out."))
    return filters
