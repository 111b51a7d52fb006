"""Where a patient's way ends: the thank-you page with their own scores, and the page for a link that is not open."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.access.links import revoke_links
from surveys.db import app_now
from surveys.i18n import PATIENT_PAGES
from surveys.models import Message, Visit
from surveys.pages import BLUEPRINTS
from surveys.protocols.loading import bundled_protocols
from surveys.views.sitting.patient_page import refuse_foreign
from tests.patients import Invited, invite, seen_by
from tests.scored import scored_before
from tests.views.test_patient import begin, save, shown, token_of

SECURE = "https://localhost"


def send(client: FlaskClient) -> str:
    """Send what was answered; return the thank-you page."""
    token = token_of(shown(client, "/s/review"))
    reply = client.post("/s/send", data={"token": token}, base_url=SECURE)
    assert reply.status_code == 303
    return shown(client, reply.location).text


def test_p16_a_patient_sees_their_own_scores_with_which_way_is_better(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, timepoint="m1")
    scored_before(app, invited, "nrs_active", 9, 8)  # amended: the later one stands
    begin(client, invited)
    save(client, "/s/nrs11/1", "2")  # resting: once only, so there is no course to draw
    save(client, "/s/nrs11/2", "3")
    page = send(client)
    assert "Pain when active" in page
    assert "Pain at rest" not in page
    assert "Lower is better: 0 is best, 10 is worst." in page
    assert re.findall(r"<td>(\d+)</td>", page) == ["8", "3"]
    heights = [float(y) for y in re.findall(r'cy="([0-9.]+)"', page)]
    assert heights[0] < heights[1]  # the worse score stands higher
    assert page.index("8</td>") < page.index("3</td>")


def test_p16_the_first_questionnaire_draws_no_course_and_names_what_comes_next(app: Flask, client: FlaskClient) -> None:
    begin(client, invite(app))
    save(client, "/s/nrs11/1", "2")
    page = send(client)
    assert "<svg" not in page
    assert "What happens next" in page
    assert "+44 20 7946 0000" in page
    assert "Get emergency care now" in page


def test_p16_only_a_protocol_that_says_so_shows_patients_their_scores() -> None:
    shown_by = {code: protocol.patient_trend for code, protocol in bundled_protocols().items()}
    assert shown_by == {"spine": True, "trial": False, "case_series": False}


def closed(app: Flask, how: str) -> Invited:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        visit, now = session.get_one(Visit, invited.visit_id), app_now(session)
        if how == "revoked":
            revoke_links(session, visit.id, now)
        elif how == "cancelled":
            visit.cancelled_at = now
        elif how == "over":
            visit.opens_at, visit.closes_at = now - timedelta(days=9), now - timedelta(days=1)
        session.commit()
    token = invited.token[:-1] if how == "truncated" else invited.token
    return Invited(invited.clinic_id, invited.visit_id, token, invited.patient_id)


def resent(app: Flask, invited: Invited) -> int:
    with seen_by(app, invited.clinic_id) as session:
        again = (Message.visit_id == invited.visit_id, Message.issue > 1)
        return session.scalar(select(func.count()).where(*again)) or 0


@pytest.mark.parametrize("how", ["revoked", "cancelled", "over", "truncated"])
def test_p01_every_link_that_is_not_open_meets_one_page_and_one_answer(
    app: Flask, client: FlaskClient, how: str
) -> None:
    invited = closed(app, how)
    page = client.get(f"/q/{invited.token}", base_url=SECURE)
    unknown = client.get(f"/q/{'x' * 43}", base_url=SECURE)
    assert page.status_code == unknown.status_code == 404
    assert page.text.replace(invited.token, "T") == unknown.text.replace("x" * 43, "T")
    assert "Send me a fresh link" in page.text
    answers = {client.post(f"/q/{t}/fresh", base_url=SECURE).text for t in (invited.token, "x" * 43, invited.token)}
    assert len(answers) == 1
    assert "a fresh link is on its way" in answers.pop()
    assert resent(app, invited) == (1 if how == "revoked" else 0)  # only the link was stale; asked twice, sent once


def test_p14_errors_come_in_the_patients_language_whatever_the_browser_speaks(app: Flask, client: FlaskClient) -> None:
    invited = invite(app, language="es")
    german = {"Accept-Language": "de-DE,de;q=0.9"}
    blank = client.post(f"/q/{invited.token}", base_url=SECURE, headers=german)
    assert "Elija quién rellena esto." in blank.text
    begin(client, invited)
    token = token_of(shown(client, "/s/odi/1"))
    empty = client.post("/s/odi/1", data={"token": token, "action": "save"}, base_url=SECURE, headers=german)
    assert "Elija una respuesta o diga que no quiere responder." in empty.text
    early = client.post("/s/send", data={"token": "?"}, base_url=SECURE, headers=german)
    assert "Aún no se ha enviado nada." in early.text
    assert "Dieser Link ist nicht offen" in client.get(f"/q/{'x' * 43}", headers=german).text


def test_p14_every_patient_page_speaks_the_patients_language() -> None:
    patient_side = {bp.name for bp in BLUEPRINTS if refuse_foreign in bp.before_request_funcs.get(None, [])}
    assert {"patient", "sending"} <= patient_side <= PATIENT_PAGES
