"""Codes for the clinic's tablet: what they are, when they open nothing, what guessing them costs (S7, S9 to S13)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveys.access import device_codes
from surveys.access.chain.audit import SYSTEM
from surveys.access.links import revoke_links
from surveys.access.signin.throttle import PER_ADDRESS
from surveys.access.tokens import digest
from surveys.answering.responses import submit
from surveys.db import app_now, real_now
from surveys.models import Episode, PatientLink, PatientSession, Visit
from surveys.protocols import store as protocol_store
from tests.patients import Invited, invite, seen_by
from tests.staff_browser import SITE
from tests.views.test_patient import shown

ADDRESSES = (f"203.0.113.{number}" for number in itertools.count(1))  # none is used twice


@pytest.fixture
def address() -> str:
    return next(ADDRESSES)


def issued(app: Flask, invited: Invited) -> str:
    with seen_by(app, invited.clinic_id) as session:
        visit = session.get_one(Visit, invited.visit_id)
        key, real = str(app.secret_key), real_now(session)
        code = device_codes.issue_code(session, visit, key, now=app_now(session), real=real)
        session.commit()
    return code


def typed(client: FlaskClient, code: str, address: str) -> TestResponse:
    return client.post("/tablet", data={"code": code}, base_url=SITE, environ_base={"REMOTE_ADDR": address})


def without_the_code(reply: TestResponse) -> str:
    return re.sub(r'value="[^"]*"', "", reply.text)


def test_s09_a_code_holds_forty_bits_and_the_database_nothing_to_try_codes_against(app: Flask) -> None:
    invited = invite(app)
    codes = {issued(app, invited) for _each in range(50)}
    assert len(codes) == 50
    assert len(device_codes.ALPHABET) == 32
    assert {len(code) for code in codes} == {8}
    assert not set("01IO") & set("".join(codes))
    with seen_by(app, invited.clinic_id) as session:
        whole = "".join(map(str, session.execute(text("SELECT to_jsonb(l)::text FROM patient_link l")).scalars()))
        kept = set(session.scalars(select(PatientLink.token_digest)))
    assert not [code for code in codes if code in whole]
    assert not {digest(code) for code in codes} & kept


@pytest.mark.parametrize("form", ["k7wm-3hxa", " K7WM 3HXA ", "K7WM3HXA", "K7WM–3HXA", "Ｋ７ＷＭ３ＨＸＡ", "k٧wm-٣hxa"])
def test_a_code_is_read_as_people_type_it(form: str) -> None:
    assert device_codes.read_code(form) == "K7WM3HXA"


@pytest.mark.parametrize("form", ["", "K7WM-3HX", "K7WM-3HXAB", "K7WM-3HX0", "K7WM-3HX%", "\0" * 8, "K" * 10_000])
def test_what_is_no_code_is_no_try(client: FlaskClient, address: str, form: str) -> None:
    assert device_codes.read_code(form) is None
    replies = {typed(client, form, address).status_code for _each in range(PER_ADDRESS + 2)}
    assert replies == {422}


def expire(session: Session, visit: Visit) -> None:
    wanted = select(PatientLink).where(PatientLink.visit_id == visit.id, PatientLink.expires_at.is_not(None))
    for link in session.scalars(wanted):
        link.expires_at = real_now(session)


def revoke(session: Session, visit: Visit) -> None:
    revoke_links(session, visit.id, app_now(session))


def send(session: Session, visit: Visit) -> None:
    episode = session.get_one(Episode, visit.episode_id)
    protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    submit(session, visit, protocol, now=app_now(session), actor=SYSTEM)


def close(session: Session, visit: Visit) -> None:
    visit.closes_at = app_now(session) - timedelta(seconds=1)
    visit.opens_at = min(visit.opens_at, visit.closes_at - timedelta(days=1))


@pytest.mark.parametrize("happens", [expire, revoke, send, close])
def test_s12_a_code_that_opens_nothing_gives_the_answer_of_an_unknown_one(
    app: Flask, client: FlaskClient, address: str, happens: Callable[[Session, Visit], None]
) -> None:
    invited = invite(app)
    code = issued(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        happens(session, session.get_one(Visit, invited.visit_id))
        session.commit()
    reply, unknown = typed(client, code, address), typed(client, "ABCDEFGH", address)
    assert reply.status_code == unknown.status_code == 422
    assert without_the_code(reply) == without_the_code(unknown)
    assert reply.headers.get("Set-Cookie") is None


def test_s11_a_code_works_once_and_leaves_nothing_that_opens(app: Flask, client: FlaskClient, address: str) -> None:
    invited = invite(app)
    code = issued(app, invited)
    assert typed(client, code, address).status_code == 303
    other = app.test_client()
    assert typed(other, code, address).status_code == 422
    assert typed(client, code, address).status_code == 422  # and the first tablet has forgotten
    assert shown(client, "/s/start").status_code == 403


def test_s11_of_ten_tablets_at_once_one_gets_the_visit(app: Flask, address: str) -> None:
    invited = invite(app)
    code = issued(app, invited)
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _each: typed(app.test_client(), code, address).status_code, range(5)))
    assert sorted(replies) == [303, 422, 422, 422, 422]
    with seen_by(app, invited.clinic_id) as session:
        mine = select(PatientSession).where(PatientSession.visit_id == invited.visit_id)
        assert len(session.scalars(mine).all()) == 1


def test_s10_looking_at_the_page_with_a_code_in_its_address_uses_nothing_up(
    app: Flask, client: FlaskClient, address: str
) -> None:
    invited = invite(app)
    code = issued(app, invited)
    for _each in range(20):
        page = client.get(f"/tablet?code={code}", base_url=SITE)
        assert f'value="{code}"' in page.text
        client.head(f"/tablet?code={code}", base_url=SITE)
    client.post("/tablet", base_url=SITE)
    assert typed(client, code, address).status_code == 303


def test_s11_a_code_is_no_token_of_a_mailed_link_nor_a_token_a_code(
    app: Flask, client: FlaskClient, address: str
) -> None:
    invited = invite(app)
    code = issued(app, invited)
    for each in (code, device_codes.grouped(code), f"device code {code}"):
        assert client.get(f"/q/{each}", base_url=SITE).status_code == 404
    assert typed(client, invited.token, address).status_code == 422
    assert typed(client, code, address).status_code == 303


def test_s11_a_code_opens_its_own_clinic_and_visit_only(app: Flask, client: FlaskClient, address: str) -> None:
    mine, foreign = invite(app, first_name="Ines"), invite(app, first_name="Otto")
    code, others = issued(app, mine), issued(app, foreign)
    typed(client, code, address)
    assert "Ines" in shown(client, "/s/start").text
    typed(client, others, address)
    page = shown(client, "/s/start").text
    assert "Otto" in page
    assert "Ines" not in page


def test_s07_guessing_codes_is_stopped_by_address_and_right_ones_do_not_count(
    app: Flask, client: FlaskClient, address: str
) -> None:
    invited = invite(app)
    for _each in range(3):
        assert typed(client, issued(app, invited), address).status_code == 303
    guesses = ("".join(letters) for letters in itertools.product("ABCDEFGH", repeat=8))
    replies = [typed(client, next(guesses), address).status_code for _each in range(PER_ADDRESS)]
    assert set(replies) == {422}
    code = issued(app, invited)
    stopped = typed(client, code, address)
    assert stopped.status_code == 429
    assert "Too many tries" in stopped.text
    assert typed(client, code, next(ADDRESSES)).status_code == 303


def test_s13_another_site_cannot_open_a_code_in_a_browser(app: Flask, client: FlaskClient, address: str) -> None:
    code = issued(app, invite(app))
    reply = client.post("/tablet", data={"code": code}, base_url=SITE, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 400
    assert typed(client, code, address).status_code == 303
