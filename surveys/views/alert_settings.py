"""Who answers for alerts, for admins. Alerts are off until this page has named a person, a deputy and their hours."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for

from scoring.instrument import find_scale
from surveys.alerts.rules import SCALES
from surveys.alerts.settings import keep, lookers, settings_of
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.views import found
from surveys.views.alert_form import AlertForm, shown
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("alert_settings", __name__)


@bp.get("/alerts/settings")
@staff_page
@fresh
def form() -> Reply:
    """Show the choices as they stand, or what is offered where none was made."""
    clinic_id = identity().clinic_id
    return _page(AlertForm(shown(settings_of(db.session(), clinic_id)), lookers(db.session(), clinic_id)))


@bp.post("/alerts/settings")
@staff_page
@fresh
def save() -> Reply:
    """Write them; the audit says what they were and are."""
    clinic_id = identity().clinic_id
    typed = AlertForm(request.form, lookers(db.session(), clinic_id))
    if not typed.validate():
        return _page(typed), 422
    choice = typed.choice()
    keep(db.session(), clinic_id, choice, actor=identity().actor, now=found.now())
    db.session.commit()
    flash(_("Alerts are on.") if choice.enabled else _("The settings are saved. Alerts are off."), "good")
    return redirect(url_for("alert_settings.form"), 303)


def _page(typed: AlertForm) -> str:
    wrong = {field.name: str(field.errors[0]) for field in typed if field.errors}
    known = {str(each.id) for each in lookers(db.session(), identity().clinic_id)}
    gone = {each for each in (typed.owner.data, typed.deputy.data) if each} - known
    scales = [find_scale(scale) for scale in SCALES]
    return render_template("admin/alert_settings.html", form=typed, wrong=wrong, scales=scales, gone=bool(gone))
