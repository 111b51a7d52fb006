"""Tokens of patients' forms and links, cut, changed, foreign and huge: refused, and nothing is stored or ended."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.access.opt_out import opt_out_token
from surveys.models import Answer, Consent, Ending, Patient, Visit
from tests.patients import Invited, invite, seen_by
from tests.security.corpus import DATES, IDS, NUMBERS, TEXTS
from tests.views.test_patient import SECURE, begin, shown, token_of

NAMED = (*NUMBERS, *DATES, *TEXTS, *IDS)
NOT_OFFERED = (*NUMBERS, *DATES, *TEXTS, "fr", "EN", "en-GB", "es;de")
FORMS = {  # where a form's token goes, with fields that would do something, and the page that has the form
    "/s/odi/1": ({"answer": "2", "action": "save"}, "/s/odi/1"),
    "/s/send": ({}, "/s/review"),
    "/s/leave": ({"erase": "1"}, "/s/leave"),
    "/s/permissions/research": ({"wish": "give"}, "/s/permissions"),
}


def spoiled(token: str) -> Iterator[str]:
    """The token cut at both ends, in other case, backwards, doubled, with one bit turned at five places and at the end.

    The last character of a signature of 20 bytes has two bits that say nothing: turned, they spell the same bytes.
    """
    yield from (token[:-1], token[1:], token[: len(token) // 2], token.swapcase(), token[::-1], token * 2)
    yield from (f" {token}x", f"{token}\0", f"{token}.", f"{token}!", base64.b64encode(token.encode()).decode())
    for place in (*range(0, len(token), max(1, len(token) // 5)), len(token) - 1):
        turned = chr(ord(token[place]) ^ 1)
        yield token[:place] + turned + token[place + 1 :]


def state(app: Flask, invited: Invited) -> tuple[object, ...]:
    """What a post could have changed of a visit and of who answers it."""
    with seen_by(app, invited.clinic_id) as session:
        counts = [session.scalar(select(func.count()).select_from(each)) for each in (Answer, Consent, Ending)]
        visit, patient = session.get_one(Visit, invited.visit_id), session.get_one(Patient, invited.patient_id)
        return (
            *counts,
            visit.submitted_at,
            visit.cancelled_at,
            patient.language,
            patient.channel,
            patient.paused_until,
        )


def sendable(value: str) -> str:
    """A browser sends the replacement character for a lone surrogate."""
    return value.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("path", FORMS)
def test_no_form_of_a_patient_takes_a_token_that_is_not_its_own(app: Flask, client: FlaskClient, path: str) -> None:
    mine, theirs = invite(app), invite(app)
    fields, page = FORMS[path]
    begin(client, mine)
    stranger = app.test_client()
    begin(stranger, theirs)
    before = state(app, mine)
    own = token_of(shown(client, page))
    foreign = token_of(shown(stranger, page)) if path != "/s/odi/1" else ""
    for token in (*spoiled(own), foreign, mine.token, theirs.token, *map(sendable, NAMED)):
        reply = client.post(path, data=fields | {"token": token}, base_url=SECURE)
        assert 400 <= reply.status_code < 500, (reply.status_code, token[:60])
    assert state(app, mine) == before
    assert client.post(path, data=fields | {"token": own}, base_url=SECURE).status_code < 500


@pytest.mark.parametrize("path", ["/q/{}", "/q/{}/fresh", "/u/{}", "/u/{}/preferences"])
def test_a_link_that_is_almost_right_opens_nothing(app: Flask, client: FlaskClient, path: str) -> None:
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        index = session.get_one(Patient, invited.patient_id).email_index
        episode = session.get_one(Visit, invited.visit_id).episode_id
    opt_out = opt_out_token(str(app.secret_key), invited.clinic_id, episode, index)
    right = invited.token if path.startswith("/q") else opt_out
    before = state(app, invited)
    data = {"respondent": "self", "consent": "1", "act": "stop"}
    short = [text for text in map(sendable, NAMED) if len(text) < 8_000]
    for token in (*spoiled(right), *short):
        address = path.format(quote(token, safe=""))
        reply = client.post(address, data=data, base_url=SECURE, follow_redirects=True)  # two strokes become one
        assert reply.status_code < 500, token[:60]
        assert reply.status_code >= 400 or path.endswith("/fresh"), (reply.status_code, token[:60])
    assert state(app, invited) == before


def test_a_choice_that_was_not_offered_is_refused_and_the_old_one_stands(
    app: Flask, client: FlaskClient, offered: tuple[Invited, str]
) -> None:
    invited, address = offered
    before = state(app, invited)
    for sent in map(sendable, NOT_OFFERED):
        for typed in ({"act": "language", "language": sent}, {"act": "channel", "channel": sent}, {"act": sent}):
            reply = client.post(address, data=typed, base_url=SECURE)
            assert reply.status_code in (413, 422), (reply.status_code, sent[:60])
    assert state(app, invited) == before


@pytest.fixture(scope="module")
def offered(app: Flask) -> tuple[Invited, str]:
    """A patient, and the address of their choices."""
    invited = invite(app)
    with seen_by(app, invited.clinic_id) as session:
        index = session.get_one(Patient, invited.patient_id).email_index
        episode = session.get_one(Visit, invited.visit_id).episode_id
    token = opt_out_token(str(app.secret_key), invited.clinic_id, episode, index)
    return invited, f"/u/{token}/preferences"
