"""What the probe says while the database is away, held to the OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from schemathesis.specs.openapi.checks import response_schema_conformance

from surveys.application import create_app
from surveys.config import read_config
from surveys.db import db
from tasks.probes import register
from tests.faults.conftest import Durable
from tests.staff_browser import SITE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


@pytest.mark.faults
def test_t06_the_probe_says_that_the_database_is_away_and_when_it_is_back(durable: Durable) -> None:
    app = create_app(read_config(durable.settings))
    register(app)
    durable.crash()
    reply = app.test_client().get("/readyz", base_url=SITE)
    assert reply.status_code == 503
    case = schemathesis.openapi.from_path(DOCUMENT)["/readyz"]["GET"].Case()
    case.validate_response(schemathesis.Response.from_any(reply), checks=[response_schema_conformance])
    assert reply.get_json()["database"] == "unavailable"
    durable.start()
    assert app.test_client().get("/readyz", base_url=SITE).status_code == 200
    with app.app_context():
        db.engine.dispose()
