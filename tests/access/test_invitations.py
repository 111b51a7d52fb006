"""Whom an administrator can invite, and the sign-in name that is made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin.invitations import InvitationError, email_of, invite
from surveys.db import clinic_session, real_now
from surveys.models import Staff
from tests.factories import MadeClinic, make_clinic

MAIL = "ana@clinic.example"


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def invited(app: Flask, session: Session, clinic: MadeClinic, name: str, login: str = "", email: str = MAIL) -> Staff:
    vault, now = app.extensions["vault"], real_now(session)
    return invite(session, vault, clinic.id, name=name, email=email, role="analyst", login=login, actor=SYSTEM, now=now)


def test_a_sign_in_name_is_made_from_the_name_and_is_never_a_second_one(app: Flask, clinic: MadeClinic) -> None:
    last = f"Lo{clinic.id.hex[-8:]}"
    with app.app_context(), clinic_session(clinic.id) as session:
        made = [invited(app, session, clinic, f"  María   {last} ").login for _each in range(3)]
        nameless = invited(app, session, clinic, "山田 太郎").login
    base = f"m.{last.lower()}"
    assert made == [base, f"{base}2", f"{base}3"]
    assert nameless.startswith("staff")


@pytest.mark.parametrize(
    ("name", "login", "email", "field"),
    [
        ("", "", MAIL, "name"),
        ("x" * 101, "", MAIL, "name"),
        ("Ana\0", "", MAIL, "name"),
        ("Ana", "has space", MAIL, "login"),
        ("Ana", "oidc:" + "0" * 64, MAIL, "login"),
        ("Ana", "-ana", MAIL, "login"),
        ("Ana", "", "ana@clinic.example,all@example.org", "email"),
        ("Ana", "", "ana@clinic.example\r\nBcc: x@example.org", "email"),
        ("Ana", "", "ana", "email"),
    ],
)
def test_an_invitation_that_cannot_be_sent_names_its_entry(
    app: Flask, clinic: MadeClinic, name: str, login: str, email: str, field: str
) -> None:
    with app.test_request_context(), clinic_session(clinic.id) as session, pytest.raises(InvitationError) as refusal:
        invited(app, session, clinic, name, login, email)
    assert refusal.value.field == field


def test_a_line_break_in_a_name_becomes_a_space(app: Flask, clinic: MadeClinic) -> None:
    with app.app_context(), clinic_session(clinic.id) as session:
        assert invited(app, session, clinic, "Ana\r\nBcc: all").name == "Ana Bcc: all"


def test_two_who_take_one_sign_in_name_at_once_are_told_apart(app: Flask, clinic: MadeClinic) -> None:
    login = f"same-{clinic.id.hex[-8:]}"

    def later() -> str:
        with app.test_request_context(), clinic_session(clinic.id) as session:
            try:
                return invited(app, session, clinic, "Ana Later", login).login
            except InvitationError as error:
                return error.field

    with app.app_context(), clinic_session(clinic.id) as session, ThreadPoolExecutor(1) as pool:
        person = invited(app, session, clinic, "Ana First", login)
        second = pool.submit(later)  # waits for the first one's transaction, or comes after it
        session.commit()
        assert second.result(timeout=30) == "login"
        assert email_of(app.extensions["vault"], person) == MAIL
        assert MAIL.encode() not in (person.email_enc or b"")
