"""Saved choices of patients: a list, saving and retiring one. Figures, files and claims take them by their address."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from surveys.access import policy
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.models import SavedCohort, Staff
from surveys.outcomes import retired_cohorts, saved_cohorts
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.saved_choice import retired_sentence
from surveys.views.sites import granted_sites, offered

bp = Blueprint("cohorts", __name__)
LONGEST = 80


@bp.get("/cohorts")
@staff_page
def index() -> Reply:
    """List each choice in words, the newest version first: older ones stay what they were."""
    known, session = _known(), db.session()
    away = retired_cohorts.retired(session)
    lines = [_line(row, known) for row in saved_cohorts.newest(session)]
    older = {name: [_line(row, known) for row in rows] for name, rows in saved_cohorts.earlier(session).items()}
    used, rest = ([line for line in lines if (line[0].name in away) is gone] for gone in (False, True))
    told = {name: (row.retired_at, _name_of(row.retired_by)) for name, row in away.items()}
    return render_template("clinician/cohorts.html", lines=used, retired=rest, told=told, older=older)


def _known() -> dict[str, Protocol]:
    """The protocols by code: the clinic's, or those of the sites that a registry analyst reads."""
    if identity().role in policy.REGISTRY:
        return {protocol.code: protocol for protocol, _count in offered(granted_sites())}
    return {row.code: protocol_store.protocol_of(row) for row in protocol_store.newest(db.session())}


def _line(row: SavedCohort, protocols: dict[str, Protocol]) -> tuple[SavedCohort, str, str]:
    """The choice, in words, and who saved it."""
    return row, _in_words(row.filters, protocols), _name_of(row.saved_by)


def _in_words(text: str, protocols: dict[str, Protocol]) -> str:
    try:
        filters = parse(text)
    except FilterError as problem:
        return _("This choice can no longer be read: %(why)s", why=problem)
    protocol = protocols.get(filters.protocol)
    return words(filters, protocol) if protocol else text


def _name_of(staff_id: UUID) -> str:
    """Who did it; no name of a clinic's staff leaves it."""
    if identity().role in policy.REGISTRY and staff_id != identity().staff_id:
        return _("somebody of your clinic")
    return db.session.get_one(Staff, staff_id).name


@bp.post("/cohorts")
@staff_page
def save() -> Reply:
    """Keep a choice under a name; the same name again makes its next version."""
    name = " ".join(request.form.get("name", "").split())
    if not name or len(name) > LONGEST or not name.isprintable():
        abort(422, _("Give the choice a name of up to %(n)d letters.", n=LONGEST))
    session, who = db.session(), identity()
    filters = _read(request.form.get("filters", ""))
    try:
        row, new = saved_cohorts.save(session, who.clinic_id, name, filters, actor=who.actor, now=app_now(session))
    except retired_cohorts.RetiredError:
        abort(409, retired_sentence(name))
    session.commit()
    told = _("Saved as version %(version)d.", version=row.version) if new else _("It stands there already, unchanged.")
    flash(told, "good")
    return redirect(url_for("cohorts.index"), 303)


@bp.post("/cohorts/<uuid:cohort_id>/retire")
@staff_page
def retire(cohort_id: UUID) -> Reply:
    """Let nothing new be made with any version of the name; what was made with it keeps it."""
    session, row = db.session(), found.own(SavedCohort, cohort_id)
    new = retired_cohorts.retire(session, row, actor=identity().actor, now=app_now(session))
    session.commit()
    flash(_("%(name)s is retired.", name=row.name) if new else _("It is retired already."), "good")
    return redirect(url_for("cohorts.index", _anchor="retired"), 303)


@bp.post("/cohorts/<uuid:cohort_id>/bring-back")
@staff_page
def bring_back(cohort_id: UUID) -> Reply:
    """Let it be used again."""
    session, row = db.session(), found.own(SavedCohort, cohort_id)
    new = retired_cohorts.bring_back(session, row, actor=identity().actor, now=app_now(session))
    session.commit()
    flash(_("%(name)s can be used again.", name=row.name) if new else _("It is in use already."), "good")
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
