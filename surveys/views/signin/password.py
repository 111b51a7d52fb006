"""A forgotten password: asked for at the sign-in page, chosen with a link from the mail."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import invitations, staff, staff_mail
from surveys.db import db, enter_clinic, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.views.guard import Reply
from surveys.views.signin import mailed
from surveys.views.signin.tries import counted

bp = Blueprint("password", __name__)


@bp.get("/password")
def forgotten() -> Reply:
    """Ask for the sign-in name."""
    return render_template("staff/forgotten.html")


@bp.post("/password")
def ask() -> Reply:
    """Plan the mail where there is an account that can use it; the answer is the same for everybody."""
    login = request.form.get("login", "")[:200].strip().casefold().replace("\0", "")
    counted("reset", login)
    found = staff.find_login(db.session(), login)
    enter_clinic(found[0] if found else None)
    staff_mail.plan_reset(db.session(), found[1] if found else None, now=real_now(db.session()))
    db.session.commit()
    flash(
        _("If there is such an account and we know its address, a mail with a link is on its way. It works one hour."),
        "notice",
    )
    return redirect(url_for("auth.login"), 303)


@bp.get("/password/<token>")
def form(token: str) -> Reply:
    """Ask for the new password. Looking changes nothing."""
    found = mailed.opened("password_reset", token)
    return _page(token, found[1]) if found else mailed.dead()


@bp.post("/password/<token>")
def choose(token: str) -> Reply:
    """Keep the new password and end every session; signing in still asks for the second factor."""
    found = mailed.opened("password_reset", token)
    if found is None:
        return mailed.dead()
    link, person = found
    if trouble := mailed.chosen_password(person):
        db.session.rollback()
        return _page(token, person, trouble), 422
    now, actor = real_now(db.session()), Actor("staff", person.id)
    invitations.use_link(db.session(), link, now=now)
    record(db.session(), person.clinic_id, actor, "password_reset", ("staff", person.id), now=now)
    db.session.commit()
    flash(_("Your password is changed. Sign in with it."), "notice")
    return redirect(url_for("auth.login"), 303)


def _page(token: str, person: Staff, trouble: str | None = None) -> str:
    return render_template("staff/new_password.html", token=token, person=person, trouble=trouble)
