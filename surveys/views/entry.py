"""Staff enter answers from paper or an interview, and amend what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import Form

from scoring.instrument import load_instruments
from surveys.amendments import amendments_of
from surveys.answering.amending import NotFinal, amend
from surveys.answering.answers import AlreadySent
from surveys.answering.battery import battery_of
from surveys.answering.entry import ENTRY_MODES, Sheet, complete, enter_sheet, read_sheet, send_entered
from surveys.answering.responses import current_answers
from surveys.db import db
from surveys.enrolment.fields import choice, text_field
from surveys.i18n import gettext as _
from surveys.models import Response, Visit
from surveys.people.participation import consent_versions, participation
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.paper_consent import keep_consent, paper_consent
from surveys.views.seen import note_view
from surveys.wordings import wording_for
from surveys.wordings.marks import answered_unlicensed, marked

bp = Blueprint("entry", __name__)
CONSENT = "consent"


class ModeForm(Form):
    """How the answers were given."""

    mode = choice(ENTRY_MODES)


class AmendForm(Form):
    """Why a sent answer is changed."""

    reason = text_field(500, required=True)


@bp.get("/visits/<uuid:visit_id>/answers")
@staff_page
def choose(visit_id: UUID) -> Reply:
    """Lead to the first instrument of the visit; ``mode`` in the address comes along."""
    visit = found.own(Visit, visit_id)
    first = battery_of(found.protocol_for(visit), visit.timepoint)[0].instrument
    return redirect(url_for("entry.show", visit_id=visit_id, instrument=first, mode=_asked_mode()), 303)


def _asked_mode() -> str | None:
    """How the answers are given, where the page that led here said so."""
    mode = request.values.get("mode")
    return mode if mode in ENTRY_MODES else None


@bp.get("/visits/<uuid:visit_id>/answers/<instrument>")
@staff_page
def show(visit_id: UUID, instrument: str) -> Reply:
    """Show one instrument with its current answers."""
    return _page(_visit(visit_id), instrument)


@bp.post("/visits/<uuid:visit_id>/answers/<instrument>")
@staff_page
def save(visit_id: UUID, instrument: str) -> Reply:
    """Store an instrument, and send the visit when it is complete or wished."""
    visit = _visit(visit_id)
    asked = _asked(visit, instrument)
    protocol = found.protocol_for(visit)
    sheet, wrong = read_sheet(protocol, visit.timepoint, instrument, request.form)
    consent = paper_consent(visit)
    if wrong or not ModeForm(request.form).validate():
        wrong += [CONSENT] if consent is not None and not consent.validate() else []
        unsigned = consent.trouble if consent else None
        return _page(visit, instrument, wrong=wrong, typed=request.form, unsigned=unsigned), 422
    if consent is not None and not keep_consent(visit, consent):
        return _page(visit, instrument, wrong=[CONSENT], typed=request.form, unsigned=consent.trouble), 422
    try:
        sent = _store(visit, sheet)
    except AlreadySent:
        db.session.rollback()
        flash(_("This questionnaire is sent already. Amend the answer instead, with a reason."), "error")
        return _page(visit, instrument, typed=request.form), 409
    following = asked[asked.index(instrument) + 1 :]
    if sent or not following:
        return redirect(url_for("patients.show", patient_id=found.patient_of(visit).id), 303)
    return redirect(url_for("entry.show", visit_id=visit_id, instrument=following[0], mode=_asked_mode()), 303)


def _store(visit: Visit, sheet: Sheet) -> bool:
    session, now, who = db.session(), found.now(), identity()
    protocol, language = found.protocol_for(visit), found.patient_of(visit).language
    mode = request.form["mode"]
    enter_sheet(session, visit, sheet, mode=mode, language=language, author_id=who.staff_id, now=now)
    wished = request.form.get("send") == "1" or complete(session, visit, protocol)
    sent = wished and send_entered(session, visit, protocol, actor=who.actor, now=now)
    session.commit()
    if sent:
        flash(_("The answers are sent and scored."), "good")
    return sent


@bp.post("/responses/<uuid:response_id>/amend")
@staff_page
def change(response_id: UUID) -> Reply:
    """Amend sent answers with one reason; the old ones are kept."""
    response, form, now = found.own(Response, response_id), AmendForm(request.form), found.now()
    visit = _visit(response.visit_id)
    protocol = found.protocol_for(visit)
    sheet, wrong = read_sheet(protocol, visit.timepoint, response.instrument, request.form)
    if wrong or not form.validate():
        return _page(visit, response.instrument, wrong=wrong or ["reason"], typed=request.form), 422
    current = current_answers(db.session(), visit.id)
    reason, actor = form.reason.data or "", identity().actor
    try:
        for item, level in sheet.levels.items():
            known = current.get((response.instrument, item))
            if known is None or known.level != level:
                amend(db.session(), response, item, level, reason=reason, actor=actor, protocol=protocol, now=now)
    except NotFinal:
        abort(409)
    db.session.commit()
    flash(_("The answer is amended and scored again."), "good")
    return redirect(url_for("entry.show", visit_id=visit.id, instrument=response.instrument), 303)


def _visit(visit_id: UUID) -> Visit:
    """A visit that has opened and stands."""
    visit = found.own(Visit, visit_id)
    if visit.cancelled_at is not None or visit.opens_at > found.now():
        abort(409)
    return visit


def _asked(visit: Visit, instrument: str) -> list[str]:
    asked = [entry.instrument for entry in battery_of(found.protocol_for(visit), visit.timepoint)]
    return asked if instrument in asked else abort(404)


def _page(
    visit: Visit,
    instrument: str,
    wrong: list[str] | None = None,
    typed: Mapping[str, str] | None = None,
    unsigned: str | None = None,
) -> str:
    asked = _asked(visit, instrument)
    current = current_answers(db.session(), visit.id)
    shown = {item: row for (of, item), row in current.items() if of == instrument}
    values = {item: "declined" if row.level is None else str(row.level) for item, row in shown.items() if row.settled}
    entry = battery_of(found.protocol_for(visit), visit.timepoint)[asked.index(instrument)]
    response = db.session.scalars(
        select(Response).where(Response.visit_id == visit.id, Response.instrument == instrument)
    ).one_or_none()
    patient = found.patient_of(visit)
    note_view([patient.id], page="entry.show")
    return render_template(
        "clinician/entry.html",
        visit=visit,
        patient=patient,
        asked=asked,
        instrument=load_instruments()[instrument],
        items=entry.items,
        wording=wording_for(instrument, patient.language),
        values=typed or values,
        wrong=wrong or [],
        unsigned=unsigned,
        response=response,
        unlicensed=_unlicensed(response, instrument, patient.language),
        modes=ENTRY_MODES,
        asked_mode=_asked_mode(),
        instruments=load_instruments(),
        consent=None if participation(db.session(), patient) else consent_versions(),
        today=found.today(found.now()),
        amendments=amendments_of(db.session(), response) if response else [],
    )


def _unlicensed(response: Response | None, instrument: str, language: str) -> tuple[str, ...]:
    """The instrument, where its answers were given to working wording, or would be."""
    return answered_unlicensed([(instrument, response.wording_hash)]) if response else marked([instrument], language)
