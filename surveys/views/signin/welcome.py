"""Accepting an invitation: a password, then a second factor; or the institution's sign-in instead of both."""

from __future__ import annotations

from flask import Blueprint, render_template

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import factors, invitations
from surveys.db import db, real_now
from surveys.models import Staff
from surveys.views.guard import Reply, config
from surveys.views.signin import entrance, mailed

bp = Blueprint("welcome", __name__)


@bp.get("/welcome/<token>")
def form(token: str) -> Reply:
    """Show who is invited and ask for a password. Looking changes nothing, as often as a mail scanner does it."""
    found = mailed.opened("invitation", token)
    return _page(token, found[1]) if found else mailed.dead()


@bp.post("/welcome/<token>")
def accept(token: str) -> Reply:
    """Keep the password, use the link up, and go on to the second factor."""
    found = mailed.opened("invitation", token)
    if found is None:
        return mailed.dead()
    link, person = found
    if trouble := mailed.chosen_password(person):
        db.session.rollback()
        return _page(token, person, trouble), 422
    now, actor = real_now(db.session()), Actor("staff", person.id)
    invitations.use_link(db.session(), link, now=now)
    record(db.session(), person.clinic_id, actor, "invitation_accepted", ("staff", person.id), now=now)
    has_factor = factors.in_use(db.session(), person.id) is not None
    return entrance.ask_second(person, "/", has_factor=has_factor)


def _page(token: str, person: Staff, trouble: str | None = None) -> str:
    provider = config().institution
    name = provider.name if provider else None
    return render_template("staff/welcome.html", token=token, person=person, trouble=trouble, institution=name)
