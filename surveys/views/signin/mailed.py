"""What a link in a mail to staff opens: accepting an invitation, choosing a new password."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request

from surveys.access.signin import invitations, staff
from surveys.access.signin.passwords import PasswordError
from surveys.access.tokens import read_cookie
from surveys.db import db, enter_clinic, real_now
from surveys.i18n import gettext as _
from surveys.models import Staff, StaffLink


def opened(purpose: str, token: str) -> tuple[StaffLink, Staff] | None:
    """Bind the request to the link's clinic and return the link and whose it is, or None for a dead one."""
    named = read_cookie(token)
    if named is None:
        return None
    enter_clinic(named[0])
    return invitations.find_link(db.session(), named[1], purpose, now=real_now(db.session()))


def dead() -> tuple[str, int]:
    """One page for every link that does not work, whatever the reason."""
    return render_template("staff/dead_link.html"), 404


def chosen_password(person: Staff, *, keep: UUID | None = None) -> str | None:
    """Set the password of the form, typed twice; the sentence that says what is wrong, or None.

    Every session but ``keep`` ends.
    """
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _("The two passwords are not the same. Type both again.")
    try:
        staff.set_password(db.session(), person, password, now=real_now(db.session()), keep=keep)
    except PasswordError as error:
        return str(error)
    return None
