"""Staff sign in and out."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as form_session,
)
from werkzeug.wrappers import Response
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from surveys.access import passwords, policy, staff
from surveys.access.tokens import cookie_value, read_cookie
from surveys.db import db, enter_clinic, real_now
from surveys.i18n import gettext as _
from surveys.views.guard import Reply, config, load_identity, local_path, staff_cookie

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
    return render_template("login.html", form=LoginForm(), next=local_path(request.args.get("next")))


@bp.post("/login")
def sign_in() -> Reply:
    """Open a session, or say the same sentence whatever was wrong."""
    form = LoginForm(request.form)
    db_session, address = db.session(), request.remote_addr or ""
    now = real_now(db_session)
    name = (form.login.data or "").strip().casefold().replace("\0", "")
    if staff.throttled(db_session, name, address, now=now):
        abort(429, _("Too many tries. Wait a few minutes and try again."))
    found = staff.find_login(db_session, name) if form.validate() else None
    enter_clinic(found[0] if found else None)
    person = staff.check_password(db.session(), found[1] if found else None, form.password.data or "")
    if person is None:
        staff.note_failure(db.session(), name, address, now=now)
        db.session.commit()
        flash(_("Name or password is not right. Check both and try again."), "error")
        return render_template("login.html", form=form, next=local_path(request.form.get("next"))), 422
    clinic_id, token = person.clinic_id, staff.open_session(db.session(), person, now=now)
    db.session.commit()
    _close_former_session()
    form_session.clear()  # a new form token with the new session
    reply = redirect(local_path(request.form.get("next")), 303)
    set_cookie(reply, staff_cookie(), cookie_value(clinic_id, token))
    return reply


@bp.post("/logout")
def sign_out() -> Reply:
    """End the session on the server and in the browser."""
    _close_former_session()
    form_session.clear()
    reply = redirect(url_for("auth.login"), 303)
    reply.delete_cookie(staff_cookie(), secure=config().secure_cookies, httponly=True, samesite="Lax")
    return reply


def _close_former_session() -> None:
    """End the session that the browser's cookie names, which may be another clinic's."""
    named = read_cookie(request.cookies.get(staff_cookie()))
    if named:
        enter_clinic(named[0])
        staff.close_session(db.session(), named[1], now=real_now(db.session()))
        db.session.commit()


def set_cookie(reply: Response, name: str, value: str) -> None:
    """Set a session cookie that scripts cannot read and other sites do not send."""
    reply.set_cookie(name, value, secure=config().secure_cookies, httponly=True, samesite="Lax", path="/")
