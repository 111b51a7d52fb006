"""Patients' links: what a token is, what scanners do to it, where it goes, when it stops (S9 to S12)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from surveys.access.birth_year import closed_for_guesses
from surveys.access.chain.audit import SYSTEM
from surveys.access.links import issue_link, reissue_link, revoke_links
from surveys.answering.responses import submit
from surveys.db import app_now, db
from surveys.enrolment.contact_change import change_contact
from surveys.models import (
    Answer,
    AuditEvent,
    Clinic,
    Consent,
    Ending,
    Episode,
    Message,
    Patient,
    PatientLink,
    PatientSession,
    Response,
    Visit,
)
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.endings import record_ending
from surveys.people.patients import PatientDetails
from surveys.protocols import store as protocol_store
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import begin, save, shown, stored, token_of

SECURE = "https://localhost"
COUNTED = (Answer, Consent, Ending, Message, Response)


def state_of(app: Flask, invited: Invited) -> tuple[object, ...]:
    """Everything that matters of a visit: rows by table, and the columns that say where it stands."""
    with seen_by(app, invited.clinic_id) as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in COUNTED]
        visit = session.get_one(Visit, invited.visit_id)
        links = session.scalars(select(PatientLink.revoked_at).where(PatientLink.visit_id == visit.id)).all()
        return (*counts, visit.submitted_at, visit.cancelled_at, visit.closed_at, *links)


def test_s09_a_link_holds_256_random_bits_and_only_their_digest_is_stored(app: Flask) -> None:
    invited = invite(app)
    assert len(invited.token) == 43  # 256 bits in base64 without padding
    with seen_by(app, invited.clinic_id) as session:
        row = session.scalars(select(PatientLink).where(PatientLink.visit_id == invited.visit_id)).one()
        assert row.token_digest == hashlib.sha256(invited.token.encode()).digest()
        tokens = {
            issue_link(session, session.get_one(Visit, invited.visit_id), now=app_now(session)) for _ in range(50)
        }
        assert len(tokens) == 50
        assert all(len(token) == 43 for token in tokens)
        session.flush()
        whole = "".join(map(str, session.execute(text("SELECT to_jsonb(l)::text FROM patient_link l")).scalars()))
    assert not [token for token in (invited.token, *tokens) if token in whole]


def test_s10_twenty_gets_and_heads_and_a_blind_post_to_every_form_change_nothing(
    app: Flask, client: FlaskClient
) -> None:
    invited = invite(app)
    before = state_of(app, invited)
    for _ in range(20):
        assert client.get(f"/q/{invited.token}", base_url=SECURE).status_code == 200
        assert client.head(f"/q/{invited.token}", base_url=SECURE).status_code == 200
    page = client.get(f"/q/{invited.token}", base_url=SECURE).text
    for action in re.findall(r'<form[^>]*action="([^"]+)"', page):
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        client.post(action, data=hidden, base_url=SECURE)
        client.post(action, data={}, base_url=SECURE)
    for link in re.findall(rf'href="(/q/{invited.token}[^"]*)"', page):
        client.get(link, base_url=SECURE)
    assert state_of(app, invited) == before
    assert begin(client, invited).status_code == 303
    assert save(client, "/s/odi/1", "2").status_code == 303
    assert stored(app, invited) == [("pain_intensity", "answered", 2)]


def test_s10_start_pressed_by_a_scanner_leaves_the_patients_way_open(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    scanner = app.test_client()
    scanner.post(f"/q/{invited.token}", data={"respondent": "self"}, base_url=SECURE)
    assert begin(client, invited).status_code == 303
    scanner_again = app.test_client()
    assert begin(scanner_again, invited).status_code == 303  # Start itself: a session row, nothing else
    assert save(client, "/s/odi/1", "3").status_code == 303
    assert stored(app, invited) == [("pain_intensity", "answered", 3)]


def test_s10_a_browser_with_scripts_that_opens_the_link_changes_nothing(
    app: Flask, web_server: str, page: Page
) -> None:
    invited = invite(app)
    before = state_of(app, invited)
    for _ in range(3):
        page.goto(f"{web_server}/q/{invited.token}")
        expect(page.locator("h1")).to_be_visible()
    page.locator("button.primary").click()  # as a sandbox does that presses what it finds
    expect(page.locator("[role=alert]")).to_be_visible()
    assert state_of(app, invited) == before
    page.locator("#respondent-self").check()
    page.locator("#consent").check()
    page.locator("button.primary").click()
    expect(page.locator("fieldset")).to_be_visible()
    assert invited.token not in page.url


def test_s11_the_token_leaves_the_address_at_the_first_step(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    reply = begin(client, invited)
    assert reply.status_code == 303
    assert invited.token not in reply.location
    assert invited.token not in "".join(reply.headers.getlist("Set-Cookie"))
    for path in (reply.location, "/s/review", "/s/permissions", "/s/consent"):
        assert invited.token not in shown(client, path).text


def test_s11_the_session_appends_to_its_own_visit_only(app: Flask, client: FlaskClient) -> None:
    mine = invite(app)
    other = invite(app, clinic_id=mine.clinic_id)
    foreign = invite(app)
    begin(client, mine)
    for victim in (other, foreign):
        theirs = app.test_client()
        begin(theirs, victim)
        own_token = token_of(shown(client, "/s/odi/1"))
        save(client, "/s/odi/1", "4", token=own_token)  # whatever else the cookie jar holds
        assert stored(app, victim) == []
    assert {level for _item, _status, level in stored(app, mine)} == {4}
    token = token_of(shown(client, "/s/odi/1"))
    wrong = {"answer": "1", "action": "save", "token": token}
    assert client.post("/s/odi/2", data=wrong, base_url=SECURE).status_code == 400  # another item
    assert client.post("/s/nrs11/1", data=wrong, base_url=SECURE).status_code == 400  # another instrument
    assert shown(client, "/s/promis_gh/1").status_code == 404  # an instrument this visit does not ask
    tampered = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
    assert save(client, "/s/odi/1", "0", token=tampered).status_code == 400
    assert ("pain_intensity", "answered", 0) not in stored(app, mine)


def test_s11_a_patients_session_opens_no_page_of_staff(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    reply = shown(client, f"/patients/{invited.patient_id}")
    assert reply.status_code == 303
    assert "/login" in reply.location


def completed(session: Session, invited: Invited) -> None:
    visit = session.get_one(Visit, invited.visit_id)
    episode = session.get_one(Episode, visit.episode_id)
    protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    submit(session, visit, protocol, now=app_now(session), actor=SYSTEM)


def withdrawn(session: Session, invited: Invited) -> None:
    clinic, now = session.get_one(Clinic, invited.clinic_id), app_now(session)
    episode = session.get_one(Episode, session.get_one(Visit, invited.visit_id).episode_id)
    record_ending(session, clinic, episode, "consent_withdrawn", now.date(), reason=None, actor=SYSTEM, now=now)


def moved(app: Flask) -> Callable[[Session, Invited], None]:
    def change(session: Session, invited: Invited) -> None:
        patient = session.get_one(Patient, invited.patient_id)
        details = PatientDetails("C-1", "Maria", "Lopez", "maria@elsewhere.example")
        clinic, now = session.get_one(Clinic, invited.clinic_id), app_now(session)
        allowed = frozenset({"contact_email"})
        change_contact(session, app.extensions["vault"], clinic, patient, details, allowed, actor=SYSTEM, now=now)

    return change


def reissued(session: Session, invited: Invited) -> None:
    reissue_link(session, session.get_one(Visit, invited.visit_id), actor=SYSTEM, now=app_now(session))


def expired(session: Session, invited: Invited) -> None:
    visit, now = session.get_one(Visit, invited.visit_id), app_now(session)
    visit.opens_at, visit.closes_at = now - timedelta(days=9), now - timedelta(days=1)


WAYS = ("completed", "withdrawn", "moved", "reissued", "expired")


def happen(app: Flask, how: str, invited: Invited) -> None:
    acts = {
        "completed": completed,
        "withdrawn": withdrawn,
        "moved": moved(app),
        "reissued": reissued,
        "expired": expired,
    }
    with seen_by(app, invited.clinic_id) as session:
        acts[how](session, invited)
        session.commit()


@pytest.mark.parametrize("how", WAYS)
def test_s12_a_link_stops_and_its_page_is_that_of_an_unknown_one(app: Flask, client: FlaskClient, how: str) -> None:
    invited = invite(app, language="es")  # the page must not give the patient's language away either
    begin(client, invited)
    happen(app, how, invited)
    page = client.get(f"/q/{invited.token}", base_url=SECURE)
    unknown = client.get(f"/q/{'x' * 43}", base_url=SECURE)
    assert (page.status_code, unknown.status_code) == (404, 404)
    assert page.data.replace(invited.token.encode(), b"T") == unknown.data.replace(b"x" * 43, b"T")
    own = ("Date", "Content-Length", "X-Request-ID")  # of a single reply, whatever the link
    assert {k: v for k, v in page.headers if k not in own} == {k: v for k, v in unknown.headers if k not in own}
    assert client.post(f"/q/{invited.token}", data={"respondent": "self"}, base_url=SECURE).status_code == 404
    assert client.get(f"/q/{invited.token}/stop", base_url=SECURE).status_code == 404


@pytest.mark.parametrize("how", [way for way in WAYS if way != "completed"])
def test_s12_a_browser_that_was_answering_can_save_nothing_once_its_link_stops(
    app: Flask, client: FlaskClient, how: str
) -> None:
    invited = invite(app)
    begin(client, invited)
    token = token_of(shown(client, "/s/odi/1"))
    happen(app, how, invited)
    assert save(client, "/s/odi/1", "2", token=token).status_code == 404
    assert stored(app, invited) == []
    assert shown(client, "/s/permissions").status_code == 404


def test_s12_a_fresh_link_goes_to_the_address_on_file_and_the_answer_says_nothing(
    app: Flask, client: FlaskClient
) -> None:
    revoked, over, guessed = invite(app), invite(app), invite(app)
    happen(app, "expired", over)
    with seen_by(app, revoked.clinic_id) as session:
        revoke_links(session, revoked.visit_id, app_now(session))
        session.commit()
    with seen_by(app, guessed.clinic_id) as session:
        revoke_links(session, guessed.visit_id, app_now(session))
        ask_staff(session, guessed.clinic_id, guessed.visit_id, "birth_year", now=app_now(session))
        assert closed_for_guesses(session, guessed.visit_id)
        session.commit()
    tokens = (revoked.token, over.token, guessed.token, "x" * 43, revoked.token)
    replies = [client.post(f"/q/{token}/fresh", base_url=SECURE) for token in tokens]
    assert len({(reply.status_code, reply.data) for reply in replies}) == 1
    assert [planned(app, each) for each in (revoked, over, guessed)] == [1, 0, 0]


def planned(app: Flask, invited: Invited) -> int:
    """Messages beyond the planned ones: rows in the outbox, raised by a person's wish."""
    with seen_by(app, invited.clinic_id) as session:
        again = (Message.visit_id == invited.visit_id, Message.issue > 1)
        return session.scalar(select(func.count()).where(*again)) or 0


