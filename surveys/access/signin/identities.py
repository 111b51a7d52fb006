"""A person's identity at the institution: issuer and subject are the key, never an e-mail address alone."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.signin.staff import IDENTITY, find_key, shut_out
from surveys.i18n import gettext as _
from surveys.models import Staff, StaffIdentity

LONGEST = 255  # OpenID Connect Core 1.0, 2


class IdentityError(ValueError):
    """An identity that cannot be tied to the account; the text says why."""


def key_of(issuer: str, subject: str) -> str:
    """Return what is stored and looked for; no sign-in name has this form."""
    named = f"{issuer}\0{subject}".encode("utf-8", "surrogatepass")
    return f"{IDENTITY}{sha256(named).hexdigest()}"


def find(session: Session, issuer: str, subject: str) -> tuple[UUID, UUID] | None:
    """Return (clinic id, staff id) of an identity, or None: nobody is added by signing in."""
    return find_key(session, key_of(issuer, subject))


def link(session: Session, person: Staff, issuer: str, subject: str, *, actor: Actor, now: datetime) -> None:
    """Tie the account to the identity, in place of one before, whose sessions end; raises IdentityError."""
    if not issuer:
        raise IdentityError(_("This installation knows no institution to sign in with."))
    if not 1 <= len(subject) <= LONGEST or not subject.isprintable():
        raise IdentityError(_("Enter the subject that the institution uses for this person, up to 255 characters."))
    owner = find(session, issuer, subject)
    if owner == (person.clinic_id, person.id):
        return
    if owner is not None:
        raise IdentityError(_("This identity belongs to another account already."))
    if _untie(session, person):
        shut_out(session, person, now=now)
    made = StaffIdentity(
        clinic_id=person.clinic_id, staff_id=person.id, issuer=issuer, key=key_of(issuer, subject), created_at=now
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:  # tied to somebody else a moment ago
        raise IdentityError(_("This identity belongs to another account already.")) from error
    what = {"issuer": issuer}
    record(session, person.clinic_id, actor, "identity_linked", ("staff", person.id), now=now, new=what)


def unlink(session: Session, person: Staff, *, actor: Actor, now: datetime) -> None:
    """Take the identity away and end the person's sessions; a password is needed then."""
    if _untie(session, person):
        shut_out(session, person, now=now)
        record(session, person.clinic_id, actor, "identity_unlinked", ("staff", person.id), now=now)


def _untie(session: Session, person: Staff) -> bool:
    gone = delete(StaffIdentity).where(StaffIdentity.staff_id == person.id).returning(StaffIdentity.id)
    return bool(session.execute(gone).all())
