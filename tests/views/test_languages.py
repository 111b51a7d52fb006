"""A patient's language: switched on any screen, kept for the device, and never replaced by another in silence."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.answering.languages import asked_in
from surveys.db import app_now
from surveys.enrolment import preferences
from surveys.models import (
    Answer,
    Clinic,
    Consent,
    Message,
    Patient,
    PatientSession,
    Response,
    ScreenUse,
    StaffTask,
    Visit,
)
from surveys.outbox.resending import ResendError
from surveys.people.patients import set_permissions
from surveys.protocols.loading import bundled_protocols
from surveys.wordings import offer
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import begin, save, shown, token_of

SECURE = "https://localhost"
SPINE = bundled_protocols()["spine"]


@pytest.fixture
def invited(app: Flask) -> Invited:
    return invite(app)


def switch(client: FlaskClient, language: str, came_from: str = "") -> str:
    headers = {"Referer": f"{SECURE}{came_from}"} if came_from else {}
    reply = client.post("/s/language", data={"language": language}, base_url=SECURE, headers=headers)
    assert reply.status_code == 303, reply.text
    return reply.location


def tasks(app: Flask, invited: Invited) -> list[tuple[bool, str | None]]:
    """Of the kind ``language``: whether each is closed, and by what."""
    with seen_by(app, invited.clinic_id) as session:
        theirs = select(StaffTask).where(StaffTask.visit_id == invited.visit_id, StaffTask.kind == "language")
        return [(task.closed_at is not None, task.outcome) for task in session.scalars(theirs)]


@pytest.mark.parametrize("language", ["en", "es", "de", "ar"])
def test_p14_every_visit_of_every_protocol_is_asked_in_the_language(language: str) -> None:
    for protocol in bundled_protocols().values():
        for timepoint in protocol.timepoints:
            assert asked_in(protocol, timepoint.code, language), (protocol.code, timepoint.code)


def test_p14_the_same_screen_comes_again_in_the_other_language_and_answers_stay(
    app: Flask, client: FlaskClient, invited: Invited
) -> None:
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    assert switch(client, "de", "/s/odi/1?from=review") == "/s/odi/1?from=review"
    page = shown(client, "/s/odi/1").text
    assert '<html lang="de"' in page
    assert "Wie stark ist Ihr Schmerz gerade jetzt?" in page
    assert 'value="2" checked' in page
    save(client, "/s/odi/2", "1")
    assert switch(client, "ar") == "/s/odi/3"  # where the browser does not say: the first without an answer
    assert 'dir="rtl"' in shown(client, "/s/odi/3").text
    save(client, "/s/odi/3", "1")
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(Response.language)).all() == ["en"]  # of the first answer
        used = select(Answer.item, ScreenUse.language).join(Answer, Answer.id == ScreenUse.answer_id)
        assert set(map(tuple, session.execute(used))) == {
            ("pain_intensity", "en"),
            ("personal_care", "de"),
            ("lifting", "ar"),
        }
        assert session.get_one(Patient, invited.patient_id).language == "en"  # another device asks in the patient's


def test_p14_an_error_comes_in_the_language_of_its_form(client: FlaskClient, invited: Invited) -> None:
    begin(client, invited)
    switch(client, "de")
    token = token_of(shown(client, "/s/odi/1"))
    switch(client, "es")
    late = client.post("/s/odi/1", data={"token": token, "action": "save"}, base_url=SECURE)
    assert late.status_code == 422
    assert "Wählen Sie eine Antwort" in late.text
    assert "Wie stark ist Ihr Schmerz gerade jetzt?" in late.text


def test_p01_a_link_shows_the_first_screen_in_a_language_and_changes_nothing(
    app: Flask, client: FlaskClient, invited: Invited
) -> None:
    page = client.get(f"/q/{invited.token}").text
    offered = re.findall(r'<a class="other" href="(\?language=(\w+))" lang="(\w+)" hreflang="(\w+)" dir="(\w+)">', page)
    assert [each[1:] for each in offered] == [
        ("es", "es", "es", "ltr"),
        ("de", "de", "de", "ltr"),
        ("ar", "ar", "ar", "rtl"),
    ]
    german = client.get(f"/q/{invited.token}?language=de").text
    assert "Ihr Fragebogen" in german
    assert '<input type="hidden" name="language" value="de">' in german
    assert "Ihre Klinik fragt vor und nach der Behandlung" in german  # the permission, too
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalar(select(func.count()).select_from(PatientSession)) == 0
    typed = {"respondent": "self", "consent": "1", "language": "de"}
    assert client.post(f"/q/{invited.token}", data=typed, base_url=SECURE).status_code == 303
    assert "Wie stark ist Ihr Schmerz" in shown(client, "/s/odi/1").text


@pytest.mark.parametrize("wanted", ["fr", "", "de\0", "xx" * 99, "../de"])
def test_p14_no_other_language_is_kept(app: Flask, client: FlaskClient, invited: Invited, wanted: str) -> None:
    begin(client, invited)
    reply = client.post("/s/language", data={"language": wanted}, base_url=SECURE)
    assert reply.status_code == 422
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(PatientSession.language)).all() == [None]


@pytest.mark.parametrize(
    "came", ["https://evil.example/s/odi/2", "https://localhost/desk", "https://localhost/s/nowhere"]
)
def test_p14_a_switch_leads_to_a_patient_s_own_screen_only(client: FlaskClient, invited: Invited, came: str) -> None:
    begin(client, invited)
    reply = client.post("/s/language", data={"language": "de"}, base_url=SECURE, headers={"Referer": came})
    assert reply.location == "/s/odi/1"


def test_p14_a_language_without_questions_is_never_replaced_in_silence(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, language="fr")
    page = client.get(f"/q/{invited.token}").text
    assert "This questionnaire is not available in your language. Your clinic will phone you." in page
    assert '<h1 lang="fr" dir="ltr" translate="no">Ce questionnaire' in page
    assert 'name="respondent"' not in page
    assert begin(client, invited).status_code == 200  # a blind Start opens nothing
    assert tasks(app, invited) == []
    with seen_by(app, invited.clinic_id) as session:
        set_permissions(
            session, session.get_one(Patient, invited.patient_id), frozenset(), actor=SYSTEM, now=app_now(session)
        )
        session.commit()
    for _ in range(2):
        assert "Your clinic knows." in client.post(f"/q/{invited.token}/phone", base_url=SECURE).text
    assert tasks(app, invited) == [(False, None)]
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalar(select(func.count()).select_from(PatientSession)) == 0
        allowed = select(Consent.kind).where(Consent.withdrawn_at.is_(None), Consent.recorded_by.is_(None))
        assert session.scalars(allowed).all() == ["contact_phone"], "who asks to be phoned allows it"


def test_p14_a_patient_may_choose_a_language_that_there_is(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, language="fr")
    typed = {"respondent": "self", "consent": "1", "language": "es"}
    assert client.post(f"/q/{invited.token}", data=typed, base_url=SECURE).status_code == 303
    assert '<html lang="es"' in shown(client, "/s/odi/1").text


def test_p14_wording_that_is_taken_away_in_mid_flow_ends_the_questions_and_tells_staff(
    app: Flask, client: FlaskClient
) -> None:
    invited = invite(app, language="de")
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    form = token_of(shown(client, "/s/odi/2"))
    try:
        offer({}, ("en", "es", "ar"))
        page = shown(client, "/s/odi/2").text
        assert "Diesen Fragebogen gibt es nicht in Ihrer Sprache." in page
        assert "This questionnaire is not available in your language." in page
        assert "How do you manage washing" not in page
        kept = client.post("/s/odi/2", data={"token": form, "answer": "1"}, base_url=SECURE)
        assert "How do you manage washing" not in kept.text
    finally:
        offer({})
    assert tasks(app, invited) == [(False, None)]


def test_e5_no_link_goes_to_a_patient_without_questions_and_a_task_is_opened_once(app: Flask) -> None:
    invited = invite(app, language="fr")
    with seen_by(app, invited.clinic_id) as session:
        visit, now = session.get_one(Visit, invited.visit_id), app_now(session)
        with pytest.raises(ResendError, match="no questions in the patient's language"):
            outbox.resend(session, visit, actor=SYSTEM, now=now)
        due = select(Message).where(Message.visit_id == visit.id, Message.step == "invitation")
        message = session.scalars(due).one()
        message.due_at = now
        session.commit()
        for claim in outbox.claim(session, limit=50, now=now):
            assert outbox.begin_sending(session, claim, now=now) is None
        session.commit()
        session.refresh(message)
        assert (message.state, message.refusal) == ("refused", "no_wording")
    assert tasks(app, invited) == [(False, None)]


def test_e5_a_language_that_is_spoken_closes_the_task(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, language="fr")
    client.post(f"/q/{invited.token}/phone", base_url=SECURE)
    with seen_by(app, invited.clinic_id) as session:
        clinic, patient = session.get_one(Clinic, invited.clinic_id), session.get_one(Patient, invited.patient_id)
        vault, now = app.extensions["vault"], app_now(session)
        assert preferences.choose_language(session, vault, clinic, patient, "es", actor=SYSTEM, now=now)
        session.commit()
    assert tasks(app, invited) == [(True, "details_changed")]
