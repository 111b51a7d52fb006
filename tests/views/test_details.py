"""A known patient over HTTP: new details, consents taken back, a further episode, a link that cannot go."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveys.access.links import find_link, issue_link
from surveys.db import app_now, clinic_session
from surveys.models import AuditEvent, Consent, Ending, Episode, Message, Visit
from tests.views.test_enrolment import PERSON, Desk, sign_in

DETAILS = {
    name: PERSON[name]
    for name in ("chart_number", "first_name", "surname", "email", "birth_year", "sex", "language", "channel")
}


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context():
        return sign_in(app)


def link_of(app: Flask, desk: Desk) -> str:
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        token = issue_link(session, desk.visit(), now=app_now(session))
        session.commit()
    return token


def test_a_new_address_is_saved_audited_and_ends_the_old_links(app: Flask, desk: Desk) -> None:
    path = desk.enrol()
    token = link_of(app, desk)
    form = desk.client.get(f"{path}/details").get_data(as_text=True)
    assert 'value="ana@example.org"' in form
    typed = DETAILS | {"email": "new@example.org", "contact_phone": "y"}
    assert desk.post(f"{path}/details", **typed).status_code == 303
    page = desk.client.get(path).get_data(as_text=True)
    assert "new@example.org" in page
    assert "Links sent before no longer work" in page
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        link = find_link(session, token)
        assert link is not None
        assert link.revoked_at is not None
        kinds = session.scalars(select(Consent.kind).where(Consent.withdrawn_at.is_(None))).all()
        assert kinds == ["contact_phone"]
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "patient_changed")).one()
        assert (event.actor_kind, set(event.new or {})) == ("staff", {"email"})
        assert "new@example.org" not in str(event.new)
    assert desk.client.get(f"/q/{token}").status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "a@b.org,c@d.org"), ("email", ""), ("surname", ""), ("birth_year", "2999"), ("language", "xx")],
)
def test_bad_details_are_422_and_change_nothing(desk: Desk, name: str, value: str) -> None:
    path = desk.enrol()
    assert desk.post(f"{path}/details", **DETAILS | {name: value}).status_code == 422
    assert "ana@example.org" in desk.client.get(path).get_data(as_text=True)


def test_somebody_elses_chart_number_is_refused(desk: Desk) -> None:
    desk.enrol()
    other = desk.enrol(chart_number="C-99", surname="Other")
    reply = desk.post(f"{other}/details", **DETAILS | {"surname": "Other"})
    assert reply.status_code == 422
    assert "belongs to patient" in reply.get_data(as_text=True)


def test_a_permission_is_taken_back_and_follow_up_goes_on(app: Flask, desk: Desk) -> None:
    path = desk.enrol()
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        consent = session.scalars(select(Consent)).one()
    for _ in range(2):
        assert desk.post(f"/consents/{consent.id}/withdraw").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.get_one(Consent, consent.id).withdrawn_at is not None
        assert session.scalar(select(func.count()).select_from(Ending)) == 0
        taken = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "consent_withdrawn")
        assert session.scalar(taken) == 1
    assert "withdrawn" in desk.client.get(path).get_data(as_text=True)


def test_without_participation_everything_stops(app: Flask, desk: Desk) -> None:
    desk.enrol()
    token = link_of(app, desk)
    page = desk.client.get(f"/q/{token}").get_data(as_text=True)
    assert "consent" in page
    started = {"respondent": "self", "consent": "y"}
    assert app.test_client().post(f"/q/{token}", data=started, base_url="https://localhost").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        consent = session.scalars(select(Consent).where(Consent.kind == "participation")).one()
    assert desk.post(f"/consents/{consent.id}/withdraw").status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        assert session.scalars(select(Ending.kind)).all() == ["consent_withdrawn"]
        assert session.scalars(select(Consent).where(Consent.withdrawn_at.is_(None))).all() == []
        assert session.scalars(select(Message).where(Message.state == "planned")).all() == []
    assert desk.client.get(f"/q/{token}").status_code == 404


def test_a_further_episode_has_visits_of_its_own(app: Flask, desk: Desk) -> None:
    path = desk.enrol()
    asked = {name: PERSON[name] for name in ("protocol", "arm", "pain_generator", "product")}
    assert desk.post(f"{path}/episodes/new", **asked | {"arm": "placebo"}).status_code == 422
    given = {"treatment_on": "2026-01-02", "treated": "y", "enrolled_on": "2026-01-01"}
    assert desk.post(f"{path}/episodes/new", **asked | {"pain_generator": "facet"} | given).status_code == 303
    with app.app_context(), clinic_session(desk.clinic.id) as session:
        episodes = session.scalars(select(Episode).order_by(Episode.created_at)).all()
        assert [episode.pain_generator for episode in episodes] == ["disc_herniation", "facet"]
        of_new = select(Visit.timepoint).where(Visit.episode_id == episodes[1].id)
        assert {"baseline", "m12"} <= set(session.scalars(of_new))
    page = desk.client.get(path).get_data(as_text=True)
    assert page.index("Facet joint") < page.index("Disc herniation")


def test_a_link_to_a_closed_visit_is_refused_with_a_sentence(app: Flask, desk: Desk) -> None:
    desk.enrol(treatment_on="2026-01-02", treated="y")
    with app.app_context():
        waiting = desk.visit("y3")
    reply = desk.post(f"/visits/{waiting.id}/resend")
    assert reply.status_code == 422
    assert "not open yet" in reply.get_data(as_text=True)


@pytest.mark.parametrize("tail", ["/details", "/episodes/new"])
def test_another_clinic_and_an_admin_get_nothing(app: Flask, desk: Desk, tail: str) -> None:
    path = desk.enrol()
    with app.app_context():
        other = sign_in(app)
    with app.app_context():
        admin = sign_in(app, "admin")
    assert other.client.get(path + tail).status_code == 404
    assert other.post(path + tail, **DETAILS).status_code == 404
    assert admin.client.get(path + tail).status_code == 403
    assert "ana@example.org" not in re.sub(r"\s", "", other.client.get("/patients").get_data(as_text=True))
