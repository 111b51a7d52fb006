"""One member of staff, for administrators: role, address, closing the account, beginning anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveys.access.signin import factors, identities, invitations, staff
from surveys.db import db, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff
from surveys.models.clinic import ROLES
from surveys.views import found
from surveys.views.guard import Reply, config, fresh, identity, staff_page

bp = Blueprint("member", __name__)
REFUSALS = (staff.LastAdminError, staff.RoleError, invitations.InvitationError, identities.IdentityError)


@bp.get("/team/<uuid:staff_id>")
@staff_page
@fresh
def show(staff_id: UUID) -> Reply:
    """Show what an administrator may change about one person."""
    person, session = _person(staff_id), db.session()
    return render_template(
        "staff/member.html",
        person=person,
        email=invitations.email_of(found.vault(), person),
        state=staff.state_of(session, person),
        factor=factors.in_use(session, person.id),
        linked=staff.linked(session, person.id),
        roles=ROLES,
        institution=config().institution,
        own=person.id == identity().staff_id,
    )


@bp.post("/team/<uuid:staff_id>/role")
@staff_page
@fresh
def change_role(staff_id: UUID) -> Reply:
    """Give another role; the person signs in anew with it."""
    return _done(staff_id, partial(staff.change_role, role=request.form.get("role", "")))


@bp.post("/team/<uuid:staff_id>/email")
@staff_page
@fresh
def change_email(staff_id: UUID) -> Reply:
    """Keep another address for mail to the person."""
    return _done(staff_id, partial(invitations.change_email, vault=found.vault(), email=request.form.get("email", "")))


@bp.post("/team/<uuid:staff_id>/disable")
@staff_page
@fresh
def disable(staff_id: UUID) -> Reply:
    """Close the account; its sessions end now."""
    return _done(staff_id, staff.disable)


@bp.post("/team/<uuid:staff_id>/enable")
@staff_page
@fresh
def enable(staff_id: UUID) -> Reply:
    """Open the account again."""
    return _done(staff_id, staff.enable)


@bp.post("/team/<uuid:staff_id>/second-factor/remove")
@staff_page
@fresh
def remove_factor(staff_id: UUID) -> Reply:
    """Take a lost second factor away."""
    return _done(staff_id, staff.remove_factor)


@bp.post("/team/<uuid:staff_id>/invite-again")
@staff_page
@fresh
def invite_again(staff_id: UUID) -> Reply:
    """Begin anew: the person chooses a password by a new link and sets up a second factor."""
    if staff_id == identity().staff_id:
        abort(409, _("You cannot invite yourself. Change your password on the page Your account."))
    return _done(staff_id, invitations.invite_again)


@bp.post("/team/<uuid:staff_id>/institution")
@staff_page
@fresh
def link_identity(staff_id: UUID) -> Reply:
    """Tie the account to a subject that the institution's administrator has named."""
    provider, subject = config().institution, request.form.get("subject", "").strip()
    issuer = provider.issuer if provider else ""
    return _done(staff_id, partial(identities.link, issuer=issuer, subject=subject))


def _done(staff_id: UUID, act: Callable[..., None]) -> Response:
    """Do it and lead back, or say why not."""
    person, own = _person(staff_id), staff_id == identity().staff_id
    try:
        act(db.session(), person=person, actor=identity().actor, now=real_now(db.session()))
        db.session.commit()
        flash(_("Saved."), "notice")
    except REFUSALS as error:
        db.session.rollback()
        flash(_refusal(error), "error")
    still_here = not own or (person.role == identity().role and not person.disabled_at)
    return redirect(url_for("member.show", staff_id=staff_id) if still_here else url_for("auth.login"), 303)


def _refusal(error: Exception) -> str:
    if isinstance(error, staff.LastAdminError):
        return _("This is the last administrator of the clinic. Give another person that role first.")
    return _("Choose a role.") if isinstance(error, staff.RoleError) else str(error)


def _person(staff_id: UUID) -> Staff:
    return db.session.get(Staff, staff_id) or abort(404)
