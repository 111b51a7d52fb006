"""The clinic's staff, for its administrators: invite, and look at who may come in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import Form, SelectField, StringField
from wtforms.validators import Length

from surveys.access.signin import invitations, sessions, staff, staff_mail
from surveys.access.signin.invitations import InvitationError
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Clinic
from surveys.models.clinic import ROLES
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("team", __name__)


class InvitationForm(Form):
    """Whom to invite. Roles are the codes; the template gives their words."""

    name = StringField(validators=[Length(max=200)])
    email = StringField(validators=[Length(max=254)])
    login = StringField(validators=[Length(max=40)])
    role = SelectField(validate_choice=False)

    def __init__(self, formdata: Any = None) -> None:
        super().__init__(formdata)
        self.role.choices = [(role, role) for role in ROLES]


@bp.get("/team")
@staff_page
def show() -> Reply:
    """List everybody with role and state."""
    session = db.session()
    people = staff.people(session)
    return render_template(
        "staff/team.html",
        people=people,
        states={person.id: staff.state_of(session, person) for person in people},
        mails=staff_mail.newest(session, "invitation"),
        seen=sessions.last_seen(session),
        zone=session.get_one(Clinic, identity().clinic_id).time_zone,
    )


@bp.get("/team/new")
@staff_page
@fresh
def form() -> Reply:
    """Ask whom to invite."""
    return render_template("staff/invite.html", form=InvitationForm(), wrong={})


@bp.post("/team/new")
@staff_page
@fresh
def invite() -> Reply:
    """Add the account and plan its mail."""
    typed = InvitationForm(request.form)
    if not typed.validate():
        return _wrong(typed, {field.name: str(field.errors[0]) for field in typed if field.errors})
    try:
        person = invitations.invite(
            db.session(),
            found.vault(),
            identity().clinic_id,
            name=typed.name.data or "",
            email=typed.email.data or "",
            role=typed.role.data or "",
            login=typed.login.data or "",
            actor=identity().actor,
            now=real_now(db.session()),
        )
    except InvitationError as error:
        return _wrong(typed, {error.field: str(error)})
    db.session.commit()
    flash(_("%(name)s is invited: the mail goes within a minute, and its link works for seven days.", name=person.name))
    return redirect(url_for("team.show"), 303)


def _wrong(typed: InvitationForm, wrong: dict[str, str]) -> tuple[str, int]:
    db.session.rollback()
    for name, text in wrong.items():
        typed[name].errors = (text,)
    return render_template("staff/invite.html", form=typed, wrong=wrong), 422
