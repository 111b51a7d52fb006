"""PROMIS Global Health on the phone: asked in the trial, and scored as published."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.models import Response, Score
from surveys.wordings import wording_for
from tests.patients import Invited, invite, seen_by

# raw totals 3 + 4 + recoded 3 + 5 = 15 and 2 + 4 + 3 + 5 = 14: T 47.7 and 48.3 in the published table
ANSWERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 4, 7: 5, 8: 5, 9: 1, 10: 5}
SUMMARIES = {"gph_raw": 15, "gph_t": 47.7, "gph_se": 4.4, "gmh_raw": 14, "gmh_t": 48.3, "gmh_se": 3.7}


def answer(client: FlaskClient, position: int, level: int) -> str:
    """Open the screen, choose a level and save; returns the page as it was shown."""
    page = client.get(f"/s/promis_gh/{position}").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    typed = {"token": token[1], "answer": str(level), "action": "save"}
    assert client.post(f"/s/promis_gh/{position}", data=typed).status_code == 303
    return page


def send(client: FlaskClient) -> None:
    token = re.search(r'name="token" value="([^"]+)"', client.get("/s/review").text)
    assert token
    assert client.post("/s/send", data={"token": token[1]}).status_code == 303


@pytest.fixture
def invited(app: Flask, client: FlaskClient) -> Invited:
    made = invite(app, protocol="trial")
    assert client.post(f"/q/{made.token}", data={"respondent": "self", "consent": "1"}).status_code == 303
    return made


def stored(app: Flask, invited: Invited) -> dict[str, float | None]:
    wanted = select(Score).join(Response, Response.id == Score.response_id).where(Response.instrument == "promis_gh")
    with seen_by(app, invited.clinic_id) as session:
        return {score.scale: score.value for score in session.scalars(wanted)}


def test_the_trial_asks_promis_and_its_answers_are_scored(app: Flask, client: FlaskClient, invited: Invited) -> None:
    wording = wording_for("promis_gh", "en")
    for position, level in ANSWERS.items():
        page, item = answer(client, position, level), wording.items[position - 1]
        assert item.text in page
        assert all(text in page for text in item.levels.values())
    send(client)
    assert stored(app, invited) == SUMMARIES


def test_an_item_left_open_takes_its_summary_alone(app: Flask, client: FlaskClient, invited: Invited) -> None:
    for position, level in ANSWERS.items():
        if position != 3:
            answer(client, position, level)
    send(client)
    found = stored(app, invited)
    assert {scale for scale, value in found.items() if value is None} == {"gph_raw", "gph_t", "gph_se"}
    assert found["gmh_t"] == 48.3
