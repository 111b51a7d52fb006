"""What programs read against its OpenAPI document: no server error, and nothing in a reply that it does not say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, checks

from tests.page_forms import form_to
from tests.patients import invite
from tests.security.generated_input import bounded, hostile
from tests.staff_browser import SITE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
PROBES = {"probes.healthz", "probes.readyz"}
SCRIPTS = {"patient.item", "patient.answer", "ahead.show"}  # what the script on a patient's pages asks for
PUBLIC = {"public.twin"}  # tests/outcomes/public holds a page that is open to the document
MAKERS = {"probes.py", "patient.py"}
ITEM = "/s/odi/1"
WANTS = {"Accept": "application/json, text/html;q=0.5"}  # as the script asks
NOT_TOLD = [  # which levels a question has, and what its token allows, is beyond a schema
    checks.positive_data_acceptance,
    checks.negative_data_rejection,
    checks.ignored_auth,
]


@SCHEMA.include(path_regex="^/[a-z]+$").parametrize()
@bounded(25, 300)
def test_the_json_endpoints_answer_as_documented(case: Case[Any], web_server: str) -> None:
    case.call_and_validate(base_url=web_server)


@SCHEMA.include(path_regex="^/public/").parametrize()
@bounded(25, 300)
def test_a_public_page_that_is_none_answers_as_documented(case: Case[Any], web_server: str) -> None:
    case.call_and_validate(base_url=web_server)


@SCHEMA.include(path_regex="^/s/").parametrize()
@bounded(25, 300)
def test_what_the_script_asks_for_answers_as_documented(case: Case[Any], web_server: str, phone: FlaskClient) -> None:
    case.call_and_validate(base_url=web_server, headers=asking(phone), excluded_checks=NOT_TOLD)


@given(level=st.integers(0, 7), use=hostile, queued=hostile)
@bounded(15, 300)
def test_a_saved_answer_tells_the_script_where_to_go_on(
    web_server: str, phone: FlaskClient, level: int, use: str, queued: str
) -> None:
    """With a token of the page, which no schema can make up."""
    token = form_to(phone.get(ITEM, base_url=SITE).text, ITEM).value("token")
    told = {name: value.encode("utf-8", "replace").decode()[:300] for name, value in (("use", use), ("queued", queued))}
    body: dict[str, Any] = {"token": token, "answer": str(level), **told}
    sent = SCHEMA["/s/{instrument}/{position}"]["POST"].Case(
        path_parameters={"instrument": "odi", "position": 1}, body=body, media_type="application/x-www-form-urlencoded"
    )
    reply = sent.call_and_validate(base_url=web_server, headers=asking(phone), excluded_checks=NOT_TOLD)
    if level > 5:  # the question has the levels 0 to 5
        assert (reply.status_code, reply.headers["backstory-answer"]) == (422, ["refused"])
    else:
        assert (reply.json(), reply.headers["backstory-answer"]) == ({"next": "/s/odi/2"}, ["saved"])


def asking(phone: FlaskClient) -> dict[str, str]:
    """What the script sends with all it asks for."""
    cookie = phone.get_cookie("__Host-patient")
    assert cookie
    return WANTS | {"Cookie": f"{cookie.key}={cookie.value}"}


@pytest.fixture(scope="module")
def phone(app: Flask) -> FlaskClient:
    """A patient's, past the first screen."""
    client = app.test_client()
    typed = {"respondent": "self", "consent": "1"}
    assert client.post(f"/q/{invite(app).token}", data=typed, base_url=SITE).status_code == 303
    return client


def test_every_json_endpoint_is_documented(app: Flask) -> None:
    found = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in PROBES}
    scripts = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in SCRIPTS}
    scripts |= {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in PUBLIC}
    written = {re.sub("<(?:int:)?([a-z]+)>", r"{\1}", path) for path in scripts}
    assert set(SCHEMA.raw_schema["paths"]) == found | written
    assert {app.test_client().get(path, base_url=SITE).mimetype for path in found} == {"application/json"}


def test_no_page_answers_in_json_without_being_documented() -> None:
    """Whoever adds an endpoint that answers in JSON writes it into the document."""
    sources = [path for folder in ("surveys", "tasks") for path in (DOCUMENT.parents[1] / folder).rglob("*.py")]
    makers = {path.name for path in sources if "jsonify(" in path.read_text(encoding="utf-8")}
    assert makers == MAKERS


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_hostile_headers_and_queries_do_not_break_a_probe(app: Flask, path: str) -> None:
    @bounded(40, 500)
    @given(st.dictionaries(hostile, hostile, max_size=3), st.sampled_from(["GET", "POST", "PUT", "DELETE", "TRACE"]))
    def once(query: dict[str, str], method: str) -> None:
        typed = urlencode({name: value[:300] for name, value in query.items()}, errors="surrogatepass")
        reply = app.test_client().open(path, method=method, query_string=typed, base_url=SITE)
        assert reply.status_code in (200, 400, 405)

    once()
