"""The items to come: only for a sitting that takes answers, each with a token of its own, small, and kept by nobody."""

from __future__ import annotations

import gzip
import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from surveys.answering.item_token import read_item
from surveys.models import PatientSession
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import SECURE, begin, save, shown, stored

LARGEST = 20_000  # bytes, compressed
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def change(app: Flask, invited: Invited, **values: object) -> None:
    with seen_by(app, invited.clinic_id) as session:
        session.execute(update(PatientSession).values(**values))
        session.commit()


def test_p11_every_item_to_come_travels_in_one_small_document(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, timepoint="m1")
    begin(client, invited)
    save(client, "/s/odi/3", "4")
    headers = {"Accept-Encoding": "gzip"}
    reply = client.get("/s/ahead?after=1", base_url=SECURE, headers=headers)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    assert len(reply.data) <= LARGEST
    page = gzip.decompress(reply.data).decode()
    tokens = [read_item(text, str(app.secret_key)) for text in TOKEN.findall(page)]
    assert page.count("data-at=") == len(tokens) == 33
    assert len({token.nonce for token in tokens if token}) == 33
    assert [token.item for token in tokens if token and token.based_on] == ["lifting"]
    assert 'value="4" checked' in page
    assert save(client, "/s/odi/2", "1", token=TOKEN.findall(page)[0]).status_code == 303
    assert stored(app, invited)[-1] == ("personal_care", "answered", 1)


def test_p11_what_is_asked_for_oddly_is_answered_with_what_there_is(app: Flask, client: FlaskClient) -> None:
    begin(client, invite(app))
    for after, items in (("27", 1), ("28", 0), ("9" * 400, 0), ("-5", 28), ("x", 28), ("", 28)):
        page = shown(client, f"/s/ahead?after={after}")
        assert (page.status_code, page.text.count("data-at=")) == (200, items), after


def test_p11_nothing_comes_along_without_a_session_or_before_the_year_of_birth(app: Flask, client: FlaskClient) -> None:
    assert shown(client, "/s/ahead").status_code == 403
    invited = invite(app)
    begin(client, invited)
    change(app, invited, year_pending=True)
    assert shown(client, "/s/ahead").status_code == 303


def test_p11_a_tablet_of_the_clinic_gets_each_item_as_a_page(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    assert 'data-item="/s/ahead?after=1"' in shown(client, "/s/odi/1").text
    change(app, invited, kiosk=True)
    assert "data-item" not in shown(client, "/s/odi/1").text


def test_p11_a_script_is_told_what_became_of_an_answer(app: Flask, client: FlaskClient) -> None:
    begin(client, invite(app))
    token = TOKEN.findall(shown(client, "/s/odi/1").text)[0]
    asks = {"Accept": "application/json, text/html;q=0.5"}
    for answer, status, verdict in (("9", 422, "refused"), ("2", 200, "saved")):
        form = {"token": token, "answer": answer, "action": "save"}
        reply = client.post("/s/odi/1", data=form, base_url=SECURE, headers=asks)
        assert (reply.status_code, reply.headers["Backstory-Answer"]) == (status, verdict)
    assert reply.json == {"next": "/s/odi/2"}
