"""A signed-in staff member's browser, without the sign-in pages: those have tests of their own."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.signin.sessions import open_session
from surveys.access.tokens import cookie_value
from surveys.db import clinic_session, real_now
from surveys.models import Staff
from tests.factories import MadeClinic

SITE = "http://localhost"


def staff_cookie(app: Flask, clinic: MadeClinic, role: str) -> tuple[str, str]:
    """Open a session for the clinic's staff member with the role; return its cookie's name and value."""
    with app.app_context(), clinic_session(clinic.id) as session:
        token = _opened(session, clinic.logins[role])
        session.commit()
    return f"{app.extensions['backstory'].cookie_prefix}staff", cookie_value(clinic.id, token)


def _opened(session: Session, login: str) -> str:
    person = session.scalars(select(Staff).where(Staff.login == login)).one()
    return open_session(session, person, now=real_now(session))


def signed_in(app: Flask, clinic: MadeClinic, role: str) -> FlaskClient:
    """Return a browser inside the process; ask it with ``base_url=SITE``."""
    client = app.test_client()
    name, value = staff_cookie(app, clinic, role)
    client.set_cookie(name, value, domain="localhost", secure=True, httponly=True)
    return client
