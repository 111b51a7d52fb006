"""Staff accounts: finding one, its password, its role, and closing it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.signin import factors, pending, sessions
from surveys.access.signin.passwords import hash_password, verify
from surveys.models import Clinic, Staff, StaffIdentity
from surveys.models.clinic import ROLES

IDENTITY = "oidc:"  # what the key of an institution's identity begins with


class LastAdminError(ValueError):
    """The clinic would be left without anyone who may look after its accounts."""


class RoleError(ValueError):
    """There is no such role."""


def find_login(session: Session, login: str) -> tuple[UUID, UUID] | None:
    """Return (clinic id, staff id) of a sign-in name; an identity's key is none, or tries by it would count apart."""
    return None if login.startswith(IDENTITY) else find_key(session, login)


def find_key(session: Session, login: str) -> tuple[UUID, UUID] | None:
    """Return (clinic id, staff id) of a login, or of an identity's key, by the one function that may look across."""
    row = session.execute(text("SELECT clinic_id, staff_id FROM find_login(:login)"), {"login": login}).one_or_none()
    return (row.clinic_id, row.staff_id) if row else None


def check_password(session: Session, staff_id: UUID | None, password: str) -> Staff | None:
    """Return the enabled staff member whose password this is; runs as long for nobody."""
    person = session.scalar(select(Staff).where(Staff.id == staff_id)) if staff_id else None
    fits = verify(person.password_hash if person else None, password)
    return person if person and fits and person.disabled_at is None else None


def add_staff(
    session: Session, clinic: Clinic, login: str, name: str, role: str, password: str, *, now: datetime
) -> Staff:
    """Add an account that has its password already; raises PasswordError. Only the demo and tests make such ones."""
    person = Staff(
        clinic_id=clinic.id,
        login=login.casefold(),
        name=name,
        role=role,
        password_hash=hash_password(password, login, name),
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def set_password(session: Session, person: Staff, password: str, *, now: datetime, keep: UUID | None = None) -> None:
    """Change the password and end every session but ``keep``; raises PasswordError."""
    person.password_hash = hash_password(password, person.login, person.name)
    shut_out(session, person, now=now, keep=keep)
    session.flush()


def shut_out(session: Session, person: Staff, *, now: datetime, keep: UUID | None = None) -> None:
    """End the person's sessions, sign-ins half done and a second factor that was only shown."""
    sessions.close_all(session, person.id, now=now, but=keep)
    pending.end_all(session, person.id, now=now)
    factors.withdraw_offer(session, person.id, now=now)


def state_of(session: Session, person: Staff) -> str:
    """Return ``disabled``, ``invited`` (no way in yet) or ``active``."""
    if person.disabled_at:
        return "disabled"
    return "active" if person.password_hash or linked(session, person.id) else "invited"


def linked(session: Session, staff_id: UUID) -> bool:
    """Return whether the person signs in through the institution."""
    return session.scalar(select(StaffIdentity.id).where(StaffIdentity.staff_id == staff_id)) is not None


def change_role(session: Session, person: Staff, role: str, *, actor: Actor, now: datetime) -> None:
    """Give the person another role and end their sessions; raises LastAdminError and RoleError."""
    if role not in ROLES:
        raise RoleError(role)
    if role == person.role:
        return
    _keep_an_admin(session, person)
    _note(session, person, "role_changed", actor, now, old={"role": person.role}, new={"role": role})
    person.role = role
    shut_out(session, person, now=now)
    session.flush()


def disable(session: Session, person: Staff, *, actor: Actor, now: datetime) -> None:
    """Close the account and end its sessions; raises LastAdminError."""
    if person.disabled_at:
        return
    _keep_an_admin(session, person)
    person.disabled_at = now
    shut_out(session, person, now=now)
    _note(session, person, "disabled", actor, now)
    session.flush()


def enable(session: Session, person: Staff, *, actor: Actor, now: datetime) -> None:
    """Open a closed account again, as it was."""
    if person.disabled_at:
        person.disabled_at = None
        _note(session, person, "enabled", actor, now)
        session.flush()


def remove_factor(session: Session, person: Staff, *, actor: Actor, now: datetime) -> None:
    """Take away a second factor that is lost, and end the person's sessions; the password stays as it was."""
    if factors.remove(session, person.id, now=now):
        shut_out(session, person, now=now)
        _note(session, person, "second_factor_removed", actor, now)


def _keep_an_admin(session: Session, person: Staff) -> None:
    """Refuse to lose the last admin. The rows are locked: two admins who demote each other wait for one another."""
    enabled = select(Staff).where(Staff.role == "admin", Staff.disabled_at.is_(None)).order_by(Staff.id)
    admins = [each.id for each in session.scalars(enabled.with_for_update()) if state_of(session, each) == "active"]
    if admins == [person.id]:
        raise LastAdminError(person.login)


def _note(
    session: Session,
    person: Staff,
    action: str,
    actor: Actor,
    now: datetime,
    old: dict[str, str] | None = None,
    new: dict[str, str] | None = None,
) -> None:
    record(session, person.clinic_id, actor, action, ("staff", person.id), now=now, old=old, new=new)


def login_taken(session: Session, login: str) -> bool:
    """Return whether anybody, in any clinic, signs in by this name."""
    return find_login(session, login) is not None


def people(session: Session) -> list[Staff]:
    """Return everybody of the bound clinic, by name; closed accounts last."""
    ordered = select(Staff).order_by(Staff.disabled_at.is_not(None), func.lower(Staff.name), Staff.login)
    return list(session.scalars(ordered))
