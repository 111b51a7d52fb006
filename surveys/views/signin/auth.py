"""Staff sign in and out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as form_session
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from surveys.access import policy
from surveys.access.signin import passwords, staff, throttle
from surveys.db import db, enter_clinic
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.views.guard import Reply, config, load_identity, local_path, staff_cookie
from surveys.views.signin import entrance
from surveys.views.signin.tries import counted, note_last

bp = Blueprint("auth", __name__)


class LoginForm(Form):
    """Name and password."""

    login = StringField(validators=[InputRequired(), Length(max=200)])
    password = PasswordField(validators=[InputRequired(), Length(max=passwords.LONGEST)])


@bp.get("/")
def start() -> Reply:
    """Lead staff to their first page."""
    who = load_identity()
    return redirect(url_for(policy.start_page(who.role) if who else "auth.login"), 303)


@bp.get("/login")
def login() -> Reply:
    """Show the sign-in form."""
    return login_page(LoginForm(), request.args.get("next"))


@bp.post("/login")
def sign_in() -> Reply:
    """Go on with the right password, or say the same sentence whatever was wrong."""
    form = LoginForm(request.form)
    name = (form.login.data or "").strip().casefold().replace("\0", "")
    attempt = counted("password", name)
    found = staff.find_login(db.session(), name) if form.validate() else None
    enter_clinic(found[0] if found else None)
    person = staff.check_password(db.session(), found[1] if found else None, form.password.data or "")
    if person is None:
        note_last("password", name, db.session.get(Staff, found[1]) if found else None)
        flash(_("Name or password is not right. Check both and try again."), "error")
        return login_page(form, request.form.get("next")), 422
    throttle.take_back(db.session(), attempt)
    return entrance.go_on(person, local_path(request.form.get("next")))


@bp.post("/logout")
def sign_out() -> Reply:
    """End the session on the server and in the browser."""
    entrance.close_former()
    form_session.clear()
    reply = redirect(url_for("auth.login"), 303)
    entrance.drop_cookie(reply, staff_cookie())
    return reply


def login_page(form: LoginForm, target: str | None) -> str:
    """Draw the sign-in form."""
    provider = config().institution
    name = provider.name if provider else None
    return render_template("login.html", form=form, next=local_path(target), institution=name)
