"""One's own account: password, second factor, and the browsers that are signed in."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveys.access.chain.audit import record
from surveys.access.signin import factors, invitations, recovery, sessions, staff
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Clinic, Staff
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.signin import entrance, mailed

bp = Blueprint("account", __name__)


@bp.get("/account")
@staff_page
def show() -> Reply:
    """Show the account, its second factor and its sessions."""
    session, who = db.session(), identity()
    return render_template(
        "staff/account.html",
        person=session.get_one(Staff, who.staff_id),
        factor=factors.in_use(session, who.staff_id),
        codes_left=recovery.left(session, who.staff_id),
        linked=staff.linked(session, who.staff_id),
        sessions=sessions.open_sessions(session, who.staff_id, now=real_now(session)),
        zone=session.get_one(Clinic, who.clinic_id).time_zone,
    )


@bp.get("/account/password")
@staff_page
@fresh
def password_form() -> Reply:
    """Ask for the new password."""
    return render_template("staff/own_password.html", trouble=None)


@bp.post("/account/password")
@staff_page
@fresh
def change_password() -> Reply:
    """Change the password: every other session ends, and this one gets a new id."""
    who, now = identity(), real_now(db.session())
    person = db.session.get_one(Staff, who.staff_id)
    if person.password_hash is None:
        trouble: str | None = _("You sign in with your institution and have no password here.")
    else:
        trouble = mailed.chosen_password(person, keep=who.session_id)
    if trouble:
        return render_template("staff/own_password.html", trouble=trouble), 422
    invitations.revoke_links(db.session(), who.staff_id, now=now)
    reply = entrance.renew(who, url_for("account.show"), "password_changed")
    flash(_("Your password is changed. Every other browser is signed out."), "notice")
    return reply


@bp.post("/account/sessions/<uuid:session_id>/end")
@staff_page
def end_session(session_id: UUID) -> Reply:
    """Sign one browser out; another person's session is none."""
    if not sessions.close_one(db.session(), identity().staff_id, session_id, now=real_now(db.session())):
        abort(404)
    return _ended(1)


@bp.post("/account/sessions/end-others")
@staff_page
def end_others() -> Reply:
    """Sign every other browser out."""
    who, now = identity(), real_now(db.session())
    return _ended(sessions.close_all(db.session(), who.staff_id, now=now, but=who.session_id))


def _ended(count: int) -> Response:
    who, now = identity(), real_now(db.session())
    if count:
        what = {"count": count}
        record(db.session(), who.clinic_id, who.actor, "sessions_ended", ("staff", who.staff_id), now=now, new=what)
    db.session.commit()
    flash(_("Signed out there."), "notice")
    return _back()


def _back() -> Response:
    return redirect(url_for("account.show"), 303)
