"""Signing in at the institution: there, back, and tied to an account that exists."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, request, url_for
from flask import session as form_session
from werkzeug.wrappers import Response

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import identities, invitations, oidc
from surveys.access.signin.provider import Institution
from surveys.db import db, enter_clinic, real_now
from surveys.errors import error_page
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.views.guard import Reply, config, load_identity, local_path, staff_page
from surveys.views.signin import entrance, mailed

bp = Blueprint("institution", __name__)
KEY = "institution"  # in the browser's signed session, until it comes back


@bp.get("/institution/begin")
def begin() -> Reply:
    """Lead to the institution's sign-in page. A link and no form: the policy lets forms go to this site only."""
    return _leave("sign_in", next=local_path(request.args.get("next")))


@bp.get("/institution/accept/<token>")
def accept(token: str) -> Reply:
    """Lead there to accept an invitation by it."""
    return _leave("accept", token=token) if mailed.opened("invitation", token) else mailed.dead()


@bp.get("/institution/confirm")
@staff_page
def confirm() -> Reply:
    """Lead there to prove who is signed in, before an act that matters."""
    return _leave("confirm", next=local_path(request.args.get("next")))


@bp.get("/institution/callback")
def callback() -> Reply:
    """Take the institution's word for who came back, and do what was begun."""
    begun, institution = form_session.pop(KEY, None), config().institution
    if institution is None or not isinstance(begun, dict):
        return error_page(400, _("This sign-in was not begun in this browser. Begin again."))
    asked = oidc.Asked(begun["state"], begun["nonce"], begun["verifier"])
    afresh, now = begun["purpose"] == "confirm", real_now(db.session())
    db.session.rollback()  # no connection is held while the provider is asked
    try:
        vouched = oidc.finish(institution, _come_back(), asked, request.args, now=now, afresh=afresh)
        return ENDINGS[begun["purpose"]](institution, vouched, begun)
    except oidc.InstitutionError as error:
        return error_page(error.code, str(error))
    except identities.IdentityError as error:
        db.session.rollback()
        return error_page(409, str(error))


def _leave(purpose: str, **kept: str) -> Reply:
    institution = config().institution
    if institution is None:
        flash(_("This installation knows no institution to sign in with. Use your password."), "error")
        return redirect(url_for("auth.login"), 303)
    try:
        url, asked = oidc.begin(institution, _come_back(), afresh=purpose == "confirm")
    except oidc.InstitutionError as error:
        return error_page(error.code, str(error))
    form_session[KEY] = {**asdict(asked), "purpose": purpose, **kept}
    return redirect(url, 303)


def _sign_in(institution: Institution, vouched: oidc.Vouched, begun: dict[str, str]) -> Response:
    person = _known(institution, vouched.subject)
    return entrance.welcome_by_institution(person, local_path(begun.get("next")), vouched.asked_at)


def _accept(institution: Institution, vouched: oidc.Vouched, begun: dict[str, str]) -> Response:
    found = mailed.opened("invitation", begun.get("token", ""))
    if found is None:
        raise oidc.InstitutionError(404, _("This link does not work any more. Ask an administrator for a new one."))
    link, person = found
    now, actor = real_now(db.session()), Actor("staff", person.id)
    identities.link(db.session(), person, institution.issuer, vouched.subject, actor=actor, now=now)
    invitations.use_link(db.session(), link, now=now)
    what = {"method": "institution"}
    record(db.session(), person.clinic_id, actor, "invitation_accepted", ("staff", person.id), now=now, new=what)
    return entrance.welcome_by_institution(person, "/", vouched.asked_at)


def _confirm(institution: Institution, vouched: oidc.Vouched, begun: dict[str, str]) -> Response:
    who, found = load_identity(), identities.find(db.session(), institution.issuer, vouched.subject)
    if who is None or found != (who.clinic_id, who.staff_id):
        raise oidc.InstitutionError(403, _("The institution names somebody else than who is signed in here."))
    return entrance.renew(who, local_path(begun.get("next")), "confirmed_identity")


ENDINGS = {"sign_in": _sign_in, "accept": _accept, "confirm": _confirm}


def _known(institution: Institution, subject: str) -> Staff:
    found = identities.find(db.session(), institution.issuer, subject)
    enter_clinic(found[0] if found else None)
    person = db.session.get(Staff, found[1]) if found else None
    if person is None or person.disabled_at:
        raise oidc.InstitutionError(
            403, _("You have no account here that is tied to this identity. Ask an administrator of your clinic.")
        )
    return person


def _come_back() -> str:
    return config().public_base_url + url_for("institution.callback")
