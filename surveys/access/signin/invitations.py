"""Inviting staff by mail, and the links that let a person choose a password."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.access.signin import factors, identities, staff_mail
from surveys.access.signin.staff import login_taken, shut_out
from surveys.access.tokens import digest, new_token
from surveys.db import uuid7
from surveys.i18n import gettext as _
from surveys.models import Staff, StaffLink
from surveys.models.clinic import ROLES

LIFETIMES: Mapping[str, timedelta] = MappingProxyType(
    {"invitation": timedelta(days=7), "password_reset": timedelta(hours=1)}
)
LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
EMAIL = re.compile(r"[^\s@,;<>\"\x00-\x1f]{1,64}@[^\s@,;<>\"\x00-\x1f]{1,189}")
LONGEST_NAME = 100
PLACE = ("staff", "email_enc")


class InvitationError(ValueError):
    """An invitation that is not sent. ``field``: which entry; the text says what to do."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def invite(
    session: Session,
    vault: Vault,
    clinic_id: UUID,
    *,
    name: str,
    email: str,
    role: str,
    login: str = "",
    actor: Actor,
    now: datetime,
    by_mail: bool = True,
) -> Staff:
    """Add an account without a way in and plan the mail that gives one; raises InvitationError."""
    name, email = " ".join(name.split()), email.strip()
    _check(name, email, role)
    chosen = _chosen_login(session, login.strip().casefold(), name)
    person = Staff(clinic_id=clinic_id, id=uuid7(), login=chosen, name=name, role=role, created_at=now)
    person.email_enc = vault.seal(email, *PLACE, person.id)
    session.add(person)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else took the name a moment ago
        raise InvitationError("login", _("Somebody has this sign-in name already. Choose another one.")) from error
    record(session, clinic_id, actor, "invited", ("staff", person.id), now=now, new={"role": role})
    if by_mail:
        staff_mail.plan(session, person, "invitation", uuid7(), now=now)
    return person


def invite_again(session: Session, person: Staff, *, actor: Actor, now: datetime) -> None:
    """Begin anew: no password, no identity, no second factor, no session; the mail's link replaces those before."""
    person.password_hash = None
    identities.unlink(session, person, actor=actor, now=now)
    factors.remove(session, person.id, now=now)
    shut_out(session, person, now=now)
    revoke_links(session, person.id, now=now)
    staff_mail.plan(session, person, "invitation", uuid7(), now=now)
    record(session, person.clinic_id, actor, "invited_again", ("staff", person.id), now=now)


def change_email(session: Session, vault: Vault, person: Staff, email: str, *, actor: Actor, now: datetime) -> None:
    """Keep another address for mail to the person; links sent to the one before stop working."""
    email = email.strip()
    if not EMAIL.fullmatch(email):
        raise InvitationError("email", _("Enter an e-mail address, such as name@clinic.example."))
    person.email_enc = vault.seal(email, *PLACE, person.id)
    revoke_links(session, person.id, now=now)
    record(session, person.clinic_id, actor, "staff_email_changed", ("staff", person.id), now=now)


def email_of(vault: Vault, person: Staff) -> str | None:
    """Return the address mail to the person goes to, or None where there is none."""
    return vault.open(person.email_enc, *PLACE, person.id) if person.email_enc else None


def issue_link(session: Session, person: Staff, purpose: str, *, now: datetime) -> str:
    """Add a link and return its token; the person's links of that purpose before it stop working."""
    revoke_links(session, person.id, now=now, purpose=purpose)
    token = new_token()
    session.add(
        StaffLink(
            clinic_id=person.clinic_id,
            staff_id=person.id,
            purpose=purpose,
            token_digest=digest(token),
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    session.flush()
    return token


def find_link(session: Session, token: str, purpose: str, *, now: datetime) -> tuple[StaffLink, Staff] | None:
    """Return the link and whose it is, or None for one that is unknown, used, expired or of a closed account."""
    live = (
        StaffLink.token_digest == digest(token),
        StaffLink.purpose == purpose,
        StaffLink.used_at.is_(None),
        StaffLink.revoked_at.is_(None),
        StaffLink.expires_at > now,
        Staff.disabled_at.is_(None),
    )
    found = select(StaffLink, Staff).join(Staff, Staff.id == StaffLink.staff_id).where(*live)
    row = session.execute(found.with_for_update(of=StaffLink)).one_or_none()
    return (row[0], row[1]) if row else None


def use_link(session: Session, link: StaffLink, *, now: datetime) -> None:
    """Use a link up, and with it every other of the person."""
    link.used_at = now
    session.flush()
    revoke_links(session, link.staff_id, now=now)


def revoke_links(session: Session, staff_id: UUID, *, now: datetime, purpose: str | None = None) -> None:
    """Stop the person's links, or those of one purpose."""
    theirs = [StaffLink.staff_id == staff_id, StaffLink.used_at.is_(None), StaffLink.revoked_at.is_(None)]
    if purpose:
        theirs.append(StaffLink.purpose == purpose)
    session.execute(update(StaffLink).where(*theirs).values(revoked_at=now))


def _check(name: str, email: str, role: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvitationError("name", _("Enter the person's name, up to 100 characters."))
    if not EMAIL.fullmatch(email):
        raise InvitationError("email", _("Enter an e-mail address, such as name@clinic.example."))
    if role not in ROLES:
        raise InvitationError("role", _("Choose a role."))


def _chosen_login(session: Session, login: str, name: str) -> str:
    if not login:
        return _made_login(session, name)
    if not LOGIN.fullmatch(login):
        raise InvitationError(
            "login", _("A sign-in name has up to 40 letters a to z, digits, dots, hyphens and underlines.")
        )
    if login_taken(session, login):
        raise InvitationError("login", _("Somebody has this sign-in name already. Choose another one."))
    return login


def _made_login(session: Session, name: str) -> str:
    """Return such as ``m.lopez`` for Maria López, with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.findall("[a-z0-9]+", plain) or ["staff"]
    base = f"{words[0][0]}.{words[-1]}"[:30] if len(words) > 1 else words[0][:30]
    number = 1
    while login_taken(session, login := base if number == 1 else f"{base}{number}"):
        number += 1
    return login
