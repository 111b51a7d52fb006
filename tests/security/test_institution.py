"""Signing in at the institution, against a real provider: only those it vouches for, and only to accounts there are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import func, update
from werkzeug.test import TestResponse

from surveys.access.chain.audit import SYSTEM
from surveys.access.signin import identities
from surveys.access.signin.provider import Institution
from surveys.application import create_app
from surveys.config import ConfigError, read_config
from surveys.db import clinic_session, db, real_now
from surveys.models import Staff, StaffSession
from tests.factories import MadeClinic, make_clinic
from tests.security.door import Door
from tests.security.staffed import invited, row, staff_id
from tests.servers import oidc
from tests.servers.postbox import Postbox


@pytest.fixture(scope="module")
def running() -> Iterator[oidc.Provider]:
    with oidc.running() as provider:
        yield provider


@pytest.fixture
def provider(running: oidc.Provider) -> oidc.Provider:
    """The provider, as honest as it began."""
    running.claims, running.dropped, running.sign, running.answer = {}, (), "own", "token"
    return running


@pytest.fixture(scope="module")
def served(app: Flask, running: oidc.Provider) -> Iterator[Flask]:
    """The application that knows the provider."""
    institution = Institution(running.issuer, oidc.CLIENT, oidc.SECRET, "Test Hospital")
    settings = replace(app.extensions["backstory"], institution=institution, public_base_url="https://localhost")
    made = create_app(settings, {"TESTING": True})
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_clinic()


def tied(served: Flask, clinic: MadeClinic, provider: oidc.Provider, role: str = "clinician") -> str:
    """An account tied to a subject of its own, which the provider vouches for next."""
    provider.subject, wanted = f"person-of-{clinic.id.hex}", staff_id(served, clinic.logins[role])
    with served.app_context(), clinic_session(clinic.id) as session:
        person = session.get_one(Staff, wanted)
        now = real_now(session)
        identities.link(session, person, provider.issuer, provider.subject, actor=SYSTEM, now=now)
        session.commit()
    return clinic.logins[role]


def come_back(door: Door, begin: str) -> TestResponse:
    """Go to the institution from a page of ours, and back as it says."""
    there = door.get(begin)
    assert there.status_code == 303, there.text
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return door.get(back.removeprefix("https://localhost"))


def sign_in(served: Flask, begin: str = "/institution/begin?next=/account") -> tuple[Door, TestResponse]:
    door = Door(served)
    return door, come_back(door, begin)


def refused(reply: TestResponse, door: Door) -> str:
    """The sentence of a refusal, after which nobody is signed in."""
    assert door.get("/account").status_code == 303
    assert "<h1>Sorry</h1>" in reply.text
    return reply.text


def test_an_account_that_is_tied_signs_in_without_a_password(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider
) -> None:
    login = tied(served, clinic, provider)
    assert 'href="/institution/begin' in Door(served).get("/login").text
    door, reply = sign_in(served)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/account")
    assert login in door.get("/account").text


def test_an_invitation_is_accepted_by_the_institution_and_works_once(
    app: Flask, served: Flask, clinic: MadeClinic, provider: oidc.Provider, postbox: Postbox
) -> None:
    login, path = invited(app, clinic, postbox, "ana@clinic.example")
    provider.subject = f"new-{clinic.id.hex}"
    begin = path.replace("/welcome/", "/institution/accept/")
    assert begin in Door(served).get(path).text
    door, reply = sign_in(served, begin)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")
    assert login in door.get("/account").text
    assert row(app, clinic, login).password_hash is None
    assert Door(served).get(begin).status_code == 404
    assert sign_in(served)[1].status_code == 303


def test_nobody_is_added_by_signing_in(served: Flask, clinic: MadeClinic, provider: oidc.Provider) -> None:
    provider.subject, provider.claims = f"unknown-{clinic.id.hex}", {"email": "desk@riverside.example"}
    door, reply = sign_in(served)
    assert reply.status_code == 403
    assert "no account here" in refused(reply, door)


def test_a_closed_account_stays_closed(served: Flask, clinic: MadeClinic, provider: oidc.Provider) -> None:
    tied(served, clinic, provider)
    with served.app_context(), clinic_session(clinic.id) as session:
        session.execute(update(Staff).values(disabled_at=func.now()), execution_options={"synchronize_session": False})
        session.commit()
    door, reply = sign_in(served)
    assert reply.status_code == 403
    refused(reply, door)


PAST = int(time.time()) - 3600
WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "not the one that was sent"}},
    "no nonce": {"dropped": ("nonce",)},
    "another audience": {"claims": {"aud": "another-client"}},
    "several audiences without a party": {"claims": {"aud": [oidc.CLIENT, "another-client"]}},
    "another party": {"claims": {"azp": "another-client"}},
    "another issuer": {"claims": {"iss": "http://127.0.0.1:1"}},
    "expired": {"claims": {"exp": PAST, "iat": PAST - 300}},
    "no expiry": {"dropped": ("exp",)},
    "made in the future": {"claims": {"iat": PAST + 7200, "nbf": PAST + 7200}},
    "no subject": {"dropped": ("sub",)},
    "a number as subject": {"claims": {"sub": 7}},
    "an empty subject": {"claims": {"sub": ""}},
    "not signed": {"sign": "none"},
    "signed by another key": {"sign": "other key"},
    "signed by our secret": {"sign": "shared secret"},
    "an error": {"answer": "error"},
    "no JSON": {"answer": "text"},
    "no ID token": {"answer": "no id"},
}


@pytest.mark.parametrize("fault", WRONG)
def test_an_answer_that_is_not_the_institutions_is_refused(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider, fault: str
) -> None:
    tied(served, clinic, provider)
    for name, value in WRONG[fault].items():
        setattr(provider, name, value)
    door, reply = sign_in(served)
    assert reply.status_code == 403
    assert "could not be accepted" in refused(reply, door)


@pytest.mark.parametrize("answer", ["?code=code-0&state=forged", "?code=code-0", "", "?error=access_denied"])
def test_a_return_that_this_browser_did_not_ask_for_is_refused(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider, answer: str
) -> None:
    tied(served, clinic, provider)
    begun, stranger = Door(served), Door(served)
    there = begun.get("/institution/begin").headers["Location"]
    requests.get(there, allow_redirects=False, timeout=5)
    for door in (begun, stranger, begun):
        reply = door.get(f"/institution/callback{answer}")
        assert reply.status_code == 400
        refused(reply, door)


def test_the_institutions_no_is_a_sentence(served: Flask) -> None:
    door = Door(served)
    state = parse_qs(urlsplit(door.get("/institution/begin").headers["Location"]).query)["state"][0]
    reply = door.get(f"/institution/callback?error=access_denied&state={state}")
    assert reply.status_code == 403
    assert "did not let you in" in refused(reply, door)


def test_a_return_counts_once(served: Flask, clinic: MadeClinic, provider: oidc.Provider) -> None:
    tied(served, clinic, provider)
    door = Door(served)
    there = door.get("/institution/begin").headers["Location"]
    back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"].removeprefix("https://localhost")
    assert door.get(back).status_code == 303
    assert door.get(back).status_code == 400


def test_a_provider_that_is_away_is_a_503(app: Flask) -> None:
    with oidc.running() as gone:
        pass
    institution = Institution(gone.issuer, oidc.CLIENT, oidc.SECRET, "Test Hospital")
    made = create_app(replace(app.extensions["backstory"], institution=institution), {"TESTING": True})
    reply = Door(made).get("/institution/begin")
    with made.app_context():
        db.engine.dispose()
    assert reply.status_code == 503
    assert "does not answer now" in reply.text


@pytest.mark.parametrize(("claims", "status"), [({}, 303), ({"auth_time": PAST}, 403), ({"sub": "somebody"}, 403)])
def test_s05_confirming_by_the_institution_asks_the_same_person_afresh(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider, claims: dict[str, Any], status: int
) -> None:
    tied(served, clinic, provider, "admin")
    door, _reply = sign_in(served)
    past = {"authenticated_at": func.clock_timestamp() - timedelta(minutes=11)}
    with served.app_context(), clinic_session(clinic.id) as session:
        session.execute(update(StaffSession).values(**past), execution_options={"synchronize_session": False})
        session.commit()
    page = door.get("/team/new")
    assert page.headers["Location"] == "/confirm?next=/team/new"
    assert "/institution/confirm?next=/team/new" in door.get("/confirm?next=/team/new").text
    provider.claims = claims
    there = parse_qs(urlsplit(door.get("/institution/confirm").headers["Location"]).query)
    assert (there["prompt"], there["max_age"]) == (["login"], ["0"])
    assert come_back(door, "/institution/confirm?next=/team/new").status_code == status
    assert door.get("/team/new").status_code == (200 if status == 303 else 303)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"OIDC_ISSUER": "https://sso.example"}, "OIDC_CLIENT_ID is not set"),
        (
            {"OIDC_ISSUER": "http://sso.example", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"},
            "must start with https",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(environment: dict[str, str], settings: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_config({**environment, **settings})


@pytest.mark.parametrize(
    ("claims", "dropped"), [({"auth_time": PAST}, ()), ({}, ("auth_time",)), ({"auth_time": 1e300}, ())]
)
def test_s05_single_sign_on_that_asked_for_no_password_proves_nothing_afresh(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider, claims: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    tied(served, clinic, provider, "admin")
    provider.claims, provider.dropped = claims, dropped
    door, reply = sign_in(served)
    assert reply.headers["Location"] == "/account"
    assert door.get("/team").status_code == 200
    assert door.get("/team/new").headers["Location"] == "/confirm?next=/team/new"


def test_s04_another_identity_ends_the_sessions_of_the_one_before(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider
) -> None:
    login = tied(served, clinic, provider)
    door, _reply = sign_in(served)
    assert door.get("/account").status_code == 200
    wanted, other = staff_id(served, login), f"other-{clinic.id.hex}"
    with served.app_context(), clinic_session(clinic.id) as session:
        person, now = session.get_one(Staff, wanted), real_now(session)
        identities.link(session, person, provider.issuer, other, actor=SYSTEM, now=now)
        session.commit()
    assert door.get("/account").status_code == 303


def test_inviting_again_takes_the_institutions_way_in_away_too(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider
) -> None:
    login, admin = tied(served, clinic, provider), Door(served)
    page = f"/team/{staff_id(served, login)}"
    door, _reply = sign_in(served)
    assert admin.sign_in(clinic.logins["admin"]).status_code == 303
    assert admin.post(f"{page}/invite-again", form=page).headers["Location"] == page
    assert door.get("/account").status_code == 303
    assert come_back(door, "/institution/begin").status_code == 403


def test_s07_the_key_of_an_identity_is_no_second_sign_in_name(
    served: Flask, clinic: MadeClinic, provider: oidc.Provider
) -> None:
    tied(served, clinic, provider)
    key = identities.key_of(provider.issuer, provider.subject)
    assert Door(served).sign_in(key).status_code == 422
