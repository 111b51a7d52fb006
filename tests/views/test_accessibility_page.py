"""The page on accessibility, and help in the same place on every page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.patients import invite
from tests.views.test_patient import begin, shown

SECURE = "https://localhost"
HEADINGS = {"en": "Accessibility", "es": "Accesibilidad", "de": "Barrierefreiheit", "ar": "سهولة الاستخدام للجميع"}


@pytest.mark.parametrize("language", HEADINGS)
def test_it_stands_in_every_language(client: FlaskClient, language: str) -> None:
    for reply in (
        client.get("/accessibility", headers={"Accept-Language": language}),
        client.get(f"/accessibility?language={language}", headers={"Accept-Language": "en"}),
    ):
        assert f"<h1>{HEADINGS[language]}</h1>" in reply.text
        assert f'<html lang="{language}"' in reply.text


def test_it_names_the_clinic_s_telephone_to_whom_it_knows(app: Flask, client: FlaskClient) -> None:
    assert "+44 20 7946 0000" not in shown(client, "/accessibility").text
    begin(client, invite(app))
    assert shown(client, "/accessibility").text.count("+44 20 7946 0000") == 2  # in the text and at the foot


def test_help_stands_at_the_foot_of_every_page(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    pages = [
        f"/q/{invited.token}",
        f"/q/{invited.token}/stop",
        "/s/practice",
        "/s/odi/1",
        "/s/review",
        "/s/permissions",
    ]
    for path in pages:
        foot = shown(client, path).text.partition("<footer")[2]
        assert "+44 20 7946 0000" in foot, path
        assert 'href="/accessibility"' in foot, path
    stranger = app.test_client()
    for path in ("/s/review", f"/q/{'x' * 43}"):
        foot = stranger.get(path, base_url=SECURE).text.partition("<footer")[2]
        assert "Questions? Phone your clinic." in foot, path
        assert 'href="/accessibility"' in foot, path


def test_the_copy_of_the_permission_is_the_one_that_was_given(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, language="de")
    begin(client, invited)
    client.post("/s/language", data={"language": "en"}, base_url=SECURE)
    copy = shown(client, "/s/consent").text
    assert "Ihre Klinik fragt vor und nach der Behandlung" in copy  # in the language it was read in
    assert "You agreed on" in copy
    assert "Print or save this page to keep it." in copy
