"""S4: the cookie, and what ends a session."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import staff
from surveys.access.tokens import digest
from surveys.db import clinic_session, real_now
from surveys.models import Staff, StaffSession
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.security.door import Door
from tests.security.staffed import staff_id

NEW = "another long password"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def signed_in(app: Flask, clinic: MadeClinic, role: str) -> Door:
    door = Door(app)
    assert door.sign_in(clinic.logins[role]).status_code == 303
    assert door.get("/account").status_code == 200
    return door


def inside(door: Door) -> bool:
    return door.get("/account").status_code == 200


def test_s04_cookie_is_host_only_and_says_nothing(app: Flask, clinic: MadeClinic) -> None:
    door = Door(app)
    reply = door.sign_in(clinic.logins["coordinator"])
    set_cookies = [c for c in reply.headers.getlist("Set-Cookie") if c.startswith("__Host-staff=")]
    assert len(set_cookies) == 1
    parts = {part.strip() for part in set_cookies[0].split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert not any(part.startswith("Domain") for part in parts)
    token = door.cookie().partition(".")[2]
    assert len(base64.urlsafe_b64decode(token + "=")) * 8 >= 128
    with app.app_context(), clinic_session(clinic.id) as session:
        kept = session.scalars(select(StaffSession.token_digest)).all()
    assert kept == [digest(token)]


def test_s04_signing_in_gives_a_new_id_whatever_the_browser_held(app: Flask, clinic: MadeClinic) -> None:
    door = signed_in(app, clinic, "coordinator")
    before = door.cookie()
    door.sign_in(clinic.logins["coordinator"])
    assert door.cookie() != before
    thief = Door(app)
    thief.steal(before)
    assert not inside(thief)


def test_s04_logging_out_ends_the_session_on_the_server(app: Flask, clinic: MadeClinic) -> None:
    door = signed_in(app, clinic, "coordinator")
    held = door.cookie()
    assert door.post("/logout", form="/account").status_code == 303
    door.steal(held)
    assert not inside(door)


@pytest.mark.parametrize("act", ["disable", "role"])
def test_s04_disabling_and_a_new_role_end_every_session_at_once(app: Flask, clinic: MadeClinic, act: str) -> None:
    doors = [signed_in(app, clinic, "coordinator") for _each in range(2)]
    admin, person = signed_in(app, clinic, "admin"), staff_id(app, clinic.logins["coordinator"])
    page = f"/team/{person}"
    assert admin.post(f"{page}/{act}", form=page, role="analyst").headers["Location"] == page
    assert [inside(door) for door in doors] == [False, False]
    assert inside(admin)


def test_s04_a_new_password_signs_out_everywhere_else_and_renews_this_one(app: Flask, clinic: MadeClinic) -> None:
    here, there = (signed_in(app, clinic, "clinician") for _each in range(2))
    before = here.cookie()
    page = "/account/password"
    assert here.post(page, form=page, password=NEW, again=NEW).headers["Location"] == "/account"
    thief = Door(app)
    thief.steal(before)
    assert [inside(here), inside(there), inside(thief)] == [True, False, False]
    assert Door(app).sign_in(clinic.logins["clinician"], PASSWORD).status_code == 422
    assert Door(app).sign_in(clinic.logins["clinician"], NEW).status_code == 303


def test_s04_a_person_sees_and_ends_the_own_sessions_alone(app: Flask, clinic: MadeClinic) -> None:
    here, there = signed_in(app, clinic, "clinician"), Door(app)
    there.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    there.sign_in(clinic.logins["clinician"])
    stranger = signed_in(app, clinic, "coordinator")
    page = here.get("/account").text
    assert "Firefox, Windows" in page
    with app.app_context(), clinic_session(clinic.id) as session:
        wanted = select(StaffSession).where(StaffSession.browser == "Firefox, Windows")
        other = session.scalars(wanted).one()
    path = f"/account/sessions/{other.id}/end"
    assert stranger.post(path, form="/account").status_code == 404
    assert inside(there)
    assert here.post(path, form="/account").status_code == 303
    assert [inside(here), inside(there)] == [True, False]


def test_s04_the_last_administrator_stays_one(app: Flask, clinic: MadeClinic) -> None:
    admin, own = signed_in(app, clinic, "admin"), f"/team/{staff_id(app, clinic.logins['admin'])}"
    for act in ("disable", "role"):
        admin.post(f"{own}/{act}", form=own, role="analyst")
        assert "last administrator" in admin.get(own).text
    with app.app_context(), clinic_session(clinic.id) as session:
        person = session.scalars(select(Staff).where(Staff.login == clinic.logins["coordinator"])).one()
        staff.change_role(session, person, "admin", actor=SYSTEM, now=real_now(session))
        session.commit()
    assert admin.post(f"{own}/role", form=own, role="analyst").headers["Location"] == "/login"
    assert not inside(admin)
