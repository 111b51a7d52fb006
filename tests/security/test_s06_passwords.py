"""S6: argon2id, 12 to 128 characters, no composition rules, none of the common ones."""

from __future__ import annotations

import pytest
from flask import Flask

from surveys.access.signin.passwords import PasswordError, hash_password, verify
from tests.factories import MadeClinic, make_clinic
from tests.security.door import Door
from tests.security.staffed import row

COMMON = ("unbelievable", "PasswordPassword", "1234567890" * 2, "aaaaaaaaaaaaa", "qwertyqwerty", "123456123456")


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def test_s06_argon2id_is_what_is_stored(app: Flask, clinic: MadeClinic) -> None:
    door, page, login = Door(app), "/account/password", clinic.logins["clinician"]
    door.sign_in(login)
    before, chosen = row(app, clinic, login).password_hash, "four words nobody lists"
    assert door.post(page, form=page, password=chosen, again=chosen).status_code == 303
    kept = row(app, clinic, login).password_hash
    assert kept
    assert kept != before
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    "password",
    [
        "only letters here",
        "             .",
        "ñandú y pingüino",
        "四十二個の言葉とふたつの数字",
        "x" * 127 + "y",
        "a b c d e f ",
    ],
)
def test_s06_any_characters_will_do(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert verify(hash_password(password), password)
        assert not verify(hash_password(password), password[:-1])


@pytest.mark.parametrize("password", COMMON)
def test_s06_common_passwords_are_refused(app: Flask, password: str) -> None:
    with app.test_request_context(), pytest.raises(PasswordError, match="attackers try first"):
        hash_password(password)


def test_s06_the_form_says_why_and_changes_nothing(app: Flask, clinic: MadeClinic) -> None:
    door, page, login = Door(app), "/account/password", clinic.logins["clinician"]
    door.sign_in(login)
    before = row(app, clinic, login).password_hash
    for password, again, why in (
        ("too short", "too short", "12 to 128"),
        ("x" * 129, "x" * 129, "12 to 128"),
        (login.upper(), login.upper(), "your own name"),
        ("unbelievable", "unbelievable", "attackers try first"),
        ("four words nobody lists", "four words nobody list", "not the same"),
    ):
        reply = door.post(page, form=page, password=password, again=again)
        assert (reply.status_code, why in reply.text) == (422, True), why
    assert row(app, clinic, login).password_hash == before
