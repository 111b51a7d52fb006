"""Setting up the second factor: while signing in, where the account has none yet, or from one's own account."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import factors, recovery, throttle, totp
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, local_path, staff_page
from surveys.views.qr import drawn
from surveys.views.signin import entrance
from surveys.views.signin.second_step import start_again
from surveys.views.signin.tries import counted

bp = Blueprint("setting_up", __name__)


@bp.get("/login/second-factor")
def form() -> Reply:
    """Show the QR code to somebody whose password was right and who has no second factor yet."""
    person = entrance.halfway()
    if person is None or factors.in_use(db.session(), person.id):
        return start_again()
    return _offer(person, "setting_up.confirm")


@bp.post("/login/second-factor")
def confirm() -> Reply:
    """Take the first code as proof that the authenticator works, show the recovery codes and sign in."""
    person = entrance.halfway()
    if person is None or factors.in_use(db.session(), person.id):
        return start_again()
    codes = _set_up(person)
    if codes is None:
        return _offer(person, "setting_up.confirm"), 422
    reply = make_response(_codes_page(codes, local_path(request.form.get("next"))))
    entrance.admit(reply, person)
    return reply


@bp.get("/account/second-factor")
@staff_page
@fresh
def own_form() -> Reply:
    """Show the QR code of a new second factor, which takes the place of the one before."""
    return _offer(_self(), "setting_up.own_confirm")


@bp.post("/account/second-factor")
@staff_page
@fresh
def own_confirm() -> Reply:
    """Put the new second factor in place and show new recovery codes."""
    person = _self()
    codes = _set_up(person)
    return _codes_page(codes, url_for("account.show")) if codes else (_offer(person, "setting_up.own_confirm"), 422)


@bp.post("/account/recovery-codes")
@staff_page
@fresh
def own_codes() -> Reply:
    """Replace the recovery codes by ten new ones, shown once."""
    person = _self()
    if factors.in_use(db.session(), person.id) is None:
        flash(_("Set up a second factor first: recovery codes stand in for it."), "error")
        return redirect(url_for("account.show"), 303)
    codes = recovery.new_codes(db.session(), person, now=real_now(db.session()))
    _note(person, "recovery_codes_renewed")
    db.session.commit()
    return _codes_page(codes, url_for("account.show"))


def _self() -> Staff:
    return db.session.get_one(Staff, identity().staff_id)


def _offer(person: Staff, action: str) -> str:
    """Draw the page with the secret as a QR code and as text."""
    _factor, secret = factors.offered(db.session(), found.vault(), person, now=real_now(db.session()))
    db.session.commit()
    picture = drawn(totp.address(secret, person.login))
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    target = local_path(request.values.get("next"))
    return render_template("staff/second_factor.html", picture=picture, secret=grouped, action=action, next=target)


def _set_up(person: Staff) -> list[str] | None:
    """Confirm the offered factor; the recovery codes, or None with a sentence where the code does not fit."""
    attempt, now, session = counted("code", person.login), real_now(db.session()), db.session()
    factor, _secret = factors.offered(session, found.vault(), person, now=now)
    if not factors.confirm(session, found.vault(), factor, request.form.get("code", "")[:20], now=now):
        flash(_("This code does not fit. Check the time on your telephone and type the newest code."), "error")
        return None
    throttle.take_back(session, attempt)
    codes = recovery.new_codes(session, person, now=now)
    _note(person, "second_factor_set")
    session.commit()
    return codes


def _note(person: Staff, action: str) -> None:
    actor, subject = Actor("staff", person.id), ("staff", person.id)
    record(db.session(), person.clinic_id, actor, action, subject, now=real_now(db.session()))


def _codes_page(codes: list[str], target: str) -> str:
    return render_template("staff/recovery_codes.html", codes=codes, next=target)
