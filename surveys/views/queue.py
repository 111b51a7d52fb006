"""Who to call today and why: the list, one visit's sheet, and logging what was tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Form, IntegerField, ValidationError
from wtforms.validators import InputRequired, NumberRange, Optional

from surveys.db import db
from surveys.enrolment.fields import choice, text_field
from surveys.i18n import LANGUAGE_NAMES
from surveys.i18n import gettext as _
from surveys.models import Episode, Patient, StaffTask, Visit
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.among import among
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.queue_words import REASONS, dial, left_words, outcome_words, reason_words, step_words
from surveys.views.seen import note_view
from surveys.views.words import day_words
from surveys.workqueue.attempts import (
    MOST_DAYS,
    OFFERED,
    AlreadyDoneError,
    OvertakenError,
    Tried,
    closed_by_hand,
    log_attempt,
)
from surveys.workqueue.calls import Call, attempts_of, call_of, calls
from surveys.workqueue.waiting import count_waiting, counts_by_reason

bp = Blueprint("queue", __name__)
DRAWN = 50  # lines that the page shows; more are counted
QUICK = ("no_answer", "voicemail")  # logged by one click from the list
for name, words in {"reason": reason_words, "step": step_words, "outcome": outcome_words}.items():
    bp.add_app_template_filter(words, name)
bp.add_app_template_filter(left_words, "left")
bp.add_app_template_filter(dial, "dial")


class AttemptForm(Form):
    """How the call went; ``seen``: how many lines of the log stood on the page."""

    outcome = choice(OFFERED)
    note = text_field(500)
    next_try_on = DateField(validators=[Optional()])
    seen = IntegerField(validators=[InputRequired(), NumberRange(0, 10_000)])

    def __init__(self, typed: MultiDict[str, str], today: date) -> None:
        super().__init__(typed)
        self.today = today

    def validate_next_try_on(self, field: DateField) -> None:
        """A day to come, and within the longest window."""
        if field.data is not None and not 0 < (field.data - self.today).days <= MOST_DAYS:
            raise ValidationError(_("Choose a day from tomorrow on, within three months."))


@bp.get("/queue")
@staff_page
def show() -> Reply:
    """List whom to call today, and below, folded away, whom later."""
    session, clinic, now = db.session(), found.clinic(), found.now()
    reason = request.args.get("reason") or None
    reason = reason if reason in REASONS else None
    chosen = among()
    only = chosen.episodes if chosen else None
    today = calls(session, clinic, now=now, reason=reason, limit=DRAWN, among=only)
    later = calls(session, clinic, now=now, later=True, limit=DRAWN, among=only)
    total = count_waiting(session, clinic, now=now, among=only)
    by_reason = counts_by_reason(session, clinic, now=now, among=only)
    wishes = _erasure_wishes()
    note_view([*(call.patient.id for call in (*today, *later)), *(patient.id for patient in wishes)])
    return render_template(
        "clinician/queue.html",
        calls=today,
        later=later,
        wishes=wishes,
        total=total,
        listed=dict(by_reason).get(reason, 0) if reason else total,
        put_off=count_waiting(session, clinic, now=now, later=True, among=only),
        among=chosen,
        reasons=by_reason,
        chosen=reason,
        quick=QUICK,
        zone=clinic.time_zone,
        names=_names(),
        today=found.today(now),
    )


def _erasure_wishes() -> Sequence[Patient]:
    """Patients who asked to be erased and are not yet."""
    asked = select(Episode.patient_id).join(Visit, Visit.episode_id == Episode.id)
    asked = asked.join(StaffTask, StaffTask.visit_id == Visit.id)
    asked = asked.where(StaffTask.kind == "erasure_wish", StaffTask.closed_at.is_(None))
    wanted = select(Patient).where(Patient.id.in_(asked), Patient.erased_at.is_(None)).order_by(Patient.number)
    return db.session.scalars(wanted.limit(DRAWN)).all()


@bp.get("/queue/<uuid:visit_id>")
@staff_page
def call(visit_id: UUID) -> Reply:
    """Show one visit's sheet: the telephone, what was tried, and the form to log a call."""
    return _sheet(found.own(Visit, visit_id))


@bp.post("/queue/<uuid:visit_id>")
@staff_page
def log(visit_id: UUID) -> Reply:
    """Log an attempt; a colleague who was first is named with 409."""
    visit, now = found.own(Visit, visit_id), found.now()
    form = AttemptForm(request.form, found.today(now))
    if not form.validate():
        return _sheet(visit, form=form), 422
    tried = Tried(form.outcome.data, form.note.data or "", form.next_try_on.data)
    try:
        following = log_attempt(
            db.session(), found.clinic(), visit, tried, seen=form.seen.data or 0, actor=identity().actor, now=now
        )
    except (AlreadyDoneError, OvertakenError) as error:
        db.session.rollback()
        return _sheet(found.own(Visit, visit_id), form=form, late=type(error)), 409
    db.session.commit()
    flash(_said(tried, following), "good")
    return redirect(_next_page(tried, visit), 303)


def _said(tried: Tried, following: date | None) -> str:
    how = outcome_words(tried.outcome)
    if tried.outcome == "wrong_number":
        return _("Logged: %(how)s. Correct the number here.", how=how)
    if following is None:
        return _("Logged: %(how)s. If no more should be sent, record an ending below.", how=how)
    return _("Logged: %(how)s. Next try: %(day)s.", how=how, day=day_words(following))


def _next_page(tried: Tried, visit: Visit) -> str:
    """Where the outcome leads: a refusal to the endings, a wrong number to the details, anything else to the list."""
    if tried.outcome == "declined":
        patient = found.patient_of(visit)
        return url_for("patients.show", patient_id=patient.id, _anchor=f"endings-{visit.episode_id}")
    if tried.outcome == "wrong_number":
        return url_for("details.form", patient_id=found.patient_of(visit).id)
    return url_for("queue.show")


def _sheet(visit: Visit, *, form: AttemptForm | None = None, late: type[Exception] | None = None) -> str:
    session, clinic, now = db.session(), found.clinic(), found.now()
    patient = found.patient_of(visit)
    note_view([patient.id], page="queue.call")
    line = call_of(session, clinic, visit, now=now)
    form = form or AttemptForm(MultiDict(), found.today(now))
    return render_template(
        "clinician/call.html",
        visit=visit,
        patient=patient,
        call=line,
        attempts=line.attempts if line else attempts_of(session, [visit.id]).get(visit.id, []),
        details=contact(found.vault(), patient),
        form=form,
        late=_late_words(visit, late),
        closed=closed_by_hand(session, visit.id),
        offered=OFFERED,
        languages=LANGUAGE_NAMES,
        zone=clinic.time_zone,
        today=found.today(now),
    )


def _late_words(visit: Visit, late: type[Exception] | None) -> str | None:
    if late is OvertakenError:
        return _("Nothing is logged: a colleague logged a call to this patient in the meantime. See below.")
    if late is AlreadyDoneError and visit.submitted_at:
        return _("Nothing is logged: the answers arrived in the meantime.")
    return _("Nothing is logged: this visit is done with, so nobody has to call.") if late else None


def _names() -> object:
    vault = found.vault()

    def known(line: Call | Patient) -> object:
        return contact(vault, line if isinstance(line, Patient) else line.patient)

    return known
