"""The first page of a link: what it says, what Start does, and how long the browser is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from surveys.models import Consent, PatientSession
from surveys.people.participation import consent_text
from surveys.safety import NOT_WATCHED, SAFETY
from tests.page_forms import form_to
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import SECURE, begin, save, shown, stored, token_of

LANGUAGES = ("en", "es", "de", "ar")
REST = timedelta(hours=1)  # the least that nobody who puts the phone down is sent away after


@pytest.fixture
def invited(app: Flask) -> Invited:
    return invite(app)


def test_p01_a_link_works_again_and_on_every_device(app: Flask, invited: Invited) -> None:
    for level in ("1", "2", "3"):
        device = app.test_client()
        assert begin(device, invited).status_code == 303
        assert save(device, "/s/odi/1", level).status_code == 303
    assert [level for _item, _status, level in stored(app, invited)] == [1, 2, 3]


def test_p01_the_button_says_carry_on_once_there_is_an_answer(client: FlaskClient, invited: Invited) -> None:
    assert ">Start</button>" in shown(client, f"/q/{invited.token}").text
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    assert ">Carry on</button>" in shown(client, f"/q/{invited.token}").text


def test_p03_the_first_page_says_who_asks_why_and_what_becomes_of_the_answers(
    client: FlaskClient, invited: Invited
) -> None:
    page = shown(client, f"/q/{invited.token}")
    told = (
        "Riverside Clinic asks how you are, to follow how your treatment works for you.",
        "It takes about 6 minutes.",
        "You can stop and carry on later, on any device.",
        "The people who treat you and the clinic&#39;s study staff see your answers.",
        "Who is filling this in?",
        'href="tel:+442079460000"',
        f'href="/q/{invited.token}/stop',
    )
    assert not [text for text in told if text not in page.text]
    who = form_to(page.text, f"/q/{invited.token}").offered["respondent"]
    assert who == ["self", "self_with_help", "proxy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_p03_the_same_safety_words_stand_on_the_first_and_the_last_page(
    app: Flask, client: FlaskClient, language: str
) -> None:
    invited = invite(app, language=language)
    first = shown(client, f"/q/{invited.token}").text
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    client.post("/s/send", data={"token": token_of(shown(client, "/s/review"))}, base_url=SECURE)
    for page in (first, shown(client, "/s/done").text):
        for words in (SAFETY, NOT_WATCHED):
            assert words.spoken(language) in page
            assert language == "en" or words.spoken(language) != words.spoken("en")


def test_p03_consent_is_kept_in_its_version_and_a_copy_stays_at_hand(
    app: Flask, client: FlaskClient, invited: Invited
) -> None:
    missing = client.post(f"/q/{invited.token}", data={"respondent": "self"}, base_url=SECURE)
    assert missing.status_code == 422
    begin(client, invited)
    with seen_by(app, invited.clinic_id) as session:
        kept = session.scalars(select(Consent).where(Consent.kind == "participation")).one()
    copy = shown(client, "/s/consent").text
    text = consent_text(kept.version, "en")
    assert f"Version {kept.version}" in copy
    assert all(paragraph.replace("'", "&#39;") in copy for paragraph in text.paragraphs)
    assert 'name="consent"' not in shown(client, f"/q/{invited.token}").text, "asked once"


def test_p10_a_patient_may_rest_for_more_than_an_hour(app: Flask, client: FlaskClient, invited: Invited) -> None:
    begin(client, invited)
    token = token_of(shown(client, "/s/odi/1"))
    with seen_by(app, invited.clinic_id) as session:
        ago = func.clock_timestamp() - (REST + timedelta(minutes=1))
        session.execute(update(PatientSession).values(last_seen_at=ago))
        session.commit()
    assert save(client, "/s/odi/1", "2", token=token).location == "/s/odi/2"
    assert shown(client, "/s/odi/2").status_code == 200
