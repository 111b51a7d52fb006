"""The desk list, and the code that opens a visit on the clinic's tablet."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, render_template, url_for

from surveys.access.chain.audit import record
from surveys.access.device_codes import LIFE, grouped, issue_code
from surveys.alerts.listing import counts
from surveys.db import db, real_now
from surveys.desk import desk_list
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.pathway.visit_state import takes_answers
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.guard import Reply, config, identity, staff_page
from surveys.views.held import held_counts
from surveys.views.qr import drawn
from surveys.views.seen import note_view
from surveys.views.words import FILTERS
from surveys.workqueue.waiting import count_patients

bp = Blueprint("desk", __name__)
DRAWN = 50  # lines of one section that the page shows; more are counted
for name, words in FILTERS.items():
    bp.add_app_template_filter(words, name)


@bp.get("/desk")
@staff_page
def today() -> Reply:
    """Show whom the desk should look after today."""
    now, vault = found.now(), found.vault()
    desk = desk_list(db.session(), found.clinic(), now=now)
    note_view(line.patient.id for section in vars(desk).values() for line in section[:DRAWN])
    day = found.today(now)
    names, held = lambda p: contact(vault, p), held_counts().total
    waiting = count_patients(db.session(), found.clinic(), now=now)
    alerts = counts(db.session(), identity().clinic_id, now=now)
    return render_template(
        "clinician/desk.html", desk=desk, names=names, today=day, held=held, waiting=waiting, alerts=alerts
    )


@bp.post("/visits/<uuid:visit_id>/qr")
@staff_page
def show_code(visit_id: UUID) -> Reply:
    """Make a code for a visit and show it, also drawn for a camera; a POST, because a code is a row."""
    visit, now = found.own(Visit, visit_id), found.now()
    if not takes_answers(visit, now):
        abort(409, _("This visit takes no answers now, so it has no code. Go back to the desk."))
    real, page = real_now(db.session()), f"{config().public_base_url}{url_for('kiosk.enter')}"
    code = grouped(issue_code(db.session(), visit, config().secret_key, now=now, real=real))
    record(db.session(), visit.clinic_id, identity().actor, "link_shown", ("visit", visit.id), now=now)
    db.session.commit()
    return render_template(
        "clinician/tablet_code.html",
        drawing=drawn(f"{page}?code={code}"),
        page=page,
        code=code,
        until=real + LIFE,
        visit=visit,
        patient=found.patient_of(visit),
    )