def test_s12_fresh_links_are_limited_in_ten_minutes_and_in_a_day(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    for _ in range(6):
        client.post(f"/q/{invited.token}/fresh", base_url=SECURE)
        with seen_by(app, invited.clinic_id) as session:
            for message in session.scalars(select(Message).where(Message.issue > 1)):
                message.due_at -= timedelta(minutes=11)
            session.commit()
    assert planned(app, invited) == 3


def test_s12_a_browser_whose_link_stopped_asks_for_a_fresh_one_without_typing(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    begin(client, invited)
    happen(app, "reissued", invited)
    page = shown(client, "/s/odi/1")
    assert page.status_code == 404
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found
    assert client.post(found[1], base_url=SECURE).status_code == 200
    assert planned(app, invited) == 1


def test_s12_a_reissue_stops_the_old_links_works_itself_and_is_audited(app: Flask, client: FlaskClient) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        visit = session.get_one(Visit, invited.visit_id)
        token = reissue_link(session, visit, actor=SYSTEM, now=app_now(session))
        session.commit()
        written = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == visit.id)).all()
    assert "link_reissued" in written
    assert client.get(f"/q/{invited.token}", base_url=SECURE).status_code == 404
    assert client.get(f"/q/{token}", base_url=SECURE).status_code == 200


def test_s12_stopping_the_links_of_one_visit_leaves_other_sessions_alone(app: Flask, client: FlaskClient) -> None:
    invited, other = invite(app), invite(app)
    begin(client, other)
    happen(app, "reissued", invited)
    assert save(client, "/s/odi/1", "2").status_code == 303
    with app.app_context():
        assert db.engine is not None
    with seen_by(app, other.clinic_id) as session:
        assert session.scalar(select(func.count()).select_from(PatientSession)) == 1


def test_s12_a_browser_that_has_sent_sees_nothing_more_once_the_address_changes(
    app: Flask, client: FlaskClient
) -> None:
    invited = invite(app)
    begin(client, invited)
    happen(app, "completed", invited)
    for path in ("/s/done", "/s/permissions"):
        assert shown(client, path).status_code == 200
    happen(app, "moved", invited)
    for path in ("/s/done", "/s/permissions", "/s/leave"):
        assert shown(client, path).status_code == 403
