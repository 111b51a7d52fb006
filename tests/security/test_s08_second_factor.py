"""S8: the second factor: each code once, sealed and hashed at rest, never bypassed; no default account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access.signin import totp
from surveys.access.tokens import digest
from surveys.application import create_app
from surveys.db import clinic_session, db
from surveys.models import RecoveryCode, StaffFactor, StaffLink, StaffMail
from tests.factories import PASSWORD as DEMO_PASSWORD
from tests.factories import MadeClinic, make_clinic
from tests.security.door import Door
from tests.security.staffed import PASSWORD, SECRET, acts, invited, joined, link_for, mail_staff, set_up, staff_id
from tests.servers.postbox import Postbox


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture(scope="module")
def production(app: Flask) -> Iterator[Flask]:
    """The application as it serves a hospital, on the same database."""
    settings = replace(
        app.extensions["backstory"],
        environment="production",
        public_base_url="https://localhost",
        working_wording_allowed=True,
    )
    made = create_app(settings, {"TESTING": True})
    yield made
    with made.app_context():
        db.engine.dispose()


def test_s08_an_invited_person_needs_password_and_code(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    person = joined(app, clinic, postbox, "ana@clinic.example")
    door = Door(app)
    assert door.sign_in(person.login, PASSWORD).headers["Location"] == "/login/code?next=/desk"
    assert door.get("/desk").headers["Location"].startswith("/login?")
    reply = door.post("/login/code", form="/login/code", code=person.code(), next="/desk")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/desk")
    assert door.get("/desk").status_code == 200
    assert acts(app, clinic, person.login)[:3] == ["invited", "invitation_accepted", "second_factor_set"]


def test_s08_a_code_counts_once_and_none_before_it_afterwards(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    person = joined(app, clinic, postbox, "ana@clinic.example")
    used, first, door = person.code(), totp.code_at(person.secret, person.step - 2), Door(app)
    door.sign_in(person.login, PASSWORD)
    assert door.post("/login/code", form="/login/code", code=used).status_code == 303
    again = Door(app)
    again.sign_in(person.login, PASSWORD)
    for code in (used, first):
        assert again.post("/login/code", form="/login/code", code=code).status_code == 422
    assert again.get("/desk").status_code == 303


@pytest.mark.parametrize("code", ["", "000000", "١٢٣٤٥٦", "1" * 400, "12345\0", "=1+1", "😀😀😀"])
def test_s08_what_is_no_code_is_refused_with_a_sentence(
    app: Flask, clinic: MadeClinic, postbox: Postbox, code: str
) -> None:
    person, door = joined(app, clinic, postbox, "ana@clinic.example"), Door(app)
    door.sign_in(person.login, PASSWORD)
    for path in ("/login/code", "/login/recovery"):
        reply = door.post(path, form=path, code=code)
        assert reply.status_code == 422
        assert 'class="notice error"' in reply.text


def test_s08_a_recovery_code_lets_in_once(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    person, typed = joined(app, clinic, postbox, "ana@clinic.example"), []
    for _time in range(2):
        door = Door(app)
        door.sign_in(person.login, PASSWORD)
        code = person.codes[0].upper().replace("-", " ")
        typed.append(door.post("/login/recovery", form="/login/recovery", code=code).status_code)
    assert typed == [303, 422]
    assert "recovery_code_used" in acts(app, clinic, person.login)


def test_s08_nothing_at_rest_gives_a_code_or_a_link_away(app: Flask, clinic: MadeClinic, postbox: Postbox) -> None:
    person = joined(app, clinic, postbox, "ana@clinic.example")
    wanted = staff_id(app, person.login)
    with app.app_context(), clinic_session(clinic.id) as session:
        factor = session.scalars(select(StaffFactor).where(StaffFactor.staff_id == wanted)).one()
        codes = session.scalars(select(RecoveryCode.code_digest).where(RecoveryCode.staff_id == wanted)).all()
        link = session.scalars(select(StaffLink).where(StaffLink.staff_id == wanted)).one()
        mail = session.scalars(select(StaffMail).where(StaffMail.staff_id == wanted)).one()
    assert person.secret.encode() not in factor.secret_enc
    assert digest(person.codes[0].replace("-", "")) in codes
    token = link_for(postbox, "ana@clinic.example").rpartition(".")[2]
    assert link.token_digest == digest(token)
    assert token not in repr(mail.__dict__)


def test_s08_a_new_password_by_mail_does_not_pass_by_the_second_factor(
    app: Flask, clinic: MadeClinic, postbox: Postbox
) -> None:
    person, door = joined(app, clinic, postbox, "ana@clinic.example"), Door(app)
    door.post("/password", form="/password", login=person.login)
    assert mail_staff(app, clinic) == 1
    path, other = link_for(postbox, "ana@clinic.example"), "another long password"
    assert door.post(path, form=path, password=other, again=other).headers["Location"] == "/login"
    assert door.get(path).status_code == 404
    assert door.sign_in(person.login, other).headers["Location"].startswith("/login/code")
    assert door.get("/desk").status_code == 303


def test_s08_in_production_a_password_alone_leads_to_setting_a_second_factor_up(
    production: Flask, app: Flask, clinic: MadeClinic
) -> None:
    door, login = Door(production), clinic.logins["admin"]
    assert Door(app).sign_in(login).headers["Location"] == "/desk"
    assert door.sign_in(login).headers["Location"] == "/login/second-factor?next=/desk"
    assert door.get("/desk").status_code == 303
    person = set_up(door, login, "/login/second-factor")
    assert door.get("/desk").status_code == 200
    other = Door(production)
    other.sign_in(login)
    assert other.get("/login/second-factor").headers["Location"].startswith("/login?")
    assert other.post("/login/code", form="/login/code", code=person.code()).status_code == 303


def test_s08_production_has_no_account_that_nobody_opened(production: Flask) -> None:
    asked = production.test_cli_runner().invoke(args=["staff", "--help"])
    assert asked.exit_code == 0
    for login in ("admin", "clinician", "root", "demo"):
        assert Door(production, address="192.0.2.99").sign_in(login, DEMO_PASSWORD).status_code == 422


def test_s08_a_link_to_an_account_works_once_and_looking_at_it_changes_nothing(
    app: Flask, clinic: MadeClinic, postbox: Postbox
) -> None:
    login, path = invited(app, clinic, postbox, "ana@clinic.example")
    scanner = Door(app)
    for _look in range(5):
        assert login in scanner.get(path).text
    assert scanner.client.post(path, base_url="https://localhost").status_code == 400
    door = Door(app)
    assert door.post(path, form=path, password=PASSWORD, again=PASSWORD).status_code == 303
    assert scanner.get(path).status_code == 404
    assert door.post("/login/second-factor", form="/login/second-factor", code="000000").status_code == 422


def test_s08_nobody_else_is_shown_the_secret_that_a_person_sets_up(production: Flask, clinic: MadeClinic) -> None:
    """Whoever knows the password before there is a second factor must not come to know that too."""
    login, page = clinic.logins["coordinator"], "/login/second-factor"
    thief, owner = Door(production), Door(production)
    thief.sign_in(login)
    shown = SECRET.search(thief.get(page).text)
    owner.sign_in(login)
    person = set_up(owner, login, page)
    assert shown
    assert shown[1].replace(" ", "") != person.secret
    assert thief.get(page).headers["Location"].startswith("/login?")


def test_s08_a_second_look_while_the_owner_sets_up_shows_nothing(production: Flask, clinic: MadeClinic) -> None:
    login, page = clinic.logins["analyst"], "/login/second-factor"
    thief, owner = Door(production), Door(production)
    thief.sign_in(login)
    owner.sign_in(login)
    first = SECRET.search(owner.get(page).text)
    assert first
    assert thief.get(page).headers["Location"].startswith("/login?")
    assert first[1] in owner.get(page).text  # a reload shows the same
