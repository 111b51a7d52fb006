"""S7: tries are counted by account and address, a lock-out is short, and nobody learns which accounts exist."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import argon2
import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import func, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveys.access.signin.passwords import DECOY, hash_password
from surveys.access.signin.throttle import PER_ACCOUNT, PER_ADDRESS, WINDOW
from surveys.access.tokens import digest
from surveys.db import db
from surveys.models import LoginAttempt
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.security.door import Door
from tests.security.staffed import PASSWORD as CHOSEN
from tests.security.staffed import acts, joined, mail_staff
from tests.servers.postbox import Postbox

LIMIT = PER_ACCOUNT["password"]
ADDRESSES = (f"198.51.100.{number}" for number in itertools.count(1))  # none is used twice


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


@pytest.fixture
def door(app: Flask) -> Door:
    return Door(app, address=next(ADDRESSES))


def without_what_was_typed(reply: TestResponse, login: str) -> str:
    """A reply's page without the form's token and the name that was typed."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", reply.text).replace(login, "")


def age(app: Flask, login: str, by: timedelta) -> None:
    with app.app_context(), Session(db.engine) as session:
        past = update(LoginAttempt).where(LoginAttempt.account_digest == digest(login))
        session.execute(past.values(at=func.clock_timestamp() - by), execution_options={"synchronize_session": False})
        session.commit()


def test_s07_an_account_is_locked_for_fifteen_minutes_and_no_longer(app: Flask, clinic: MadeClinic, door: Door) -> None:
    login = clinic.logins["clinician"]
    tries = [door.sign_in(login, "not the password").status_code for _each in range(LIMIT + 2)]
    assert tries == [422] * LIMIT + [429, 429]
    elsewhere = Door(app, address=next(ADDRESSES))
    assert elsewhere.sign_in(login, PASSWORD).status_code == 429
    assert timedelta(minutes=15) >= WINDOW
    age(app, login, WINDOW + timedelta(seconds=1))
    assert elsewhere.sign_in(login, PASSWORD).status_code == 303
    assert acts(app, clinic, login).count("sign_in_throttled") == 1


def test_s07_an_address_that_tries_many_accounts_is_stopped(app: Flask, clinic: MadeClinic, door: Door) -> None:
    tries = [door.sign_in(f"nobody-{number}-{clinic.id.hex}").status_code for number in range(PER_ADDRESS)]
    assert set(tries) == {422}
    assert door.sign_in(clinic.logins["clinician"]).status_code == 429
    assert Door(app, address=next(ADDRESSES)).sign_in(clinic.logins["clinician"]).status_code == 303


def test_s07_right_tries_are_not_counted(clinic: MadeClinic, door: Door) -> None:
    assert {door.sign_in(clinic.logins["clinician"]).status_code for _each in range(LIMIT + 2)} == {303}


def test_s07_many_tries_at_once_gain_nothing(app: Flask, clinic: MadeClinic) -> None:
    login = clinic.logins["coordinator"]
    doors = [Door(app, address=next(ADDRESSES)) for _each in range(3 * LIMIT)]
    for door in doors:
        door.get("/login")
    with ThreadPoolExecutor(4) as pool:
        tries = list(pool.map(lambda door: door.sign_in(login, "not the password").status_code, doors))
    assert tries.count(422) == LIMIT
    assert tries.count(429) == 2 * LIMIT


@pytest.fixture
def counted_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were computed, as many as there were."""
    done: list[str] = []
    plain = argon2.PasswordHasher.verify

    def verify(self: argon2.PasswordHasher, kept: str | bytes, password: str | bytes) -> bool:
        done.append("one")
        return plain(self, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    return done


def test_s07_unknown_and_known_names_get_the_same_answer_for_the_same_work(
    clinic: MadeClinic, door: Door, counted_hashes: list[str]
) -> None:
    replies = {}
    for login in (clinic.logins["clinician"], f"nobody-{clinic.id.hex}"):
        counted_hashes.clear()
        tries = [door.sign_in(login, "not the password") for _each in range(LIMIT + 1)]
        said = [(reply.status_code, without_what_was_typed(reply, login)) for reply in tries]
        replies[login] = (said, len(counted_hashes))
    known, unknown = replies.values()
    assert known == unknown
    assert known[1] == LIMIT


def test_s07_what_an_unknown_name_is_held_against_costs_what_a_password_does() -> None:
    assert extract_parameters(DECOY) == extract_parameters(hash_password("a long enough phrase"))


def test_s07_asking_for_a_new_password_says_the_same_to_everybody(
    app: Flask, clinic: MadeClinic, postbox: Postbox, door: Door
) -> None:
    person, said = joined(app, clinic, postbox, "ana@clinic.example"), {}
    for login in (person.login, clinic.logins["admin"], f"nobody-{clinic.id.hex}"):
        replies = [door.post("/password", form="/password", login=login) for _each in range(4)]
        page = door.get("/login").text
        said[login] = [(r.status_code, without_what_was_typed(r, login)) for r in replies], "on its way" in page
    assert len({repr(each) for each in said.values()}) == 1
    assert [status for status, _page in said[person.login][0]] == [303, 303, 303, 429]
    assert mail_staff(app, clinic) == 3  # to the one account that has a password and an address


@pytest.mark.parametrize("kind", ["code", "recovery"])
def test_s07_codes_are_throttled_by_account_too(app: Flask, clinic: MadeClinic, postbox: Postbox, kind: str) -> None:
    person, tries = joined(app, clinic, postbox, "ana@clinic.example"), []
    for _each in range(PER_ACCOUNT[kind] + 1):
        door = Door(app, address=next(ADDRESSES))
        door.sign_in(person.login, CHOSEN)
        tries.append(door.post(f"/login/{kind}", form=f"/login/{kind}", code="000000").status_code)
    assert tries == [422] * PER_ACCOUNT[kind] + [429]


def test_s07_the_addresses_of_one_ipv6_network_count_as_one(app: Flask, clinic: MadeClinic) -> None:
    network = f"2001:db8:{clinic.id.hex[:4]}:{clinic.id.hex[4:8]}"
    for number in range(PER_ADDRESS):
        door = Door(app, address=f"{network}::{number + 1:x}")
        assert door.sign_in(f"nobody-{number}-{clinic.id.hex}").status_code == 422
    assert Door(app, address=f"{network}:ffff::1").sign_in(clinic.logins["clinician"]).status_code == 429
    other = Door(app, address=f"2001:db8:{clinic.id.hex[8:12]}:{clinic.id.hex[12:16]}::1")
    assert other.sign_in(clinic.logins["clinician"]).status_code == 303
