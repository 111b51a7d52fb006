"""The JSON endpoints against their OpenAPI document: no server error, and nothing in a reply that it does not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case

from tests.security.generated_input import bounded, hostile
from tests.staff_browser import SITE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
JSON_VIEWS = {"probes.healthz", "probes.readyz"}


@SCHEMA.parametrize()
@bounded(25, 300)
def test_the_json_endpoints_answer_as_documented(case: Case[Any], web_server: str) -> None:
    case.call_and_validate(base_url=web_server)


def test_every_json_endpoint_is_documented(app: Flask) -> None:
    documented = set(SCHEMA.raw_schema["paths"])
    found = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in JSON_VIEWS}
    assert documented == found
    assert {app.test_client().get(path, base_url=SITE).mimetype for path in documented} == {"application/json"}


def test_no_page_answers_in_json_without_being_documented() -> None:
    """Whoever adds an endpoint that answers in JSON writes it into the document."""
    sources = [path for folder in ("surveys", "tasks") for path in (DOCUMENT.parents[1] / folder).rglob("*.py")]
    makers = {path.name for path in sources if "jsonify(" in path.read_text(encoding="utf-8")}
    assert makers == {"probes.py"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_hostile_headers_and_queries_do_not_break_a_probe(app: Flask, path: str) -> None:
    @bounded(40, 500)
    @given(st.dictionaries(hostile, hostile, max_size=3), st.sampled_from(["GET", "POST", "PUT", "DELETE", "TRACE"]))
    def once(query: dict[str, str], method: str) -> None:
        typed = urlencode({name: value[:300] for name, value in query.items()}, errors="surrogatepass")
        reply = app.test_client().open(path, method=method, query_string=typed, base_url=SITE)
        assert reply.status_code in (200, 400, 405)

    once()
