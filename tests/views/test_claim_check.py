"""The page that takes a published sentence apart."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import make_clinic
from tests.staff_browser import SITE, signed_in

SENTENCE = "Pain reduction in 74 / 66 / 56 % of 40 patients at 12 months."


@pytest.fixture(scope="module")
def desk(app: Flask) -> FlaskClient:
    with app.app_context():
        return signed_in(app, make_clinic(), "analyst")


def asked(desk: FlaskClient, **fields: str) -> TestResponse:
    return desk.get("/claim-check", query_string=fields, base_url=SITE)


def test_a_sentence_is_taken_apart_and_found_wanting(desk: FlaskClient) -> None:
    page = asked(desk, text=SENTENCE)
    assert page.status_code == 200
    assert "No whole number of 40 patients rounds to 66 %" in page.text
    assert 'value="74 %; 66 %; 56 %"' in page.text
    assert "What is the 95 % interval?" in page.text  # one per cent sign
    assert "%%" not in page.text


def test_a_correction_counts_and_a_new_sentence_is_read_anew(desk: FlaskClient) -> None:
    corrected = asked(desk, text=SENTENCE, of=SENTENCE, shares="66 % (25/38)", measures="NRS", missing="complete cases")
    assert "rounds to 66 %" not in corrected.text
    assert "For 25 of 38 the 95 % interval (Wilson)" in corrected.text
    assert "Nothing says what was done" not in corrected.text
    assert "rounds to 66 %" in asked(desk, text=SENTENCE, of="another", shares="66 % (25/38)").text


def test_the_page_speaks_spanish(desk: FlaskClient) -> None:
    reply = desk.get("/claim-check", query_string={"text": SENTENCE}, base_url=SITE, headers={"Accept-Language": "es"})
    assert "No whole number" not in reply.text
    assert 'lang="es"' in reply.text


@pytest.mark.parametrize(
    ("text", "code"), [("", 200), ("<b>5 of 0, 7 % (5/0)", 200), ("x" * 1001, 422), ("%" * 900, 200)]
)
def test_any_text_gets_an_answer(desk: FlaskClient, text: str, code: int) -> None:
    reply = asked(desk, text=text, of=text, shares=text, sizes="0, -4, 9999999")
    assert reply.status_code == code
    assert "<b>5" not in reply.text
