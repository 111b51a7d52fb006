"""One-click opt-out (RFC 8058): a POST without cookie or form token; GET only shows the button."""

from __future__ import annotations

from flask import Blueprint, render_template

from surveys.csrf import csrf
from surveys.db import app_now, db
from surveys.enrolment.preferences import stop_reminders
from surveys.views.guard import Reply
from surveys.views.sitting.preferences import Chooser, known

bp: Blueprint = Blueprint("unsubscribe", __name__)


@bp.get("/u/<token>")
def ask(token: str) -> Reply:
    """Show what stopping means, and a button; mail scanners open this and change nothing."""
    return _page(known(token), stopped=False)


@csrf.exempt  # type: ignore[untyped-decorator]
@bp.post("/u/<token>")
def stop(token: str) -> Reply:
    """Stop reminders of all the patient's running episodes; once more changes nothing."""
    chooser = known(token)
    session = db.session()
    stop_reminders(session, chooser.clinic, chooser.patient, actor=chooser.actor, now=app_now(session))
    session.commit()
    return _page(chooser, stopped=True)


def _page(chooser: Chooser, *, stopped: bool) -> str:
    return render_template("unsubscribe.html", stopped=stopped, clinic=chooser.clinic, token=chooser.token)
