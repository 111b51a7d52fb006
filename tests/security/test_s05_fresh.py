"""S5: an act that matters asks first who is there, and a session ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from surveys.db import clinic_session
from surveys.models import Staff, StaffSession
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.patients import invite, seen_by
from tests.security.door import Door
from tests.security.staffed import row, staff_id

IDLE, ABSOLUTE, FRESH = timedelta(minutes=15), timedelta(hours=12), timedelta(minutes=10)


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def age(app: Flask, clinic: MadeClinic, **columns: timedelta) -> None:
    """Move moments of every session of the clinic into the past."""
    past = {name: func.clock_timestamp() - by for name, by in columns.items()}
    with app.app_context(), clinic_session(clinic.id) as session:
        session.execute(update(StaffSession).values(**past), execution_options={"synchronize_session": False})
        session.commit()


@pytest.mark.parametrize(
    ("column", "limit"), [("last_seen_at", IDLE), ("created_at", ABSOLUTE)], ids=["idle", "absolute"]
)
def test_s05_a_session_ends_after_15_idle_minutes_and_after_12_hours(
    app: Flask, clinic: MadeClinic, column: str, limit: timedelta
) -> None:
    door = Door(app)
    door.sign_in(clinic.logins["coordinator"])
    age(app, clinic, **{column: limit - timedelta(seconds=30)})
    assert door.get("/desk").status_code == 200
    age(app, clinic, **{column: limit + timedelta(seconds=1)})
    assert door.get("/desk").headers["Location"].startswith("/login?next=")


def test_s05_confirming_gives_the_session_a_new_id(app: Flask, clinic: MadeClinic) -> None:
    door = Door(app)
    door.sign_in(clinic.logins["admin"])
    before = door.cookie()
    reply = door.post("/confirm", form="/confirm", password=PASSWORD, next="/desk")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/desk")
    assert door.cookie() != before
    assert door.get("/desk").status_code == 200
    thief = Door(app)
    thief.steal(before)
    assert thief.get("/desk").status_code == 303


def test_s05_a_wrong_password_confirms_nothing(app: Flask, clinic: MadeClinic) -> None:
    door = Door(app)
    door.sign_in(clinic.logins["admin"])
    reply = door.post("/confirm", form="/confirm", password="not the right password", next="//evil.example/")
    assert reply.status_code == 422
    assert "evil.example" not in reply.text


def test_s05_a_sensitive_act_asks_first_and_does_nothing_until_then(app: Flask, clinic: MadeClinic) -> None:
    door, form = Door(app), "/team/new"
    door.sign_in(clinic.logins["admin"])
    assert "Ana Prueba" not in door.get("/team").text
    age(app, clinic, authenticated_at=FRESH - timedelta(seconds=30))
    assert door.get("/team/new").status_code == 200
    age(app, clinic, authenticated_at=FRESH + timedelta(seconds=1))
    assert door.get("/team/new").headers["Location"] == "/confirm?next=/team/new"
    sent = door.post("/team/new", form="/account", headers={"Referer": "https://localhost/team/new"}, name="Ana Prueba")
    assert sent.headers["Location"] == "/confirm?next=/team/new&again=1"
    assert "Nothing is changed yet" in door.get(sent.headers["Location"]).text
    assert "Ana Prueba" not in door.get("/team").text
    back = door.post("/confirm", form="/confirm", password=PASSWORD, next="/team/new")
    assert back.headers["Location"] == "/team/new"
    invited = door.post(form, form=form, name="Ana Prueba", email="ana@clinic.example", role="analyst")
    assert invited.headers["Location"] == "/team"
    assert "Ana Prueba" in door.get("/team").text


@pytest.mark.parametrize(
    "path",
    ["/account/password", "/account/second-factor", "/team/new", "/team/{staff}", "/alerts/settings"],
    ids=lambda path: path,
)
def test_s05_pages_of_sensitive_acts_stand_behind_it(app: Flask, clinic: MadeClinic, path: str) -> None:
    door, person = Door(app), staff_id(app, clinic.logins["analyst"])
    door.sign_in(clinic.logins["admin"])
    age(app, clinic, authenticated_at=FRESH + timedelta(seconds=1))
    asked = path.format(staff=person)
    assert door.get(asked).headers["Location"] == f"/confirm?next={asked}"
    for act in ("role", "disable", "enable", "email", "invite-again", "second-factor/remove"):
        sent = door.post(f"/team/{person}/{act}", form="/account", role="admin", email="x@clinic.example")
        assert sent.headers["Location"].startswith("/confirm?")
    kept = row(app, clinic, clinic.logins["analyst"])
    assert (kept.role, kept.disabled_at) == ("analyst", None)


def test_s05_letting_somebody_outside_read_the_figures_stands_behind_it(app: Flask, clinic: MadeClinic) -> None:
    door, page = Door(app), "/registry/access"
    door.sign_in(clinic.logins["admin"])
    assert door.get(page).status_code == 200
    age(app, clinic, authenticated_at=FRESH + timedelta(seconds=1))
    assert door.get(page).headers["Location"] == f"/confirm?next={page}"
    for act in (page, f"{page}/{clinic.id}/revoke"):
        assert door.post(act, form="/account", login="anybody").headers["Location"].startswith("/confirm?")


def test_s05_a_persons_access_report_as_a_file_stands_behind_it(app: Flask) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        login = session.scalars(select(Staff.login).where(Staff.role == "admin")).one()
    door, path = Door(app), f"/patients/{invited.patient_id}/access.csv"
    door.sign_in(login)
    assert door.get(path).status_code == 200
    with seen_by(app, invited.clinic_id) as session:
        past = {"authenticated_at": func.clock_timestamp() - FRESH - timedelta(seconds=1)}
        session.execute(update(StaffSession).values(**past), execution_options={"synchronize_session": False})
        session.commit()
    assert door.get(path).headers["Location"] == f"/confirm?next={path}"
