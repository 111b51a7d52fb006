"""How an operator begins: a clinic and its first administrator from the command line."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from tests.factories import make_clinic
from tests.security.door import Door
from tests.security.staffed import LINK, PASSWORD, set_up

MAIL = ["--sender-address", "post@north.example", "--reply-to", "desk@north.example", "--phone", "+44 20 7946 0000"]


def run(app: Flask, *words: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=list(words))
    return done.exit_code, done.output


def test_an_operator_opens_a_clinic_and_its_first_administrator(app: Flask) -> None:
    code = f"north-{uuid4().hex[:8]}"
    opened = ["clinic", "add", code, "North Clinic", *MAIL, "--time-zone", "Europe/Madrid", "--language", "es"]
    assert run(app, *opened)[0] == 0
    status, said = run(app, *opened)
    assert (status, "already" in said) == (2, True)
    status, said = run(
        app, "staff", "add-admin", code, f"boss-{code}", "Eva Norte", "eva@north.example", "--print-link"
    )
    found = LINK.search(said)
    assert (status, bool(found)) == (0, True), said
    assert found
    door = Door(app)
    assert door.post(found[1], form=found[1], password=PASSWORD, again=PASSWORD).status_code == 303
    set_up(door, f"boss-{code}", "/login/second-factor")
    assert door.get("/team").status_code == 200


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["clinic", "add", "North!", "North", *MAIL, "--time-zone", "Europe/Madrid"], "letters a to z"),
        (["clinic", "add", "north", "North", *MAIL, "--time-zone", "Madrid"], "no time zone"),
        (["clinic", "add", "north", "North", *MAIL, "--time-zone", "localtime"], "Name one as Area/City"),
        (["staff", "add-admin", "nowhere", "eva", "Eva", "eva@north.example"], "no clinic nowhere"),
        (["staff", "invite-again", "nobody-of-this-name"], "Nobody signs in as"),
    ],
)
def test_a_command_says_what_is_wrong(app: Flask, words: list[str], why: str) -> None:
    status, said = run(app, *words)
    assert (status, why in said) == (2, True), said


def test_a_locked_out_administrator_gets_a_new_link(app: Flask) -> None:
    with app.app_context():
        clinic = make_clinic()
    login = clinic.logins["admin"]
    assert run(app, "staff", "invite-again", login)[0] == 2, "there is no address"
    door = Door(app)
    door.sign_in(login)
    status, said = run(app, "staff", "invite-again", login, "--print-link")
    assert (status, bool(LINK.search(said))) == (0, True)
    assert door.get("/team").status_code == 303
    assert Door(app).sign_in(login).status_code == 422
