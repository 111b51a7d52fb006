"""A new link for a visit: the old ones stop, and the patient gets the address or the code from a person."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, render_template

from surveys.access.birth_year import settle_guesses
from surveys.access.links import link_url, reissue_link
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.pathway.visit_state import takes_answers
from surveys.views import found
from surveys.views.guard import Reply, config, identity, staff_page
from surveys.views.qr import drawn

bp = Blueprint("links", __name__)


@bp.post("/visits/<uuid:visit_id>/reissue")
@staff_page
def reissue(visit_id: UUID) -> Reply:
    """Stop every link of the visit and show a new one."""
    visit, now, actor = found.own(Visit, visit_id), found.now(), identity().actor
    if not takes_answers(visit, now):
        abort(409, _("This visit takes no answers now, so it has no link. Go back to the desk."))
    url = link_url(config().public_base_url, reissue_link(db.session(), visit, actor=actor, now=now))
    settle_guesses(db.session(), visit, actor=actor, now=now)
    db.session.commit()
    patient = found.patient_of(visit)
    return render_template("clinician/qr.html", drawing=drawn(url), url=url, visit=visit, patient=patient)
