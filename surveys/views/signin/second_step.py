"""The second step of signing in: a code from the authenticator, or one of the recovery codes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import factors, recovery, throttle
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.models import Staff
from surveys.views import found
from surveys.views.guard import Reply, local_path
from surveys.views.signin import entrance
from surveys.views.signin.tries import counted, note_last

bp = Blueprint("second_step", __name__)


@bp.get("/login/code")
def form() -> Reply:
    """Ask for the code."""
    return _page("staff/code.html") if entrance.halfway() else start_again()


@bp.post("/login/code")
def check() -> Reply:
    """Open a session for a code that fits and was not used before."""
    person = entrance.halfway()
    if person is None:
        return start_again()
    attempt, typed = counted("code", person.login), request.form.get("code", "")[:20]
    if not factors.accept(db.session(), found.vault(), person.id, typed, now=real_now(db.session())):
        note_last("code", person.login, person)
        flash(_("This code does not fit, or was used already. Wait for the next one and type it."), "error")
        return _page("staff/code.html"), 422
    throttle.take_back(db.session(), attempt)
    return entrance.welcome(person, local_path(request.form.get("next")))


@bp.get("/login/recovery")
def recovery_form() -> Reply:
    """Ask for a recovery code."""
    return _page("staff/recovery.html") if entrance.halfway() else start_again()


@bp.post("/login/recovery")
def recover() -> Reply:
    """Open a session for a recovery code, which is used up by it."""
    person = entrance.halfway()
    if person is None:
        return start_again()
    attempt, now = counted("recovery", person.login), real_now(db.session())
    if not recovery.use(db.session(), person.id, request.form.get("code", "")[:100], now=now):
        note_last("recovery", person.login, person)
        flash(_("This is none of your recovery codes, or it was used already. Try another one."), "error")
        return _page("staff/recovery.html"), 422
    throttle.take_back(db.session(), attempt)
    left = _note_use(person)
    reply = entrance.welcome(person, url_for("account.show"))
    flash(ngettext("%(num)d recovery code is left.", "%(num)d recovery codes are left.", left), "notice")
    return reply


def _note_use(person: Staff) -> int:
    left, actor = recovery.left(db.session(), person.id), Actor("staff", person.id)
    subject, now = ("staff", person.id), real_now(db.session())
    record(db.session(), person.clinic_id, actor, "recovery_code_used", subject, now=now, new={"left": left})
    return left


def start_again() -> Response:
    """Lead back to the first step: it took too long, or nobody began."""
    flash(_("Signing in took too long. Please begin again."), "error")
    return redirect(url_for("auth.login", next=local_path(request.values.get("next"))), 303)


def _page(template: str) -> str:
    return render_template(template, next=local_path(request.values.get("next")))
