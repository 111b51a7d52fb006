"""The practice screen: once, before anything was answered, and nothing of it is kept."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.models import Answer, Response
from tests.patients import invite, seen_by
from tests.views.test_patient import begin, save, shown

SECURE = "https://localhost"


def test_the_first_time_a_patient_practises_and_nothing_is_kept(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    assert begin(client, invited).location == "/s/practice"
    page = shown(client, "/s/practice").text
    assert '<a class="back" href="/s/odi/1">Skip the practice</a>' in page
    assert " checked" not in page
    blank = client.post("/s/practice", data={"action": "save"}, base_url=SECURE)
    assert blank.status_code == 422
    assert "<title>Error: Practice" in blank.text
    assert "I do not want to answer this" in blank.text
    for form in ({"answer": "2", "action": "save"}, {"action": "decline"}):
        assert client.post("/s/practice", data=form, base_url=SECURE).location == "/s/odi/1"
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
        assert session.scalar(select(func.count()).select_from(Answer)) == 0


def test_who_has_answered_before_goes_to_the_questions(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    assert begin(app.test_client(), invited).location == "/s/odi/2"


def test_what_no_row_sends_is_asked_again(app: Flask, client: FlaskClient) -> None:
    begin(client, invite(app))
    for answer in ("9", "", "\0", "١", "x" * 5000):
        reply = client.post("/s/practice", data={"answer": answer, "action": "save"}, base_url=SECURE)
        assert reply.status_code == 422
