"""An administrator lets registry analysts read the clinic's figures, and stops it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length

from surveys.access.registry import GrantError, grant, grants, revoke
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import RegistryGrant
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("registry_access", __name__)


class GrantForm(Form):
    """Whom to let in."""

    login = StringField(validators=[InputRequired(), Length(max=200)])


@bp.get("/registry/access")
@staff_page
@fresh
def show() -> Reply:
    """List who reads the clinic's figures."""
    return _page(GrantForm())


@bp.post("/registry/access")
@staff_page
@fresh
def allow() -> Reply:
    """Let one analyst in."""
    form, session = GrantForm(request.form), db.session()
    if not form.validate():
        return _page(form, _("Enter the analyst's login.")), 422
    try:
        grant(session, identity().clinic_id, form.login.data or "", actor=identity().actor, now=found.now())
    except GrantError as error:
        session.rollback()
        return _page(form, str(error)), 422
    session.commit()
    flash(_("The analyst may now read this clinic's figures."), "good")
    return redirect(url_for("registry_access.show"), 303)


@bp.post("/registry/access/<uuid:grant_id>/revoke")
@staff_page
@fresh
def stop(grant_id: UUID) -> Reply:
    """Take the access back at once."""
    revoke(db.session(), found.own(RegistryGrant, grant_id), actor=identity().actor, now=found.now())
    db.session.commit()
    flash(_("The analyst can no longer read this clinic's figures."), "good")
    return redirect(url_for("registry_access.show"), 303)


def _page(form: GrantForm, wrong: str | None = None) -> str:
    standing = grants(db.session())
    return render_template("clinician/registry_access.html", form=form, grants=standing, wrong=wrong)
