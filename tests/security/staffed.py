"""Staff accounts on their way in: invited by mail, with password and second factor, as the tests of S4 to S8 need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import totp
from surveys.access.signin.invitations import invite
from surveys.access.signin.staff import find_login
from surveys.db import clinic_session, db, real_now
from surveys.models import AuditEvent, Staff
from tasks import staff_mail
from tests.factories import MadeClinic
from tests.security.door import Door
from tests.servers.postbox import Postbox

PASSWORD = "four words nobody lists"
SECRET = re.compile(r'class="secret"><code>([A-Z2-7 ]+)</code>')
CODES = re.compile(r"<li><code>([a-z0-9-]+)</code>")
LINK = re.compile(r"https?://[^/\s]+(/(?:welcome|password)/\S+)")


@dataclass
class Member:
    """A person with a second factor. ``step``: the next time step whose code was not used yet."""

    login: str
    secret: str
    codes: list[str]
    step: int

    def code(self) -> str:
        """The next code; the application takes the step after the current one, and none twice."""
        now_step, self.step = self.step, self.step + 1
        return totp.code_at(self.secret, now_step)


def mail_staff(app: Flask, clinic: MadeClinic) -> int:
    """Do what the worker does for the clinic's staff."""
    with app.app_context():
        return staff_mail.dispatch(clinic.id, app.extensions["backstory"].smtp_url)


def link_for(postbox: Postbox, address: str) -> str:
    """The path in the newest mail to the address."""
    body = postbox.messages_to(address)[-1].get_body(("plain",))
    assert body
    found = LINK.search(body.get_content())
    assert found
    return found[1]


def invited(app: Flask, clinic: MadeClinic, postbox: Postbox, address: str, role: str = "clinician") -> tuple[str, str]:
    """Invite somebody; the login and the path of the link in the mail."""
    with app.app_context(), clinic_session(clinic.id) as session:
        person = invite(
            session,
            app.extensions["vault"],
            clinic.id,
            name="Ana Prueba",
            email=address,
            role=role,
            actor=SYSTEM,
            now=real_now(session),
        )
        session.commit()
        login = person.login
    assert mail_staff(app, clinic) == 1
    return login, link_for(postbox, address)


def joined(app: Flask, clinic: MadeClinic, postbox: Postbox, address: str, role: str = "clinician") -> Member:
    """Somebody who has accepted and is signed out again."""
    login, path = invited(app, clinic, postbox, address, role)
    door = Door(app)
    assert door.post(path, form=path, password=PASSWORD, again=PASSWORD).status_code == 303
    return set_up(door, login, "/login/second-factor")


def set_up(door: Door, login: str, path: str) -> Member:
    """Set the second factor up on the page at the path."""
    found = SECRET.search(door.get(path).text)
    assert found
    secret = found[1].replace(" ", "")
    step = this_step(door)  # the next one is accepted too, without waiting for it
    reply = door.post(path, form=path, code=totp.code_at(secret, step))
    codes = CODES.findall(reply.text)
    assert (reply.status_code, len(codes)) == (200, 10), reply.text
    return Member(login, secret, codes, step + 1)


def this_step(door: Door) -> int:
    """The time step of the database's clock."""
    with door.client.application.app_context():
        return totp.step_of(real_now(db.session()))


def staff_id(app: Flask, login: str) -> UUID:
    """The id of an account."""
    with app.app_context():
        found = find_login(db.session(), login)
    assert found
    return found[1]


def acts(app: Flask, clinic: MadeClinic, login: str) -> list[str]:
    """What the audit tells about an account, oldest first."""
    wanted = select(AuditEvent.action).where(AuditEvent.subject_id == staff_id(app, login)).order_by(AuditEvent.id)
    with app.app_context(), clinic_session(clinic.id) as session:
        return list(session.scalars(wanted))


def row(app: Flask, clinic: MadeClinic, login: str) -> Staff:
    """The account as it is stored."""
    with app.app_context(), clinic_session(clinic.id) as session:
        return session.scalars(select(Staff).where(Staff.login == login)).one()
