"""From one screen to the next, to the review and out: what is stored, what comes next, and what is sent once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.access.chain.audit import SYSTEM, Actor
from surveys.db import app_now
from surveys.enrolment.preferences import stop_reminders
from surveys.models import AuditEvent, Clinic, Episode, Patient, Score, Visit
from surveys.pathway.episodes import move_to_protocol
from surveys.protocols import store
from surveys.protocols.loading import bundled_protocols
from tests.answering.sheet import at_once
from tests.patients import Invited, invite, seen_by
from tests.servers.processes import wait_until
from tests.servers.waiting import is_waited_for
from tests.views.test_patient import SECURE, begin, save, shown, stored, token_of

COOKIE = "__Host-patient"


@pytest.fixture
def begun(app: Flask, client: FlaskClient) -> Invited:
    invited = invite(app)
    assert begin(client, invited).status_code == 303
    return invited


def test_p07_saving_stores_and_then_redirects_and_back_is_a_link(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    reply = save(client, "/s/odi/1", "2")
    assert (reply.status_code, reply.location) == (303, "/s/odi/2")
    assert stored(app, begun) == [("pain_intensity", "answered", 2)]
    assert '<a class="back" href="/s/odi/1">' in shown(client, "/s/odi/2").text
    assert 'value="2" checked' in shown(client, "/s/odi/1").text


def test_p08_a_blank_screen_stores_nothing_and_offers_both_ways_on(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    before = shown(client, "/s/odi/3").text
    blank = save(client, "/s/odi/3", "")
    assert blank.status_code == 422
    assert "<title>Error: Question 3 of" in blank.text
    assert re.search(r'role="alert" tabindex="-1" autofocus>.*href="#answer-0"', blank.text, re.DOTALL)
    assert 'id="answer-0"' in blank.text
    assert 'value="decline"' in blank.text
    assert 'value="decline"' not in before, "who has not yet tried is not led to decline"
    assert stored(app, begun) == []


def test_p09_the_review_leads_to_every_answer_and_back(client: FlaskClient, begun: Invited) -> None:
    assert begun.token
    save(client, "/s/odi/1", "2")
    review = shown(client, "/s/review").text
    ways = re.findall(r'class="change"><a href="([^"]+)"', review)
    assert len(ways) == len(set(ways)) == 28
    assert save(client, ways[0], "3").location == "/s/review"
    assert shown(client, ways[0]).text.count('href="/s/review"') == 1


def test_p09_a_second_device_goes_on_at_the_first_unanswered_item(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    for position in (1, 2, 4):
        save(client, f"/s/odi/{position}", "1")
    assert begin(app.test_client(), begun).location == "/s/odi/3"


def test_p09_ten_sends_at_once_are_one_submission(app: Flask, client: FlaskClient, begun: Invited) -> None:
    for position in range(1, 11):
        save(client, f"/s/odi/{position}", "1")
    proof, cookie = token_of(shown(client, "/s/review")), client.get_cookie(COOKIE)
    assert cookie

    def send() -> str:
        browser = app.test_client()
        browser.set_cookie(COOKIE, cookie.value, secure=True)
        return str(browser.post("/s/send", data={"token": proof}, base_url=SECURE).location)

    assert at_once(send) == ["/s/done"] * 10
    with seen_by(app, begun.clinic_id) as session:
        assert session.get_one(Visit, begun.visit_id).submitted_at is not None
        assert session.scalar(select(func.count()).where(Score.scale == "odi")) == 1
        assert session.scalar(select(func.count()).where(AuditEvent.action == "submitted")) == 1


def test_a_visit_cancelled_while_it_is_being_sent_stays_cancelled(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    save(client, "/s/odi/1", "1")
    proof = token_of(shown(client, "/s/review"))
    with ThreadPoolExecutor(1) as pool, seen_by(app, begun.clinic_id) as session:
        session.get_one(Visit, begun.visit_id).cancelled_at = app_now(session)
        session.flush()
        sending = pool.submit(client.post, "/s/send", data={"token": proof}, base_url=SECURE)
        wait_until(lambda: is_waited_for(session), "the sending waits")
        session.commit()
        assert sending.result(10).status_code == 404
    with seen_by(app, begun.clinic_id) as session:
        assert session.get_one(Visit, begun.visit_id).submitted_at is None


def test_p16_the_last_page_names_the_day_of_the_next_questionnaire(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, timepoint="m1")
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    client.post("/s/send", data={"token": token_of(shown(client, "/s/review"))}, base_url=SECURE)
    with seen_by(app, invited.clinic_id) as session:
        mine = session.get_one(Visit, invited.visit_id)
        later = select(Visit.due_on).where(Visit.episode_id == mine.episode_id, Visit.due_on > mine.due_on)
        following = session.scalars(later.order_by(Visit.due_on).limit(1)).one()
    assert f'<time datetime="{following.isoformat()}">' in shown(client, "/s/done").text


def test_an_answer_to_what_is_no_longer_asked_is_kept_and_leads_on(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    token = token_of(shown(client, "/s/functionality/1"))
    source = bundled_protocols()["spine"].source.replace('  { instrument = "functionality" },\n', "", 1)
    newer = re.sub(r"version = (\d+)", lambda found: f"version = {int(found[1]) + 1}", source, count=1)
    with seen_by(app, begun.clinic_id) as session:
        clinic, episode, now = (
            session.get_one(Clinic, begun.clinic_id),
            session.scalars(select(Episode)).one(),
            app_now(session),
        )
        target = store.load(session, clinic.id, newer, "spine.toml", now=now)
        move_to_protocol(session, clinic, episode, target, actor=SYSTEM, now=now)
        session.commit()
    reply = client.post("/s/functionality/1", data={"token": token, "answer": "2"}, base_url=SECURE)
    assert (reply.status_code, reply.location) == (303, "/s/review")
    assert stored(app, begun) == [("dressing", "answered", 2)]
    save(client, "/s/odi/1", "1")
    proof = token_of(shown(client, "/s/review"))
    assert client.post("/s/send", data={"token": proof}, base_url=SECURE).location == "/s/done"


HEARS = "You will hear from your clinic when it opens."


def sent(client: FlaskClient, invited: Invited) -> str:
    """Send one answer; what the last page says."""
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    client.post("/s/send", data={"token": token_of(shown(client, "/s/review"))}, base_url=SECURE)
    return shown(client, "/s/done").text


def test_p16_before_the_treatment_the_last_page_says_that_more_comes_after_it(app: Flask, client: FlaskClient) -> None:
    said = sent(client, invite(app))
    assert f"Your next questionnaire comes after your treatment. {HEARS}" in said
    assert "No further questionnaire is planned." not in said


def test_p16_whoever_stopped_reminders_is_promised_none(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, timepoint="m1")
    assert HEARS in sent(client, invited)
    with seen_by(app, invited.clinic_id) as session:
        clinic, patient = session.get_one(Clinic, invited.clinic_id), session.get_one(Patient, invited.patient_id)
        stop_reminders(session, clinic, patient, actor=Actor("patient", patient.id), now=app_now(session))
        session.commit()
    said = shown(client, "/s/done").text
    assert "Your next questionnaire is due on" in said
    assert HEARS not in said
