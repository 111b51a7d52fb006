"""The optional check of the year of birth: five tries per visit, counted where no new session resets them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.access.birth_year import TRIES, settle_guesses
from surveys.access.chain.audit import SYSTEM
from surveys.access.links import issue_link, reissue_link
from surveys.access.opt_out import opt_out_token
from surveys.db import app_now
from surveys.models import AuditEvent, Clinic, Consent, Message, Patient, PatientLink, StaffTask, Visit
from surveys.outbox import ResendError, eligibility, resend, situation
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import begin, save, shown, stored, token_of

SECURE = "https://localhost"
PAGE = "/s/year-of-birth"


@pytest.fixture
def checked(app: Flask) -> Invited:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).birth_year_check = True
        session.get_one(Patient, invited.patient_id).birth_year = 1951
        session.commit()
    return invited


def give(client: FlaskClient, year: str, *, consent: bool = True) -> int:
    form = {"year": year, "token": token_of(shown(client, PAGE))} | ({"consent": "1"} if consent else {})
    return client.post(PAGE, data=form, base_url=SECURE).status_code


def tries(app: Flask, invited: Invited) -> int:
    with seen_by(app, invited.clinic_id) as session:
        return session.scalar(select(func.sum(PatientLink.year_tries))) or 0


def test_nothing_opens_before_the_year_is_given_and_consent_comes_with_it(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    landing = client.get(f"/q/{checked.token}", base_url=SECURE)
    assert 'name="consent"' not in landing.text
    assert begin(client, checked).location == PAGE
    for path in ("/s/odi/1", "/s/review", "/s/permissions", "/s/consent"):
        assert shown(client, path).location == PAGE
    assert give(client, "1951", consent=False) == 422
    with seen_by(app, checked.clinic_id) as session:
        assert "participation" not in session.scalars(select(Consent.kind)).all()
    assert give(client, "1951") == 303
    assert save(client, "/s/odi/1", "2").status_code == 303
    assert stored(app, checked) == [("pain_intensity", "answered", 2)]
    with seen_by(app, checked.clinic_id) as session:
        assert "participation" in session.scalars(select(Consent.kind)).all()


@pytest.mark.parametrize("typed", ["", "51", "year", "19510", "1951.0", "+1951", "3000", "9" * 2_000])
def test_a_slip_of_the_hand_is_no_try(app: Flask, client: FlaskClient, checked: Invited, typed: str) -> None:
    begin(client, checked)
    assert give(client, typed) == 422
    assert tries(app, checked) == 0


def test_digits_of_another_script_are_read(client: FlaskClient, checked: Invited) -> None:
    begin(client, checked)
    assert give(client, "\u0661\u0669\u0665\u0661") == 303


def test_five_wrong_years_close_the_visits_links_and_tell_staff(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    with seen_by(app, checked.clinic_id) as session:
        reminder = issue_link(session, session.get_one(Visit, checked.visit_id), now=app_now(session))
        session.commit()
    codes = []
    for attempt in range(TRIES):  # a browser of its own each time, by two links of the same visit
        browser = app.test_client()
        token = (checked.token, reminder)[attempt % 2]
        begin(browser, Invited(checked.clinic_id, checked.visit_id, token, checked.patient_id))
        codes.append(give(browser, str(1960 + attempt)))
    assert codes == [422] * 4 + [403]
    for token in (checked.token, reminder):
        assert client.get(f"/q/{token}", base_url=SECURE).status_code == 404
    with seen_by(app, checked.clinic_id) as session:
        task = session.scalars(select(StaffTask).where(StaffTask.kind == "birth_year")).one()
        assert task.closed_at is None
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "link_closed")).one().reason is None


def test_years_sent_at_once_are_counted_one_by_one(app: Flask, client: FlaskClient, checked: Invited) -> None:
    begin(client, checked)
    form = {"year": "1960", "token": token_of(shown(client, PAGE)), "consent": "1"}
    cookie = client.get_cookie("__Host-patient")
    assert cookie is not None

    def post(_number: int) -> int:
        browser = app.test_client()
        browser.set_cookie("__Host-patient", cookie.value, secure=True)
        return browser.post(PAGE, data=form, base_url=SECURE).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(post, range(12)))
    assert tries(app, checked) == TRIES
    assert codes.count(422) == TRIES - 1


def test_a_new_link_by_staff_starts_again_and_a_right_year_forgets_the_slips(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    begin(client, checked)
    assert [give(client, "1960") for _ in range(3)] == [422] * 3
    assert give(client, "1951") == 303
    assert tries(app, checked) == 0
    with seen_by(app, checked.clinic_id) as session:
        visit = session.get_one(Visit, checked.visit_id)
        token = reissue_link(session, visit, actor=SYSTEM, now=app_now(session))
        session.commit()
    other = app.test_client()
    begin(other, Invited(checked.clinic_id, checked.visit_id, token, checked.patient_id))
    assert give(other, "1951") == 303


def test_without_a_year_on_file_or_where_the_clinic_does_not_check_nobody_is_asked(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    with seen_by(app, checked.clinic_id) as session:
        session.get_one(Patient, checked.patient_id).birth_year = None
        session.commit()
    assert begin(client, checked).location == "/s/practice"
    assert begin(app.test_client(), invite(app)).location == "/s/practice"


def test_a_form_of_another_session_checks_nothing(app: Flask, client: FlaskClient, checked: Invited) -> None:
    begin(client, checked)
    other = app.test_client()
    begin(other, checked)
    form = {"year": "1960", "token": token_of(shown(client, PAGE)), "consent": "1"}
    assert other.post(PAGE, data=form, base_url=SECURE).status_code == 400
    assert tries(app, checked) == 0


def test_who_never_gave_the_year_sees_nothing_once_the_patient_has_sent(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    curious = app.test_client()
    begin(curious, checked)
    begin(client, checked)
    assert give(client, "1951") == 303
    save(client, "/s/odi/1", "2")
    sent = client.post("/s/send", data={"token": token_of(shown(client, "/s/review"))}, base_url=SECURE)
    assert sent.location == "/s/done"
    assert shown(client, "/s/done").status_code == 200
    unknown = shown(client, f"/q/{'x' * 43}").text
    title = unknown[unknown.index("<title>") : unknown.index("</title>")]
    for path in ("/s/done", "/s/permissions", "/s/leave", "/s/consent", "/s/review", "/s/odi/1", PAGE):
        reply = shown(curious, path)
        assert (reply.status_code, title in reply.text) == (404, True), path
    for path in ("/s/leave", "/s/send", "/s/permissions/contact_email", PAGE):
        assert curious.post(path, data={"token": "x"}, base_url=SECURE).status_code == 404, path


def test_a_reminder_brings_no_new_tries_before_staff_have_given_a_new_link(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    begin(client, checked)
    for wrong in range(TRIES):
        give(client, str(1960 + wrong))
    with seen_by(app, checked.clinic_id) as session:
        wanted = select(Message).where(Message.visit_id == checked.visit_id).order_by(Message.due_at).limit(1)
        message, visit, now = session.scalars(wanted).one(), session.get_one(Visit, checked.visit_id), app_now(session)
        kept_back = eligibility(situation(session, message, now=now), now=now)
        assert kept_back is not None
        assert kept_back.reason == "guessed"
        with pytest.raises(ResendError, match="Wrong years"):
            resend(session, visit, actor=SYSTEM, now=now)
        settle_guesses(session, visit, actor=SYSTEM, now=now)
        session.flush()
        again = eligibility(situation(session, message, now=now), now=now)
        assert again is None or again.reason != "guessed"


def test_who_has_given_the_year_is_shown_addresses_on_the_page_of_choices(
    app: Flask, client: FlaskClient, checked: Invited
) -> None:
    with seen_by(app, checked.clinic_id) as session:
        index = session.get_one(Patient, checked.patient_id).email_index
        episode_id = session.get_one(Visit, checked.visit_id).episode_id
    path = f"/u/{opt_out_token(str(app.secret_key), checked.clinic_id, episode_id, index)}/preferences"
    begin(client, checked)
    for year, told in (("1950", False), ("1951", True)):
        give(client, year)
        page = client.get(path, base_url=SECURE).text
        assert ("give your year of birth" in page) != told
        assert ("•••" in page) == told
    assert "•••" not in app.test_client().get(path, base_url=SECURE).text, "another browser has given nothing"
    with seen_by(app, checked.clinic_id) as session:
        session.get_one(Patient, checked.patient_id).email_index = b"moved"
        session.commit()
    assert "•••" not in client.get(path, base_url=SECURE).text, "the token went elsewhere"
