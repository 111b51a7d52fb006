"""Answers that somebody should look at: the list, and saying that one has looked."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import Field, Form, ValidationError

from surveys.alerts.acknowledging import LONGEST_NOTE, AcknowledgedAlready, acknowledge
from surveys.alerts.listing import acknowledged_lines, counts, open_lines
from surveys.alerts.settings import settings_of
from surveys.db import db
from surveys.enrolment.fields import text_field
from surveys.i18n import gettext as _
from surveys.models import Alert, Staff
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.alert_words import kind_words, subject_words
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("alerts", __name__)
DRAWN = 50  # open ones on the page; more are counted
bp.add_app_template_filter(kind_words, "alert_kind")
bp.add_app_template_filter(subject_words, "alert_subject")


class NoteForm(Form):
    """What was done about an alert."""

    note = text_field(LONGEST_NOTE, required=True)

    def validate_note(self, field: Field) -> None:
        """Blanks are no note."""
        if not field.data:
            raise ValidationError(_("Fill this in."))


@bp.get("/alerts")
@staff_page
def show() -> Reply:
    """List what waits, the most urgent first, then what was acknowledged last."""
    return _page()


@bp.post("/alerts/<uuid:alert_id>")
@staff_page
def look(alert_id: UUID) -> Reply:
    """Write down that the signed-in person has looked, and what was done."""
    alert, typed = found.own(Alert, alert_id), NoteForm(request.form)
    if not typed.validate():
        return _page(alert_id, str(typed.note.errors[0]), typed.note.data or ""), 422
    try:
        acknowledge(db.session(), alert, typed.note.data or "", actor=identity().actor, now=found.now())
    except AcknowledgedAlready:
        db.session.rollback()
        return _page(alert_id, _("Somebody else has acknowledged this alert already; see below.")), 409
    db.session.commit()
    flash(_("The alert is acknowledged."), "good")
    return redirect(url_for("alerts.show"), 303)


def _page(wrong_id: UUID | None = None, wrong: str | None = None, note: str = "") -> str:
    session, clinic, now, vault = db.session(), found.clinic(), found.now(), found.vault()
    waiting = open_lines(session, clinic.id, limit=DRAWN)
    seen = acknowledged_lines(session, clinic.id, limit=DRAWN)
    note_view((line.patient.id for line in (*waiting, *seen)), page="alerts.show")
    settings = settings_of(session, clinic.id)
    return render_template(
        "clinician/alerts.html",
        settings=settings,
        named=[session.get_one(Staff, each) for each in (settings.owner_id, settings.deputy_id)] if settings else [],
        waiting=waiting,
        seen=seen,
        counts=counts(session, clinic.id, now=now),
        names=lambda patient: contact(vault, patient),
        now=now,
        zone=clinic.time_zone,
        wrong_id=wrong_id,
        wrong=wrong,
        note=note,
        longest=LONGEST_NOTE,
    )
