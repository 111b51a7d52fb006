"""Staff enter an interview or a paper form on the patient's own item screens, one question at a time.

The sheet of ``entry`` stays beside it: a whole instrument at once, also after the window, and for amendments.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from wtforms import Form

from surveys.access.chain.audit import record
from surveys.access.device_codes import LIFE
from surveys.access.links import find_link, issue_link, open_patient_session
from surveys.access.tokens import cookie_value
from surveys.answering.answers import current_answers
from surveys.answering.battery import battery_of
from surveys.answering.sitting import Sitting, by_link
from surveys.db import db, real_now
from surveys.enrolment.fields import choice
from surveys.i18n import LANGUAGE_NAMES
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.pathway.visit_state import takes_answers
from surveys.people.participation import consent_versions
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.paper_consent import keep_consent, paper_consent
from surveys.views.seen import note_view
from surveys.views.signin.entrance import set_cookie
from surveys.views.sitting.device import patient_cookie
from surveys.views.sitting.patient_page import resume_url, see
from surveys.wordings.marks import marked

bp = Blueprint("item_entry", __name__)
MODES = ("interview", "paper")


class ModeForm(Form):
    """How the answers are given."""

    mode = choice(MODES)


@bp.get("/visits/<uuid:visit_id>/enter")
@staff_page
def form(visit_id: UUID) -> Reply:
    """Say how to ask, and take the consent on paper where none stands; opening the page begins nothing."""
    asked = request.args.get("mode")
    return _page(_open_visit(visit_id), asked if asked in MODES else "interview")


@bp.post("/visits/<uuid:visit_id>/enter")
@staff_page
def begin(visit_id: UUID) -> Reply:
    """Begin in this browser: a link and a session of their own, which name who enters."""
    visit, typed = _open_visit(visit_id), ModeForm(request.form)
    consent = paper_consent(visit)
    if not typed.validate():
        return _page(visit, request.form.get("mode", "")), 422
    if consent is not None and not keep_consent(visit, consent):
        return _page(visit, typed.mode.data, consent.trouble), 422
    session, who, mode = db.session(), identity(), typed.mode.data
    cookie, sitting = _opened(visit, mode, found.now())
    record(session, visit.clinic_id, who.actor, "entry_begun", ("visit", visit.id), now=sitting.now, new={"mode": mode})
    session.commit()
    reply = see(resume_url(sitting))
    set_cookie(reply, patient_cookie(), cookie)
    return reply


def _opened(visit: Visit, mode: str, now: datetime) -> tuple[str, Sitting]:
    """Return the cookie's value, and the sitting; a visit that takes no answers by its patient takes none here."""
    session, who = db.session(), identity()
    link = find_link(session, issue_link(session, visit, now=now)) or abort(409)
    sitting = by_link(session.connection(), link.id, "")
    if sitting is None or sitting.state != "open":
        abort(409, _closed())
    real = real_now(session)
    link.expires_at = real + LIFE  # nobody holds its token
    token = open_patient_session(session, link, mode, staff_id=who.staff_id, now=real)
    return cookie_value(visit.clinic_id, token), sitting


def _closed() -> str:
    return _("This visit takes no answers now, one by one. Where they came on paper in time, enter them on the sheet.")


def _open_visit(visit_id: UUID) -> Visit:
    visit, now = found.own(Visit, visit_id), found.now()
    if not takes_answers(visit, now):
        abort(409, _closed())
    return visit


def _page(visit: Visit, mode: str, unsigned: str | None = None) -> str:
    patient, protocol = found.patient_of(visit), found.protocol_for(visit)
    instruments = [entry.instrument for entry in battery_of(protocol, visit.timepoint)]
    note_view([patient.id], page="item_entry.form")
    return render_template(
        "clinician/enter.html",
        visit=visit,
        patient=patient,
        mode=mode,
        modes=MODES,
        language=LANGUAGE_NAMES.get(patient.language, patient.language),
        versions=consent_versions() if paper_consent(visit) else (),
        typed=request.form,
        unsigned=unsigned,
        answered=sum(answer.settled for answer in current_answers(db.session(), visit.id).values()),
        unlicensed=marked(instruments, patient.language),
        today=found.today(found.now()),
        sheet=url_for("entry.choose", visit_id=visit.id, mode=mode if mode in MODES else None),
    )
