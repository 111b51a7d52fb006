"""From a right password to a session: whether a second step follows, and the cookies."""

from __future__ import annotations

from datetime import datetime

from flask import redirect, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response

from surveys.access.chain.audit import record
from surveys.access.signin import browsers, factors, pending, sessions
from surveys.access.tokens import cookie_value, read_cookie
from surveys.db import db, enter_clinic, real_now
from surveys.models import Staff
from surveys.views.guard import config, staff_cookie


def pending_cookie() -> str:
    """Return the name of the cookie between password and second factor."""
    return f"{config().cookie_prefix}pending"


def go_on(person: Staff, target: str) -> Response:
    """Ask for the second factor, or for its setting up; without either, which production never is, sign in."""
    has_factor = factors.in_use(db.session(), person.id) is not None
    if not has_factor and config().environment != "production":
        return welcome(person, target)
    return ask_second(person, target, has_factor=has_factor)


def ask_second(person: Staff, target: str, *, has_factor: bool) -> Response:
    """Lead to the second step with a cookie that opens nothing else."""
    now = real_now(db.session())
    if not has_factor:  # whoever else began has seen a secret, and must see no other
        pending.end_all(db.session(), person.id, now=now)
        factors.withdraw_offer(db.session(), person.id, now=now)
    token = pending.begin(db.session(), person, now=now)
    db.session.commit()
    page = "second_step.form" if has_factor else "setting_up.form"
    reply = redirect(url_for(page, next=target), 303)
    set_cookie(reply, pending_cookie(), cookie_value(person.clinic_id, token))
    return reply


def halfway() -> Staff | None:
    """Bind the request to the clinic of the pending cookie and return who is signing in, or None."""
    named = read_cookie(request.cookies.get(pending_cookie()))
    if named is None:
        return None
    enter_clinic(named[0])
    return pending.find(db.session(), named[1], now=real_now(db.session()))


def welcome(person: Staff, target: str) -> Response:
    """Open a session under a new id and lead to the page that was asked for."""
    reply = redirect(target, 303)
    admit(reply, person)
    return reply


def welcome_by_institution(person: Staff, target: str, asked_at: datetime | None) -> Response:
    """Do the same on the institution's word. Its single sign-on asks for no password: what matters asks once more."""
    reply = redirect(target, 303)
    proved_at = asked_at or real_now(db.session()) - sessions.FRESH
    admit(reply, person, method="institution", proved_at=proved_at)
    return reply


def admit(reply: Response, person: Staff, *, method: str = "password", proved_at: datetime | None = None) -> None:
    """Open a session for the browser that gets this reply, and end the one it had."""
    now, browser = real_now(db.session()), browsers.family(request.user_agent.string)
    token = sessions.open_session(db.session(), person, now=now, method=method, browser=browser, proved_at=proved_at)
    clinic_id, halfway_here = person.clinic_id, read_cookie(request.cookies.get(pending_cookie()))
    if halfway_here:
        pending.end(db.session(), halfway_here[1], now=now)
    db.session.commit()
    close_former()
    form_session.clear()  # a new form token with the new session
    set_cookie(reply, staff_cookie(), cookie_value(clinic_id, token))
    drop_cookie(reply, pending_cookie())


def renew(who: sessions.Identity, target: str, action: str) -> Response:
    """Give the session a new id since the person has proved who they are, record the act, and lead on."""
    now = real_now(db.session())
    token = sessions.renew(db.session(), who.session_id, now=now)
    record(db.session(), who.clinic_id, who.actor, action, ("staff", who.staff_id), now=now)
    db.session.commit()
    reply = redirect(target, 303)
    set_cookie(reply, staff_cookie(), cookie_value(who.clinic_id, token))
    return reply


def close_former() -> None:
    """End the session that the browser's cookie names, which may be another clinic's."""
    named = read_cookie(request.cookies.get(staff_cookie()))
    if named:
        enter_clinic(named[0])
        sessions.close_session(db.session(), named[1], now=real_now(db.session()))
        db.session.commit()


def set_cookie(reply: Response, name: str, value: str) -> None:
    """Set a session cookie that scripts cannot read and other sites do not send."""
    reply.set_cookie(name, value, secure=config().secure_cookies, httponly=True, samesite="Lax", path="/")


def drop_cookie(reply: Response, name: str) -> None:
    """Take a session cookie away from the browser."""
    reply.delete_cookie(name, secure=config().secure_cookies, httponly=True, samesite="Lax")
