"""Before an act that matters: who is there proves it once more."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request
from wtforms import Form, PasswordField, StringField
from wtforms.validators import Length

from surveys.access.signin import reauthentication, throttle
from surveys.access.signin.passwords import LONGEST
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.views import found
from surveys.views.guard import Reply, config, identity, local_path, staff_page
from surveys.views.signin import entrance
from surveys.views.signin.tries import counted, note_last

bp = Blueprint("confirm", __name__)


class ConfirmForm(Form):
    """Password, and code where the account has a second factor."""

    password = PasswordField(validators=[Length(max=LONGEST)])
    code = StringField(validators=[Length(max=20)])


@bp.get("/confirm")
@staff_page
def form() -> Reply:
    """Ask for the password, and for the code where the account has one."""
    return _page(request.args.get("next"), again=bool(request.args.get("again")))


@bp.post("/confirm")
@staff_page
def check() -> Reply:
    """Renew the session under a new id and lead back."""
    typed, who, now = ConfirmForm(request.form), identity(), real_now(db.session())
    person = db.session.get_one(Staff, who.staff_id)
    attempt = counted("password", person.login)
    vault, password, code = found.vault(), typed.password.data or "", typed.code.data or ""
    if not typed.validate() or not reauthentication.proves(db.session(), vault, who, password, code, now=now):
        note_last("password", person.login, person)
        flash(_("That was not right. Check the password, and take the newest code."), "error")
        return _page(request.form.get("next")), 422
    throttle.take_back(db.session(), attempt)
    return entrance.renew(who, local_path(request.form.get("next")), "confirmed_identity")


def _page(target: str | None, *, again: bool = False) -> str:
    who, provider = identity(), config().institution
    return render_template(
        "staff/confirm.html",
        next=local_path(target),
        needs_code=reauthentication.needs_code(db.session(), who),
        again=again,
        institution=provider.name if provider and who.method == "institution" else None,
    )
