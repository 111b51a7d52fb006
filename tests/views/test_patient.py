"""The questionnaire over HTTP: what a link does, what is stored, and what hostile input meets."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from surveys.models import Answer, Consent, PatientLink, PatientSession, Response, Visit
from tests.patients import Invited, invite, seen_by

HOSTILE = [
    *("1_0", "+1", "01", " 1 ", "-0", "-1", "11", "1.0", "1e400", "NaN", "sNaN", "Infinity", "9" * 20_000),
    *(str(2**31), str(2**63), "a\0b", "\ud83d", "\u202e5", "e" + "\u0301" * 5_000, "=cmd", "<script>", "{{7*7}}"),
]
SECURE = "https://localhost"


def begin(client: FlaskClient, invited: Invited, respondent: str = "self") -> TestResponse:
    form = {"respondent": respondent, "consent": "1"}
    return client.post(f"/q/{invited.token}", data=form, base_url=SECURE)


def token_of(reply: TestResponse) -> str:
    found = re.search(r'name="token" value="([^"]+)"', reply.text)
    assert found, reply.text
    return found[1]


def shown(client: FlaskClient, path: str) -> TestResponse:
    return client.get(path, base_url=SECURE)


def save(client: FlaskClient, path: str, answer: str, action: str = "save", token: str | None = None) -> TestResponse:
    form = {"answer": answer, "action": action, "token": token or token_of(shown(client, path))}
    return client.post(path, data=form, base_url=SECURE)


def stored(app: Flask, invited: Invited) -> list[tuple[str, str, int | None]]:
    with seen_by(app, invited.clinic_id) as session:
        rows = session.execute(
            select(Answer.item, Answer.status, Answer.level)
            .join(Response, Response.id == Answer.response_id)
            .where(Response.visit_id == invited.visit_id)
            .order_by(Answer.id)
        )
        return [(item, status, level) for item, status, level in rows]


@pytest.fixture
def invited(app: Flask) -> Invited:
    return invite(app)


@pytest.fixture
def begun(client: FlaskClient, invited: Invited) -> Invited:
    assert begin(client, invited).status_code == 303
    return invited


def test_p01_opening_a_link_many_times_and_posting_blindly_changes_nothing(
    app: Flask, client: FlaskClient, invited: Invited
) -> None:
    for _ in range(5):
        assert client.get(f"/q/{invited.token}").status_code == 200
        assert client.head(f"/q/{invited.token}").status_code == 200
    assert client.post(f"/q/{invited.token}").status_code == 422
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalar(select(func.count()).select_from(PatientSession)) == 0
        assert session.scalar(select(func.count()).where(Consent.kind == "participation")) == 0
        assert session.scalar(select(func.count()).select_from(Response)) == 0


def test_p01_start_leaves_the_token_behind(client: FlaskClient, invited: Invited) -> None:
    reply = begin(client, invited)
    assert reply.headers["Location"] == "/s/practice"
    assert invited.token not in reply.headers["Set-Cookie"]


def test_p03_the_first_screen_says_who_it_is_for_and_when_to_get_help(client: FlaskClient, invited: Invited) -> None:
    page = client.get(f"/q/{invited.token}").text
    assert "Maria" in page
    assert "Not you? Stop" in page
    assert "numbness between your legs" in page
    assert "+44 20 7946 0000" in page
    assert " checked" not in page


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("path", ["/s/nrs11/1", "/s/eq5d3l/1"])
def test_a_row_is_stored_exactly_or_not_at_all(
    app: Flask, client: FlaskClient, begun: Invited, path: str, answer: str
) -> None:
    sent = answer.encode("utf-8", "replace").decode()
    assert save(client, path, sent).status_code in (413, 422)
    assert stored(app, begun) == []


@pytest.mark.parametrize(
    ("typed", "level"), [("70", 70), (" 70 ", 70), ("٧٠", 70), ("７０", 70), ("0", 0), ("100", 100)]
)
def test_n2_a_number_may_be_typed_in_any_script(
    app: Flask, client: FlaskClient, begun: Invited, typed: str, level: int
) -> None:
    assert save(client, "/s/eq5d3l/6", typed).status_code == 303
    assert stored(app, begun) == [("vas", "answered", level)]


@pytest.mark.parametrize("typed", ["1_0", "+1", "01", "-0", "101", "-1", "7 0", "70.5", "NaN", "1e2", "7\0", "<b>"])
def test_a_number_that_cannot_be_stored_stays_on_the_screen(
    app: Flask, client: FlaskClient, begun: Invited, typed: str
) -> None:
    reply = save(client, "/s/eq5d3l/6", typed)
    assert reply.status_code == 422
    assert "<title>Error: " in reply.text
    assert typed.replace("<b>", "&lt;b&gt;") in reply.text
    assert stored(app, begun) == []


def test_a_retry_adds_nothing_and_another_value_is_a_new_version(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    token = token_of(shown(client, "/s/odi/1"))
    for answer in ("2", "2", "3", "2"):
        assert save(client, "/s/odi/1", answer, token=token).status_code == 303
    assert [level for _item, _status, level in stored(app, begun)] == [2, 3, 2]


def test_p08_an_answer_can_be_declined_and_cleared(app: Flask, client: FlaskClient, begun: Invited) -> None:
    assert save(client, "/s/odi/8", "").status_code == 422
    assert save(client, "/s/odi/8", "", "decline").headers["Location"] == "/s/odi/9"
    assert save(client, "/s/odi/8", "", "clear").headers["Location"] == "/s/odi/8"
    assert [status for _item, status, _level in stored(app, begun)] == ["declined", "cleared"]


def test_p10_an_answer_is_saved_after_the_session_is_gone_but_not_after_revocation(
    app: Flask, client: FlaskClient, begun: Invited
) -> None:
    token = token_of(shown(client, "/s/odi/1"))
    stranger = app.test_client()
    assert "Your answer is saved" in save(stranger, "/s/odi/1", "2", token=token).text
    with seen_by(app, begun.clinic_id) as session:
        session.execute(update(PatientLink).values(revoked_at=func.now()))
        session.commit()
    assert save(stranger, "/s/odi/1", "3", token=token).status_code == 404
    assert shown(client, "/s/odi/1").status_code == 404
    assert stored(app, begun) == [("pain_intensity", "answered", 2)]


@pytest.mark.parametrize("path", ["/s/odi/2", "/s/nrs11/1"])
def test_a_token_answers_its_own_item_only(app: Flask, client: FlaskClient, begun: Invited, path: str) -> None:
    token = token_of(shown(client, "/s/odi/1"))
    assert save(client, path, "2", token=token).status_code == 400
    assert stored(app, begun) == []


def test_a_forged_post_is_shown_again_and_not_saved(app: Flask, client: FlaskClient, begun: Invited) -> None:
    for token in ("", "x", "ÿ" * 300, token_of(shown(client, "/s/odi/1"))[:-3]):
        reply = client.post("/s/odi/1", data={"answer": "2", "token": token}, base_url=SECURE)
        assert reply.status_code == 400
        assert 'value="2" checked' in reply.text
    assert stored(app, begun) == []


def test_p09_resume_is_at_the_first_unanswered_item(client: FlaskClient, begun: Invited) -> None:
    save(client, "/s/odi/1", "2")
    save(client, "/s/odi/2", "", "decline")
    assert begin(client, begun).headers["Location"] == "/s/odi/3"


def test_p09_sending_twice_submits_once_and_back_says_so(app: Flask, client: FlaskClient, begun: Invited) -> None:
    save(client, "/s/odi/1", "2")
    item, proof = token_of(shown(client, "/s/odi/1")), token_of(shown(client, "/s/review"))
    for _ in range(3):
        reply = client.post("/s/send", data={"token": proof}, base_url=SECURE)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/s/done")
    assert "already sent" in shown(client, "/s/odi/1").text
    assert "already sent" in save(client, "/s/odi/1", "4", token=item).text
    assert shown(client, "/s/done").status_code == 200
    assert len(stored(app, begun)) == 1
    with seen_by(app, begun.clinic_id) as session:
        assert session.get_one(Visit, begun.visit_id).submitted_at is not None


def test_two_patients_on_one_browser_never_share_an_answer(app: Flask, client: FlaskClient, begun: Invited) -> None:
    token = token_of(shown(client, "/s/odi/1"))
    other = invite(app, first_name="Juan", clinic_id=None)
    begin(client, other)
    save(client, "/s/odi/1", "5", token=token)
    assert stored(app, begun) == [("pain_intensity", "answered", 5)]
    assert stored(app, other) == []


@pytest.mark.parametrize("path", ["/s/odi/0", "/s/odi/11", f"/s/odi/{2**70}", "/s/promis/1", "/s/../odi/1"])
def test_a_screen_that_is_not_asked_is_not_found(client: FlaskClient, begun: Invited, path: str) -> None:
    assert isinstance(begun.visit_id, UUID)
    assert shown(client, path).status_code == 404


@pytest.mark.parametrize("token", ["x", "x" * 5_000, "%00", "%ff%fe", "ÿ"])
def test_an_unknown_link_meets_the_neutral_page(client: FlaskClient, token: str) -> None:
    reply = client.get(f"/q/{token}")
    assert reply.status_code == 404
    assert "fresh link" in reply.text


def test_a_body_of_megabytes_or_from_another_site_is_refused(client: FlaskClient, begun: Invited) -> None:
    assert client.post("/s/odi/1", data={"answer": "x" * 3_000_000}, base_url=SECURE).status_code == 413
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"/q/{begun.token}", headers=headers, base_url=SECURE).status_code == 400
